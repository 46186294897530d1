"""The simulated microscope with two channels and several slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition import Frame, FrameSource, SourceError, StreamKey, open_source
from acquisition.simulated import LR_PIXEL_UM, SimulatedSource, Specimen
from acquisition.simulated.reticulum import Reticulum
from acquisition.simulated.structure import Section
from tests.acquisition.losing_source import LosingSource

ReadAll = Callable[[FrameSource], list[Frame]]
SMALL = "simulated:height=48,width=56,seed=2"
MITOCHONDRIA, ER = StreamKey(), StreamKey(channel=1)


def alike(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def means(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = truth.shape
    averaged: NDArray[np.float32] = truth.reshape(height // 4, 4, width // 4, 4).mean((1, 3))
    return averaged


def test_frames_come_time_point_by_time_point_channel_by_channel_slice_by_slice(
    read_all: ReadAll,
) -> None:
    source = open_source(f"{SMALL},channels=2,slices=3,interval=2,frames=2", rate="max")
    about = source.open()
    assert source.frame_count == 12
    frames = read_all(source)
    source.close()
    assert [one.name for one in about.channels] == ["mitochondria", "ER"]
    assert [one.colour for one in about.channels] == [(0, 255, 0), (255, 0, 255)]
    assert (about.slices, about.z_step_um, about.interval_s) == (3, 0.5, 2.0)
    assert [frame.stream for frame in frames] == [*about.streams, *about.streams]
    assert [frame.index for frame in frames] == [frame.time_point for frame in frames]
    assert [frame.index for frame in frames] == [0] * 6 + [1] * 6
    began = [frame.acquired for frame in frames]
    assert began == sorted(began)
    assert began[6] == 2.0
    assert began[5] < 2.0 - 0.27


def test_all_of_a_time_point_comes_at_once_and_then_the_interval_is_waited_for() -> None:
    source = open_source(f"{SMALL},channels=2,interval=3600")
    source.open()
    for stream in (MITOCHONDRIA, ER):
        frame = source.read(600.0)
        assert frame is not None
        assert frame.stream == stream
    assert source.read(0.0) is None
    assert source.next_frame_s is not None
    assert 0 < source.next_frame_s < 3600
    source.close()
    assert source.next_frame_s is None


def test_each_channel_has_its_own_truth_and_moves() -> None:
    source = SimulatedSource.from_url(f"{SMALL},channels=2,photons=200", rate="max")
    source.open()
    frames = {frame.stream: frame.pixels for _ in range(2) if (frame := source.read(10.0))}
    source.close()
    for stream, other in ((MITOCHONDRIA, ER), (ER, MITOCHONDRIA)):
        own = alike(frames[stream], means(source.truth(0, stream)))
        assert own > 0.85
        assert own > alike(frames[stream], means(source.truth(0, other))) + 0.3
        assert alike(source.truth(0, stream), source.truth(200, stream)) < 0.95


def test_slices_show_the_same_cell_at_other_depths() -> None:
    source = SimulatedSource.from_url(f"{SMALL},slices=3,z_step=0.4", rate="max")
    middle = source.truth(0, StreamKey(z=1))
    beside = source.truth(0, StreamKey(z=2))
    far = SimulatedSource.from_url(f"{SMALL},slices=3,z_step=4").truth(0, StreamKey(z=2))
    assert 0.5 < alike(middle, beside) < 0.99
    assert np.ptp(far) < 0.1 * np.ptp(middle)


def test_a_structure_in_its_own_focus_is_as_it_is() -> None:
    specimen = Specimen(2, 10.0, 12.0)
    section = Section(specimen, 0.0)
    np.testing.assert_allclose(section.points(3.0)[2], specimen.points(3.0)[2], rtol=1e-6)
    np.testing.assert_allclose(section.sigma_um, specimen.sigma_um, rtol=1e-5)


def test_one_stream_is_as_it_was_without_these_options(read_all: ReadAll) -> None:
    movies = []
    for options in ("", ",channels=1,slices=1"):
        source = open_source(f"{SMALL},frames=2{options}", rate="max")
        about = source.open()
        frames = read_all(source)
        source.close()
        movies.append((about, dict(source.settings), [frame.acquired for frame in frames]))
        movies[-1] += (np.stack([frame.pixels for frame in frames]).tobytes(),)  # type: ignore[assignment]
    assert movies[0] == movies[1]
    assert movies[0][0].channels[0].name == ""


def test_the_first_channel_shows_the_same_mitochondria_with_or_without_the_second() -> None:
    alone = SimulatedSource.from_url(SMALL, rate="max").truth(0)
    with_er = SimulatedSource.from_url(f"{SMALL},channels=2", rate="max").truth(0)
    assert alike(alone, with_er) > 0.98


def test_the_net_hangs_together_and_ends_at_the_cells_edge() -> None:
    specimen = Specimen(1, 86.0, 86.0)
    net = Reticulum(specimen, 1)
    x, y, light = net.points(np.full(len(net), 5.0))
    assert len(net) > 5000
    assert (light >= 0).all()
    inside = np.max([cell.inside(x, y) for cell in specimen.cells], axis=0)
    assert np.quantile(inside, 0.01) > -0.05
    moved = np.hypot(x - net.points(35.0)[0], y - net.points(35.0)[1])
    assert 0.05 < np.median(moved) < 2


@pytest.mark.parametrize(
    "option", ["channels=3", "channels=0", "slices=0", "slices=1.5", "z_step=0"]
)
def test_streams_that_there_are_not_are_refused(option: str) -> None:
    with pytest.raises(SourceError, match=option):
        open_source(f"simulated:{option}")


def test_the_record_says_how_many_streams_there_are() -> None:
    settings = open_source("simulated:channels=2,slices=5,z_step=0.3").settings
    said = {name: settings[name] for name in ("channels", "slices", "z_step_um", "interval_s")}
    assert said == {"channels": "2", "slices": "5", "z_step_um": "0.3", "interval_s": "2.7049"}


def test_a_channel_that_stops_can_be_simulated() -> None:
    whole = open_source(f"{SMALL},channels=2,frames=4", rate="max")
    source = LosingSource(whole, lambda frame: frame.stream == ER and frame.index > 1)
    source.open()
    frames = [source.read(10.0) for _ in range(8)]
    source.close()
    assert sum(frame is None for frame in frames) == 2


def test_an_empty_part_of_a_field_has_no_net() -> None:
    far = Specimen(0, 4.0, 4.0, density=1e-6)
    far.cells = [cell._replace(x_um=-200.0) for cell in far.cells]
    empty = Reticulum(far, 0)
    assert not empty.image(0.0, LR_PIXEL_UM, 0.1, 16, 16).any()
