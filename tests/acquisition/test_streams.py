"""One channel, slice and position of a file, with its own times and gaps."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from acquisition import Frame, FrameSource, ReplaySource, SourceError, TimeLapse, open_source
from acquisition.images import StreamChoice
from tests.acquisition.images.conftest import movie, ome_xml, tiff_data, write_pages

ReadAll = Callable[[FrameSource], list[Frame]]


@pytest.fixture
def hyperstack(tmp_path: Path) -> tuple[Path, NDArray[np.uint16]]:
    stack = movie(24).reshape(4, 3, 2, 12, 15)
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TZCYX", "finterval": 0.5})
    return path, stack


def test_one_stream_is_chosen_and_several_are_named(
    hyperstack: tuple[Path, NDArray[np.uint16]], read_all: ReadAll
) -> None:
    path, stack = hyperstack
    source = ReplaySource(path, rate="max", choice=StreamChoice(channel=1, z=2))
    source.open()
    frames = read_all(source)
    source.close()
    np.testing.assert_array_equal([frame.pixels for frame in frames], stack[:, 2, 1])
    assert [frame.acquired for frame in frames] == [0, 0.5, 1, 1.5]
    assert (source.settings["channel"], source.settings["z"]) == ("1", "2")
    for choice, problem, fix in (
        (StreamChoice(), "2 channels", "--channel 0 to 1"),
        (StreamChoice(channel=0), "3 Z slices", "--z 0 to 2"),
        (StreamChoice(channel=2), "no channel 2", "0 to 1"),
        (StreamChoice(channel=0, z=3), "no Z slice 3", "0 to 2"),
        (StreamChoice(channel=0, z=0, position=1), "no position 1", "leave --position out"),
    ):
        with pytest.raises(SourceError) as told:
            TimeLapse(path, choice)
        assert problem in told.value.problem
        assert fix in told.value.fix


def test_missing_frames_are_gaps_that_no_window_spans(tmp_path: Path, read_all: ReadAll) -> None:
    frames = movie(12)
    names = [f"r_{part}.ome.tif" for part in range(3)]
    data = tiff_data([(names[t // 4], t % 4, t // 4) for t in range(12)])
    for part in (0, 2):
        xml = ome_xml((12, 15), {"T": 12}, data, own=part, TimeIncrement=0.5)
        write_pages(tmp_path / names[part], frames[4 * part : 4 * part + 4], xml)
    source = ReplaySource(tmp_path / names[2], rate="max")
    source.open()
    read = read_all(source)
    source.close()
    assert [frame.index for frame in read] == [0, 1, 2, 3, 8, 9, 10, 11]
    assert [frame.acquired for frame in read] == [0, 0.5, 1, 1.5, 4, 4.5, 5, 5.5]
    assert "5-8" in source.settings["missing"]
    assert names[1] in source.settings["missing"]


def test_no_time_is_made_up_unless_an_interval_is_given(tmp_path: Path, read_all: ReadAll) -> None:
    path = write_pages(tmp_path / "bare.tif", movie(4))
    for interval, times in ((None, [math.nan] * 4), (0.5, [0, 0.5, 1, 1.5])):
        source = ReplaySource(path, rate="max", interval_s=interval)
        assert source.open().interval_s == interval
        np.testing.assert_array_equal([frame.acquired for frame in read_all(source)], times)
        source.close()


def test_a_doubled_time_is_unknown_and_the_others_are_true(tmp_path: Path) -> None:
    times = [0.0, 0.5, 1.0, 1.0, 2.0, 2.5]
    planes = "".join(
        f'<Plane TheT="{t}" TheC="0" TheZ="0" DeltaT="{time}"/>' for t, time in enumerate(times)
    )
    path = tmp_path / "dup.ome.tif"
    write_pages(path, movie(6), ome_xml((12, 15), {"T": 6}, planes=planes))
    time_lapse = TimeLapse(path)
    time_lapse.close()
    np.testing.assert_array_equal(time_lapse.times_s, [0, 0.5, 1, math.nan, 2, 2.5])


def test_the_path_of_a_file_is_a_source(
    hyperstack: tuple[Path, NDArray[np.uint16]], read_all: ReadAll
) -> None:
    path, stack = hyperstack
    source = open_source(str(path), rate="max", choice=StreamChoice(channel=0, z=0))
    assert source.url == f"replay:{path}"
    source.open()
    assert len(read_all(source)) == len(stack)
    source.close()


def test_each_position_of_a_file_can_be_played(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for seed in range(2):
            writer.write(movie(seed=seed), metadata={"axes": "TYX"})
    with pytest.raises(SourceError, match="2 time-lapses") as told:
        TimeLapse(path)
    assert "--position 0 to 1" in told.value.fix
    time_lapse = TimeLapse(path, StreamChoice(position=1))
    np.testing.assert_array_equal(time_lapse.frame(3), movie(seed=1)[3])
    time_lapse.close()


def test_an_axis_of_which_nothing_is_said_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    stack = movie(12).reshape(3, 4, 12, 15)
    tifffile.imwrite(path, stack, photometric="minisblack", metadata={"axes": "QTYX"})
    with pytest.raises(SourceError, match=r"axes QTYX.*3 planes along Q"):
        TimeLapse(path)
