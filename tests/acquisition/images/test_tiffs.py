"""TIFFs of every family, plane by plane as they say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition.images import open_images
from tests.acquisition.images.conftest import (
    Stack,
    movie,
    write_lsm,
    write_pages,
    write_stk,
)
from tests.acquisition.images.reading import assert_frames, only, refused


@pytest.mark.parametrize("axes", ["TYX", "TCYX", "TZYX", "TZCYX", "ZYX", "CYX"])
def test_imagej_hyperstacks_have_the_axes_that_they_say(
    write_imagej: Callable[..., Path], axes: str
) -> None:
    lengths = {"T": 3, "C": 2, "Z": 4, "Y": 12, "X": 15}
    shape = tuple(lengths[axis] for axis in axes)
    stack = movie(int(np.prod(shape[:-2]))).reshape(shape)
    path = write_imagej(stack, axes, unit="um", finterval=500.0, tunit="ms")
    with open_images(path) as file:
        (series,) = file.series
        assert {a: n for a, n in series.sizes.items() if n > 1} == {
            a: lengths[a] for a in axes[:-2]
        }
        for place in np.ndindex(shape[:-2]):
            named = dict(zip(axes, place, strict=False))
            np.testing.assert_array_equal(series.plane(**named), stack[place])
        assert series.pixel_size_um == pytest.approx(0.2)
        assert series.interval_s == 0.5


@pytest.mark.parametrize("axes", ["TYX", "YXT", "RTYX", "QTYX", "YTX", "XYT", "TXY"])
def test_axes_stated_by_letters_are_taken_as_they_are(tmp_path: Path, axes: str) -> None:
    lengths = {"T": 4, "R": 2, "Q": 3, "Y": 12, "X": 15}
    shape = tuple(lengths[axis] for axis in axes)
    stack = np.random.default_rng(0).integers(0, 999, shape).astype(np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack, photometric="minisblack", metadata={"axes": axes})
    with open_images(path) as file:
        positions = lengths["R"] if "R" in axes else 1
        assert len(file.series) == positions
        for number, series in enumerate(file.series):
            assert (series.height, series.width) == (12, 15)
            named = {axis: number if axis == "R" else 1 for axis in axes if axis not in "YX"}
            rest = {axis: place for axis, place in named.items() if axis != "R"}
            plane = stack[tuple(named.get(axis, slice(None)) for axis in axes)]
            plane = plane.T if axes.index("X") < axes.index("Y") else plane
            np.testing.assert_array_equal(series.plane(**rest), plane)
            assert set(series.sizes) == set(axes) - set("RYX")


def test_planes_spread_over_compressed_pages_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, movie(12), photometric="minisblack", metadata={"axes": "YXT"}, compression="zlib"
    )
    assert "YXT" in refused(path).problem


def write_scanimage(path: Path, frames: Stack, settings: str, bigtiff: bool = True) -> Path:
    said = f"SI.LINE_FORMAT_VERSION = 1\nSI.VERSION_MAJOR = 2020\n{settings}"
    with tifffile.TiffWriter(path, bigtiff=bigtiff) as writer:
        for number, frame in enumerate(frames):
            writer.write(
                frame,
                photometric="minisblack",
                metadata=None,
                contiguous=False,
                software=said,
                description=f"frameTimestamps_sec = {number // 2 * 0.125:.6f}\n",
            )
    return path


def test_scanimage_channels_and_times_are_told_apart(tmp_path: Path) -> None:
    frames = movie(13)  # stopped in the midst of a frame
    settings = "SI.hChannels.channelSave = [1;2]\nSI.hRoiManager.scanFrameRate = 8\n"
    path = write_scanimage(tmp_path / "a.tif", frames, settings)
    series = only(path)
    assert series.sizes == {"T": 7, "C": 2, "Z": 1}
    assert series.missing == 1
    assert series.interval_s == 0.125
    assert series.stream().times_s == pytest.approx([0.125 * n for n in range(7)])
    assert_frames(path, frames[1::2], C=1)


@pytest.mark.parametrize("fast", [True, False])
def test_scanimage_slices_are_no_times(tmp_path: Path, fast: bool) -> None:
    frames = movie(12)
    settings = (
        "SI.hChannels.channelSave = 1\nSI.hStackManager.numSlices = 3\n"
        "SI.hStackManager.framesPerSlice = 2\nSI.hRoiManager.scanFrameRate = 8\n"
        + ("SI.hFastZ.enable = true\nSI.hStackManager.numFramesPerVolumeWithFlyback = 4\n" * fast)
    )
    with open_images(write_scanimage(tmp_path / "a.tif", frames, settings)) as file:
        (series,) = file.series
        assert series.sizes == ({"T": 3, "C": 1, "Z": 3} if fast else {"T": 4, "C": 1, "Z": 3})
        page = 4 * 1 + 2 if fast else 2 * 2 + 1
        np.testing.assert_array_equal(series.plane(T=1, Z=2), frames[page])


def test_scanimage_without_its_settings_is_refused(tmp_path: Path, frames: Stack) -> None:
    assert "ScanImage" in refused(write_scanimage(tmp_path / "a.tif", frames, "")).problem


def test_an_lsm_is_read_without_its_thumbnails(tmp_path: Path, frames: Stack) -> None:
    path = write_lsm(tmp_path / "a.lsm", frames)
    assert_frames(path, frames)
    assert only(path).sizes == {"T": 6}
    assert only(path).pixel_size_um == pytest.approx(0.2)


@pytest.mark.parametrize(("step", "axis"), [(500, "T"), (0, "I")])
def test_an_stk_is_read_to_its_last_plane(
    tmp_path: Path, frames: Stack, step: int, axis: str
) -> None:
    path = write_stk(tmp_path / "a.stk", frames, step)
    assert_frames(path, frames)
    series = only(path)
    assert series.sizes == {axis: 6}
    assert series.stream().times_s == ((0.0, 0.5, 1.0, 1.5, 2.0, 2.5) if step else None)


def test_micromanager_pages_are_told_by_their_own_tags(tmp_path: Path) -> None:
    frames = movie(12)
    for part, name in enumerate(("run_MMStack_Pos0.ome.tif", "run_MMStack_Pos0_1.ome.tif")):
        with tifffile.TiffWriter(tmp_path / name, ome=False) as writer:
            for n, frame in enumerate(frames[6 * part : 6 * part + 6], start=6 * part):
                said = {"FrameIndex": n // 2, "ChannelIndex": n % 2, "SliceIndex": 0}
                said |= {"ElapsedTime-ms": 250 * n, "PixelSizeUm": 0.2, "PositionIndex": 0}
                tag = (51123, 2, 0, json.dumps(said), False)
                writer.write(frame, metadata=None, contiguous=False, extratags=[tag])
    for name in ("run_MMStack_Pos0.ome.tif", "run_MMStack_Pos0_1.ome.tif"):
        assert_frames(tmp_path / name, frames[1::2], C=1)
        series = only(tmp_path / name)
        assert series.sizes == {"T": 6, "C": 2, "Z": 1}
        assert series.pixel_size_um == 0.2
        assert series.stream().times_s == pytest.approx([0.5 * n for n in range(6)])


def test_the_colours_of_a_picture_are_an_axis(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (4, 12, 15, 3)).astype(np.uint8)
    path = tmp_path / "rgb.tif"
    tifffile.imwrite(path, picture, photometric="rgb")
    with open_images(path) as file:
        assert file.series[0].size("S") == 3
        np.testing.assert_array_equal(file.series[0].plane(Q=2, S=1), picture[2, :, :, 1])


def test_names_that_are_not_utf_8_are_named_readably(tmp_path: Path) -> None:
    for raw in (b"cell_0.1\xb5m.tif", b"cell\x01.tif"):
        path = tmp_path / os.fsdecode(raw)
        try:
            path.write_bytes(b"no TIFF at all")
        except OSError:
            pytest.skip("this disk takes no such names")
        problem = refused(path).problem
        problem.encode()
        assert problem.startswith("cell")
        assert "\ufffd" in problem


def test_a_missing_codec_is_named(tmp_path: Path, frames: Stack) -> None:
    path = write_pages(tmp_path / "a.tif", frames)
    with tifffile.TiffFile(path) as tiff:
        places = [page.tags["Compression"].valueoffset for page in tiff.pages]  # type: ignore[union-attr]
    content = bytearray(path.read_bytes())
    for place in places:
        content[place : place + 2] = (34887).to_bytes(2, "little")  # LERC
    path.write_bytes(content)
    if 34887 in tifffile.TIFF.DECOMPRESSORS:
        pytest.skip("imagecodecs is installed")
    assert "pip install imagecodecs" in refused(path).fix


def test_pages_that_go_round_in_a_circle_are_refused(tmp_path: Path) -> None:
    path = write_pages(tmp_path / "a.tif", movie(3))
    with tifffile.TiffFile(path) as tiff:
        link, first = tiff.pages.next_page_offset, tiff.pages.first.offset
    with path.open("r+b") as file:
        file.seek(int(link or 0))
        file.write(first.to_bytes(4, "little"))
    assert "damaged" in refused(path).problem
