from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from acquisition import EndOfFrames, Frame, FrameSource, SourceError, open_source
from acquisition.simulated import HR_PIXEL_UM, SimulatedSource

SMALL = "simulated:height=40,width=48"
ReadAll = Callable[[FrameSource], list[Frame]]


def test_a_scan_has_the_papers_format_by_default() -> None:
    source = SimulatedSource.from_url("simulated:")
    frame_format = source.open()
    source.close()
    assert frame_format.shape == (440, 440)
    assert frame_format.dtype == np.uint16
    assert frame_format.pixel_size_um == 0.196
    assert frame_format.interval_s == 0.27049


def test_frames_come_numbered_timed_and_end(read_all: ReadAll) -> None:
    source = open_source(f"{SMALL},frames=5,interval=20,bits=8", rate="max")
    frame_format = source.open()
    assert source.frame_count == 5
    frames = read_all(source)
    source.close()
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.acquired for frame in frames] == [0, 20, 40, 60, 80]
    assert all(frame.pixels.shape == frame_format.shape == (40, 48) for frame in frames)
    assert all(frame.pixels.dtype == frame_format.dtype == np.uint8 for frame in frames)
    assert not any(frame.pixels.flags.writeable for frame in frames)
    assert frame_format.significant_bits == 8


def test_the_rate_changes_the_pace_and_not_one_pixel(read_all: ReadAll) -> None:
    movies = []
    for rate in ("max", "200", None):
        source = open_source(f"{SMALL},seed=9,frames=3,interval=0.01", rate=rate)
        source.open()
        movies.append([(frame.pixels, frame.acquired) for frame in read_all(source)])
        source.close()
    for movie in movies[1:]:
        for (pixels, acquired), (same, as_well) in zip(movies[0], movie, strict=True):
            np.testing.assert_array_equal(pixels, same)
            assert acquired == as_well


def test_the_truth_of_any_frame_can_be_had_at_any_time() -> None:
    source = SimulatedSource.from_url(f"{SMALL},seed=4", rate="max")
    before = source.truth(2)
    source.open()
    for _ in range(4):
        source.read(10.0)
    np.testing.assert_array_equal(before, source.truth(2))
    source.close()
    np.testing.assert_array_equal(before, source.truth(2))
    assert before.shape == (160, 192)
    assert source.hr_pixel_size_um == HR_PIXEL_UM == 0.049


def test_8_bit_counts_leave_room_above_the_brightest_structures(read_all: ReadAll) -> None:
    source = open_source(f"{SMALL},bits=8,frames=1", rate="max")
    source.open()
    (frame,) = read_all(source)
    source.close()
    assert (frame.pixels == 255).mean() < 0.002
    assert np.percentile(frame.pixels, 99) > 50


def test_the_next_frame_comes_after_the_scans_interval() -> None:
    source = open_source(f"{SMALL},interval=3600")
    source.open()
    assert source.read(0.0) is not None
    assert source.read(0.01) is None
    source.close()


def test_closing_wakes_a_reader_that_waits() -> None:
    source = open_source(f"{SMALL},interval=3600")
    source.open()
    source.read(0.0)
    reading = threading.Thread(target=source.read, args=(3600,))
    reading.start()
    source.close()
    reading.join(240)
    assert not reading.is_alive()
    with pytest.raises(EndOfFrames):
        source.read(1.0)


def test_the_record_holds_every_setting() -> None:
    source = open_source("simulated:seed=3, photons=8 ,bleaching=0.001,read_noise=1", rate="2")
    assert dict(source.settings) == {
        "seed": "3",
        "height": "440",
        "width": "440",
        "photons": "8",
        "bits": "16",
        "interval_s": "0.27049",
        "bleaching": "0.001",
        "gain": "40",
        "offset": "100",
        "read_noise": "1",
        "rate": "2 frames/s",
    }


def test_an_unknown_option_is_told_the_known_ones() -> None:
    with pytest.raises(SourceError) as told:
        open_source("simulated:dose=3")
    assert "'dose'" in told.value.problem
    for known in ("seed", "photons", "read_noise", "frames", "interval"):
        assert known in told.value.fix


@pytest.mark.parametrize(
    "option",
    [
        "seed=-1", "seed=x", "seed", "height=0", "height=7.5", "width=100000", "bits=12",
        "photons=0", "photons=nan", "interval=inf", "interval=0", "bleaching=1", "bleaching=-0.1",
        "gain=0", "offset=-1", "read_noise=-1", "frames=0", "frames=1.5", "photons=",
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(option: str) -> None:
    with pytest.raises(SourceError) as told:
        open_source(f"simulated:{option}")
    assert repr(option) in told.value.problem
    assert "Give " in told.value.fix
