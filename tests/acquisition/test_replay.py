from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from acquisition import EndOfFrames, Frame, FrameSource, ReplaySource, SourceError

ReadAll = Callable[[FrameSource], list[Frame]]


@pytest.fixture
def movie(tmp_path: Path, stack: NDArray[np.uint16]) -> Path:
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TYX", "finterval": 100.0})
    return path


def test_a_recording_is_delivered_whole_in_order_and_ends(
    movie: Path, stack: NDArray[np.uint16], read_all: ReadAll
) -> None:
    source = ReplaySource(movie, rate="max")
    frame_format = source.open()
    assert (frame_format.shape, frame_format.interval_s) == ((20, 30), 100.0)
    assert source.frame_count == 6
    frames = read_all(source)
    np.testing.assert_array_equal([frame.pixels for frame in frames], stack)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert [frame.acquired for frame in frames] == [0, 100, 200, 300, 400, 500]
    assert not any(frame.pixels.flags.writeable for frame in frames)
    with pytest.raises(EndOfFrames):
        source.read(1.0)
    source.close()
    source.close()


def test_a_real_recording_plays(data: Path, read_all: ReadAll) -> None:
    source = ReplaySource(data / "hela_mitochondria.tif", rate="max")
    source.open()
    frames = read_all(source)
    source.close()
    assert len(frames) == 12
    assert frames[-1].acquired == 22.0


def test_received_times_never_fall(movie: Path, read_all: ReadAll) -> None:
    source = ReplaySource(movie, rate="500")
    source.open()
    received = [frame.received for frame in read_all(source)]
    source.close()
    assert received == sorted(received)
    assert received[-1] - received[0] >= 4 / 500


def test_the_next_frame_comes_at_the_files_own_interval(movie: Path) -> None:
    source = ReplaySource(movie)
    source.open()
    assert source.read(0.0) is not None
    assert source.next_frame_s is None
    assert source.read(0.01) is None  # due in 100 s
    assert source.next_frame_s is not None
    assert 0 < source.next_frame_s < 100
    source.close()


def test_frames_of_unknown_times_are_played_at_four_a_second_and_no_time_is_claimed(
    data: Path, read_all: ReadAll
) -> None:
    source = ReplaySource(data / "lysosomes.tif", rate="max")
    assert source.open().interval_s is None
    assert all(math.isnan(frame.acquired) for frame in read_all(source))
    source.close()


def test_a_loop_goes_on_with_a_cut_that_no_window_spans(movie: Path) -> None:
    source = ReplaySource(movie, rate="max", loop=True)
    source.open()
    assert source.frame_count is None
    frames = [source.read(10.0) for _ in range(14)]
    source.close()
    seen = [frame for frame in frames if frame is not None]
    assert [frame.index for frame in seen] == [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 14, 15]
    assert [frame.acquired / 100 for frame in seen] == [frame.index for frame in seen]
    np.testing.assert_array_equal(seen[6].pixels, seen[0].pixels)


def test_closing_wakes_a_reader_that_waits(movie: Path) -> None:
    source = ReplaySource(movie)
    source.open()
    source.read(0.0)
    answers: list[Frame | None] = []
    reading = threading.Thread(target=lambda: answers.append(source.read(3600)))
    reading.start()
    source.close()
    reading.join(240)
    assert not reading.is_alive()
    with pytest.raises(EndOfFrames):
        source.read(1.0)


def test_the_record_names_file_and_rate(movie: Path) -> None:
    assert dict(ReplaySource(movie, rate="8", loop=True).settings) == {
        "file": "movie.tif",
        "rate": "8 frames/s",
        "loop": "yes",
    }
    assert ReplaySource(movie).settings["rate"] == "as acquired"


def test_nothing_is_opened_before_open(tmp_path: Path) -> None:
    source = ReplaySource(tmp_path / "nowhere.tif")
    source.close()
    with pytest.raises(SourceError):
        ReplaySource(tmp_path / "nowhere.tif").open()
