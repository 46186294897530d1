"""Files of several channels, slices and positions, replayed as the experiments that they are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from acquisition import (
    Channel,
    EndOfFrames,
    Frame,
    FrameSource,
    ReplaySource,
    SourceError,
    StreamKey,
)
from acquisition.images import StreamChoice
from tests.acquisition.images.conftest import movie, ome_xml, write_pages
from tests.places import DATA

ReadAll = Callable[[FrameSource], list[Frame]]
Counts = NDArray[Any]
LUTS = [
    np.stack([np.linspace(0, end, 256, dtype=np.uint8) for end in colour])
    for colour in ((0, 255, 0), (255, 0, 255))
]


def played(path: Path, read_all: ReadAll, **options: Any) -> tuple[ReplaySource, list[Frame]]:
    source = ReplaySource(path, rate="max", **options)
    source.open()
    frames = read_all(source)
    source.close()
    return source, frames


def refused(path: Path, choice: StreamChoice | None = None) -> SourceError:
    with pytest.raises(SourceError) as told:
        ReplaySource(path, choice=choice or StreamChoice()).open()
    assert told.value.problem.endswith(".")
    assert told.value.fix.endswith(".")
    return told.value


def places(frames: list[Frame]) -> list[tuple[int, ...]]:
    return [(frame.time_point, *frame.stream) for frame in frames]


@pytest.fixture
def cells(tmp_path: Path) -> tuple[Path, Counts]:
    """Four times, three slices, two channels."""
    stack = movie(24).reshape(4, 3, 2, 12, 15)
    path = tmp_path / "cells.tif"
    said = {"axes": "TZCYX", "finterval": 0.5, "spacing": 0.3, "unit": "um", "LUTs": LUTS}
    tifffile.imwrite(path, stack, imagej=True, resolution=(5, 5), metadata=said)
    return path, stack


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    writer=st.sampled_from(["ImageJ", "OME"]),
    sizes=st.fixed_dictionaries(
        {"T": st.integers(2, 5), "C": st.integers(1, 3), "Z": st.integers(1, 3)}
    ),
    order=st.permutations("TCZ"),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
def test_every_plane_of_a_hyperstack_comes_once_and_in_order_in_its_stream(
    tmp_path: Path,
    read_all: ReadAll,
    writer: str,
    sizes: dict[str, int],
    order: list[str],
    dtype: type,
) -> None:
    axes = "TZC" if writer == "ImageJ" else "".join(order)
    shape = [sizes[axis] for axis in axes]
    counts = np.random.default_rng(0).integers(0, 255, (*shape, 5, 7)).astype(dtype)
    path = tmp_path / "stack.ome.tif"
    options: dict[str, Any] = {"imagej": True} if writer == "ImageJ" else {"ome": True}
    tifffile.imwrite(
        path, counts, photometric="minisblack", metadata={"axes": f"{axes}YX"}, **options
    )
    source = ReplaySource(path, rate="max")
    about = source.open()
    assert (len(about.channels), about.slices) == (sizes["C"], sizes["Z"])
    frames = read_all(source)
    source.close()
    assert len(frames) == source.frame_count == math.prod(sizes.values())
    planes = counts.transpose([axes.index(axis) for axis in "TCZ"] + [3, 4])
    assert places(frames) == [
        (t, 0, c, z) for t, c, z in np.ndindex(*(sizes[axis] for axis in "TCZ"))
    ]
    for frame in frames:
        _, channel, z = frame.stream
        np.testing.assert_array_equal(frame.pixels, planes[frame.index, channel, z])
        assert frame.index == frame.time_point


def test_channels_slices_and_times_are_what_the_file_says(
    cells: tuple[Path, Counts], read_all: ReadAll
) -> None:
    path, _ = cells
    source = ReplaySource(path, rate="max")
    about = source.open()
    frames = read_all(source)
    source.close()
    assert [one.colour for one in about.channels] == [(0, 255, 0), (255, 0, 255)]
    assert (about.slices, about.z_step_um, about.interval_s) == (3, 0.3, 0.5)
    assert about.pixel_size_um == pytest.approx(0.2)
    assert about.positions == ("",)
    assert [frame.acquired for frame in frames] == [0.5 * frame.time_point for frame in frames]


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (StreamChoice(channel=1), (slice(None), [1])),
        (StreamChoice(z=2), ([2], slice(None))),
        (StreamChoice(channel=(0, 1), z=0), ([0], slice(None))),
        (StreamChoice(channel="1", z=1), ([1], [1])),
    ],
)
def test_a_part_can_be_chosen(
    cells: tuple[Path, Counts], read_all: ReadAll, choice: StreamChoice, chosen: tuple[Any, Any]
) -> None:
    path, stack = cells
    _, frames = played(path, read_all, choice=choice)
    wanted = stack[:, chosen[0]][:, :, chosen[1]].swapaxes(1, 2)
    assert places(frames) == [(t, 0, c, z) for t, c, z in np.ndindex(wanted.shape[:3])]
    np.testing.assert_array_equal([frame.pixels for frame in frames], wanted.reshape(-1, 12, 15))


def write_ome(
    path: Path, sizes: Mapping[str, int], kept: list[tuple[int, int, int]], **said: Any
) -> Counts:
    """Write the planes at some places along T, C and Z, in this order."""
    data = "".join(
        f'<TiffData IFD="{page}" FirstT="{t}" FirstC="{c}" FirstZ="{z}" PlaneCount="1"/>'
        for page, (t, c, z) in enumerate(kept)
    )
    pages = movie(len(kept))
    write_pages(path, pages, ome_xml((12, 15), sizes, data, **said))
    return pages


EVERY = [(t, c, z) for t in range(5) for c in range(2) for z in range(2)]
CHANNELS = [
    'Name="GFP" Color="16711935" EmissionWavelength="509"',
    'Name="mCherry" Color="-16711681"',
]


def test_frames_come_in_the_order_of_their_times(tmp_path: Path, read_all: ReadAll) -> None:
    path = tmp_path / "slow.ome.tif"
    kept = [(t, c, 0) for t in range(3) for c in range(2)]
    # The second channel is scanned before the first.
    times = {(t, c, z): 2.0 * t + 0.3 * (1 - c) + 7 for t, c, z in kept}
    planes = "".join(
        f'<Plane TheT="{t}" TheC="{c}" TheZ="{z}" DeltaT="{time}"/>'
        for (t, c, z), time in times.items()
    )
    pages = write_ome(path, {"T": 3, "C": 2}, kept, planes=planes, channels=CHANNELS)
    source = ReplaySource(path, rate="max")
    about = source.open()
    frames = read_all(source)
    source.close()
    assert about.channels == (
        Channel("GFP", (0, 255, 0), 509.0),
        Channel("mCherry", (255, 0, 255), None),
    )
    assert about.interval_s == pytest.approx(2.0)
    assert places(frames) == [(t, 0, c, 0) for t in range(3) for c in (1, 0)]
    assert [frame.acquired for frame in frames] == pytest.approx([0, 0.3, 2, 2.3, 4, 4.3])
    for frame in frames:
        expected = pages[kept.index((frame.index, frame.stream.channel, 0))]
        np.testing.assert_array_equal(frame.pixels, expected)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_missing_planes_are_gaps_in_their_own_stream_alone(
    tmp_path: Path, read_all: ReadAll, data: st.DataObject
) -> None:
    sizes = {"T": 5, "C": 2, "Z": 2}
    gone = data.draw(st.sets(st.sampled_from(EVERY), min_size=1, max_size=15))
    kept = [place for place in EVERY if place not in gone]
    path = tmp_path / "stopped.ome.tif"
    assume(max(Counter(place[1:] for place in kept).values()) > 1)
    write_ome(path, sizes, kept, channels=CHANNELS)
    source, frames = played(path, read_all)
    assert places(frames) == [(t, 0, c, z) for t, c, z in kept]
    assert f"{len(gone)} of 20 frames missing" in source.settings["missing"]
    assert "\n" not in source.settings["missing"]


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (
            [place for place in EVERY if place[0] > 2],
            "8 of 20 frames missing (time points 4-5 of every stream)",
        ),
        (
            [(t, 1, z) for t in range(2, 5) for z in range(2)],
            "6 of 20 frames missing (mCherry, slice 0: frames 3-5; mCherry, slice 1: frames 3-5)",
        ),
        ([(t, 1, 1) for t in range(5)], "5 of 20 frames missing (mCherry, slice 1: all)"),
    ],
    ids=["stopped", "a channel that stops", "a slice that never comes"],
)
def test_what_never_came_is_said_in_one_line(
    tmp_path: Path, read_all: ReadAll, gone: list[tuple[int, int, int]], words: str
) -> None:
    path = tmp_path / "stopped.ome.tif"
    kept = [place for place in EVERY if place not in gone]
    write_ome(path, {"T": 5, "C": 2, "Z": 2}, kept, channels=CHANNELS)
    source, frames = played(path, read_all)
    assert len(frames) == len(kept)
    assert source.settings["missing"] == words


def test_several_positions_are_played_together(tmp_path: Path, read_all: ReadAll) -> None:
    path = tmp_path / "positions.ome.tif"
    stack = movie(12).reshape(2, 3, 2, 12, 15)
    with tifffile.TiffWriter(path, ome=True) as writer:
        for position, name in zip(stack, ("left", "right"), strict=True):
            writer.write(
                position, photometric="minisblack", metadata={"axes": "TCYX", "Name": name}
            )
    source = ReplaySource(path, rate="max")
    assert source.open().positions == ("left", "right")
    frames = read_all(source)
    source.close()
    assert places(frames) == [(t, p, c, 0) for t in range(3) for p in range(2) for c in range(2)]
    for frame in frames:
        expected = stack[frame.stream.position, frame.index, frame.stream.channel]
        np.testing.assert_array_equal(frame.pixels, expected)
    source = ReplaySource(path, rate="max", choice=StreamChoice(channel=1, position=1))
    assert source.open().positions == ("right",)
    np.testing.assert_array_equal([one.pixels for one in read_all(source)], stack[1, :, 1])
    source.close()


@pytest.mark.parametrize(
    ("second", "what"), [((3, 2, 12, 14), "another size"), ((3, 3, 12, 15), "other channels")]
)
def test_positions_that_differ_are_not_one_experiment(
    tmp_path: Path, second: tuple[int, ...], what: str
) -> None:
    path = tmp_path / "positions.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for shape, names in (((3, 2, 12, 15), "ab"), (second, "abc")):
            said = {"axes": "TCYX", "Channel": {"Name": list(names[: shape[1]])}}
            writer.write(np.zeros(shape, np.uint16), photometric="minisblack", metadata=said)
    told = refused(path)
    assert what in told.problem
    assert "--position 0 to 1" in told.fix


def test_a_loop_begins_anew_in_every_stream(cells: tuple[Path, Counts]) -> None:
    path, _ = cells
    source = ReplaySource(path, rate="max", loop=True)
    about = source.open()
    assert source.frame_count is None
    frames = [frame for _ in range(60) if (frame := source.read(10.0)) is not None]
    source.close()
    for stream in about.streams:
        mine = [frame for frame in frames if frame.stream == stream]
        assert [frame.index for frame in mine] == [0, 1, 2, 3, 5, 6, 7, 8, 10, 11]
        assert [frame.acquired for frame in mine] == [0.5 * frame.index for frame in mine]


def test_the_rate_is_that_of_each_stream(cells: tuple[Path, Counts]) -> None:
    path, _ = cells
    source = ReplaySource(path, rate="0.01")
    source.open()
    first = [source.read(0.0) for _ in range(7)]
    source.close()
    assert [frame is None for frame in first] == [False] * 6 + [True]


def test_unknown_times_are_not_made_up(tmp_path: Path, read_all: ReadAll) -> None:
    path = tmp_path / "cells.ome.tif"
    write_ome(path, {"T": 3, "C": 2}, [(t, c, 0) for t in range(3) for c in range(2)])
    _, frames = played(path, read_all)
    assert all(math.isnan(frame.acquired) for frame in frames)
    _, frames = played(path, read_all, interval_s=2.0)
    assert [frame.acquired for frame in frames] == [0, 0, 2, 2, 4, 4]


def test_a_channel_is_chosen_by_its_name(tmp_path: Path, read_all: ReadAll) -> None:
    path = tmp_path / "cells.ome.tif"
    kept = [(t, c, 0) for t in range(3) for c in range(2)]
    pages = write_ome(path, {"T": 3, "C": 2}, kept, channels=CHANNELS)
    source, frames = played(path, read_all, choice=StreamChoice(channel="MCHERRY"))
    np.testing.assert_array_equal([frame.pixels for frame in frames], pages[1::2])
    assert source.settings["channel"] == "MCHERRY"
    told = refused(path, StreamChoice(channel="DAPI"))
    assert "no channel DAPI" in told.problem
    assert "0 GFP, 1 mCherry" in told.fix


@pytest.mark.parametrize(
    ("shape", "axes", "word"),
    [
        ((4, 12, 15), "ZYX", "not in time"),
        ((3, 4, 12, 15), "ZCYX", "not in time"),
        ((4, 12, 15), "CYX", "4 channels at a single time"),
    ],
)
def test_what_is_no_time_lapse_is_refused(
    tmp_path: Path, shape: tuple[int, ...], axes: str, word: str
) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint8), imagej=True, metadata={"axes": axes})
    assert word in refused(path).problem


def test_colour_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "colour.tif"
    tifffile.imwrite(path, np.zeros((4, 12, 15, 3), np.uint8), photometric="rgb")
    assert "colour" in refused(path).problem


def test_the_source_ends_when_it_is_closed(cells: tuple[Path, Counts]) -> None:
    source = ReplaySource(cells[0])
    source.open()
    assert [source.read(0.0) for _ in range(7)][-1] is None
    source.close()
    with pytest.raises(EndOfFrames):
        source.read(1.0)


def test_colours_that_are_all_alike_tell_no_channel_apart(tmp_path: Path) -> None:
    path = tmp_path / "grey.tif"
    grey = [np.tile(np.arange(256, dtype=np.uint8), (3, 1))] * 2
    said = {"axes": "TCYX", "LUTs": grey}
    tifffile.imwrite(path, movie(4).reshape(2, 2, 12, 15), imagej=True, metadata=said)
    source = ReplaySource(path)
    about = source.open()
    source.close()
    assert [one.colour for one in about.channels] == [None, None]
    assert about.streams == (StreamKey(), StreamKey(channel=1))


def test_an_imagej_stack_that_was_stopped_plays_what_came(
    tmp_path: Path, read_all: ReadAll
) -> None:
    path = tmp_path / "stopped.tif"
    said = "ImageJ=1.54f\nimages=12\nchannels=2\nframes=6\nhyperstack=true\nfinterval=2.0\n"
    pages = movie(7)
    write_pages(path, pages, said)
    source, frames = played(path, read_all)
    assert places(frames) == [(n // 2, 0, n % 2, 0) for n in range(7)]
    np.testing.assert_array_equal([frame.pixels for frame in frames], pages)
    words = "5 of 12 frames missing (channel 0: frames 5-6; channel 1: frames 4-6)"
    assert source.settings["missing"] == words


def test_an_nd2_is_an_experiment_with_its_wavelengths(read_all: ReadAll) -> None:
    pytest.importorskip("nd2")
    source = ReplaySource(DATA / "cluster.nd2", rate="max")
    about = source.open()
    frames = read_all(source)
    source.close()
    assert [one.wavelength_nm for one in about.channels] == [525, 700]
    assert [one.colour for one in about.channels] == [(120, 233, 15), (254, 1, 0)]
    assert (about.slices, about.z_step_um) == (10, 0.5)
    assert [frame.stream for frame in frames[:3]] == [
        StreamKey(), StreamKey(channel=1), StreamKey(z=1)
    ]  # fmt: skip
    assert len(frames) == 60
