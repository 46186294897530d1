"""TIFFs of every family, plane by plane as they say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition import SourceError
from acquisition.images import ImageSeries, open_images
from tests.acquisition.images.conftest import (
    Stack,
    movie,
    ome_xml,
    tiff_data,
    uuid_of,
    write_lsm,
    write_pages,
    write_stk,
)


def means(series: ImageSeries, **place: int) -> list[float]:
    stream = series.stream(**place)
    return [float(stream.frame(n).mean()) for n in range(len(stream))]


def only(path: Path) -> ImageSeries:
    with open_images(path) as file:
        (series,) = file.series
        series.stream().frame(0)
    return series


def assert_frames(path: Path, frames: Stack, **place: int) -> None:
    with open_images(path) as file:
        (series,) = file.series
        stream = series.stream(**place)
        assert len(stream) == len(frames)
        for number, frame in enumerate(frames):
            np.testing.assert_array_equal(stream.frame(number), frame)


def read_first(path: Path) -> None:
    with open_images(path) as file:
        for series in file.series:
            series.stream().frame(0)


def refused(path: Path) -> SourceError:
    with pytest.raises(SourceError) as told:
        read_first(path)
    assert told.value.problem.endswith(".")
    assert told.value.fix
    return told.value


ORDERS = {
    "reversed": list(range(11, -1, -1)),
    "interleaved": [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11],
}


@pytest.mark.parametrize("order", ORDERS)
def test_ome_says_which_page_is_which_frame(tmp_path: Path, order: str) -> None:
    frames, pages = movie(12), ORDERS[order]
    places = [("a.ome.tif", pages.index(t), 0) for t in range(12)]
    xml = ome_xml((12, 15), {"T": 12}, tiff_data(places))
    assert_frames(write_pages(tmp_path / "a.ome.tif", frames[pages], xml), frames)


def test_pages_that_no_plane_claims_are_no_frames(tmp_path: Path, frames: Stack) -> None:
    stored = np.concatenate([frames, frames[:1]])
    data = tiff_data([("a.ome.tif", t, 0) for t in range(6)])
    path = write_pages(tmp_path / "a.ome.tif", stored, ome_xml((12, 15), {"T": 6}, data))
    assert_frames(path, frames)


@pytest.mark.parametrize("order", ["XYCZT", "XYCTZ", "XYZCT", "XYZTC", "XYTCZ", "XYTZC"])
def test_ome_planes_follow_one_another_in_the_stated_order(tmp_path: Path, order: str) -> None:
    sizes = {"T": 2, "C": 3, "Z": 2}
    stack = movie(12).reshape(2, 3, 2, 12, 15)
    axes = ["TCZ".index(axis) for axis in order[:1:-1]]
    stored = stack.transpose(*axes, 3, 4).reshape(12, 12, 15)
    path = tmp_path / "a.ome.tif"
    write_pages(path, stored, ome_xml((12, 15), sizes, DimensionOrder=order))
    with open_images(path) as file:
        for t, c, z in np.ndindex(2, 3, 2):
            np.testing.assert_array_equal(file.series[0].plane(T=t, C=c, Z=z), stack[t, c, z])


def test_ome_channels_have_names_and_colours(tmp_path: Path, frames: Stack) -> None:
    named = ['Name="DAPI" Color="65535"', 'Name="FITC" Color="16711935"']
    xml = ome_xml((12, 15), {"T": 3, "C": 2}, channels=named, PhysicalSizeZ="0.5")
    series = only(write_pages(tmp_path / "a.ome.tif", frames, xml))
    assert [channel.name for channel in series.channels] == ["DAPI", "FITC"]
    assert [channel.colour for channel in series.channels] == [(0, 0, 255), (0, 255, 0)]
    assert series.z_step_um == 0.5


def test_ome_times_belong_to_the_frame_that_they_name(tmp_path: Path, frames: Stack) -> None:
    planes = "".join(
        f'<Plane TheT="{t}" TheC="0" TheZ="0" DeltaT="{250 * t}" DeltaTUnit="ms"/>'
        for t in (3, 0, 5, 1, 4, 2)
    )
    path = write_pages(tmp_path / "a.ome.tif", frames, ome_xml((12, 15), {"T": 6}, planes=planes))
    stream = only(path).stream()
    assert stream.times_s == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.25])
    assert stream.interval_s == pytest.approx(0.25)


def test_each_ome_image_is_a_position(tmp_path: Path, frames: Stack) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for size in (0.04, 0.05):
            writer.write(
                frames + np.uint16(1000 * size), metadata={"axes": "TYX", "PhysicalSizeX": size}
            )
    with open_images(path) as file:
        assert [series.pixel_size_um for series in file.series] == [0.04, 0.05]
        for series, added in zip(file.series, (40, 50), strict=True):
            assert series.sizes == {"T": 6, "C": 1, "Z": 1}
            np.testing.assert_array_equal(series.plane(T=4), frames[4] + added)


def test_an_acquisition_that_was_stopped_tells_what_is_missing(
    tmp_path: Path, frames: Stack
) -> None:
    data = tiff_data([("a.ome.tif", t, 0) for t in range(20)])
    path = write_pages(tmp_path / "a.ome.tif", frames, ome_xml((12, 15), {"T": 20}, data))
    assert_frames(path, frames)
    stream = only(path).stream()
    assert stream.gaps == [range(6, 20)]


SET = [f"run_MMStack_Pos0{part}.ome.tif" for part in ("", "_1", "_2")]


def write_set(folder: Path, frames: Stack) -> list[Path]:
    data = tiff_data([(SET[t // 4], t % 4, t // 4) for t in range(12)])
    return [
        write_pages(
            folder / name,
            frames[4 * n : 4 * n + 4],
            ome_xml((12, 15), {"T": 12}, data, own=n),
        )
        for n, name in enumerate(SET)
    ]


def test_any_file_of_a_set_opens_the_whole(tmp_path: Path) -> None:
    frames = movie(12)
    files = write_set(tmp_path, frames)
    for path in files:
        assert_frames(path, frames)
        with open_images(path) as file:
            assert set(file.files) == set(files)


def test_a_set_without_a_companion_says_which_frames_are_not_there(tmp_path: Path) -> None:
    frames = movie(12)
    files = write_set(tmp_path, frames)
    files[1].unlink()
    with open_images(files[2]) as file:
        assert file.absent == (SET[1],)
        stream = file.series[0].stream()
        assert stream.gaps == [range(4, 8)]
        assert file.series[0].plane(T=5) is None
        np.testing.assert_array_equal(stream.frame(4), frames[8])


def test_another_file_under_a_companions_name_is_not_taken_for_it(
    tmp_path: Path, frames: Stack
) -> None:
    files = write_set(tmp_path, movie(12))
    write_pages(files[1], frames, ome_xml((12, 15), {"T": 6}, own=77))
    with open_images(files[0]) as file:
        assert "another file" in file.absent[0]
        assert file.series[0].missing == 4


def test_a_file_that_was_renamed_is_read_all_the_same(tmp_path: Path, frames: Stack) -> None:
    data = tiff_data([("before.ome.tif", t, 0) for t in range(6)])
    path = write_pages(tmp_path / "now.ome.tif", frames, ome_xml((12, 15), {"T": 6}, data, own=5))
    assert_frames(path, frames)


@pytest.mark.parametrize("kept", [True, False])
def test_metadata_in_a_companion_file_are_read_or_missed_in_words(
    tmp_path: Path, frames: Stack, kept: bool
) -> None:
    data = tiff_data([("a.ome.tif", 5 - t, 1) for t in range(6)])
    if kept:
        xml = ome_xml((12, 15), {"T": 6}, data)
        (tmp_path / "set.companion.ome").write_text(xml, encoding="utf-8")
    pointer = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="{uuid_of(1)}"><BinaryOnly MetadataFile="set.companion.ome" UUID="{uuid_of(0)}"/>'
        "</OME>"
    )
    path = write_pages(tmp_path / "a.ome.tif", frames[::-1], pointer)
    if kept:
        assert_frames(path, frames)
    else:
        assert "set.companion.ome" in refused(path).problem


def test_a_file_may_not_name_one_in_another_folder(tmp_path: Path, frames: Stack) -> None:
    (tmp_path / "in").mkdir()
    write_pages(tmp_path / "out.ome.tif", frames, ome_xml((12, 15), {"T": 6}, own=1))
    places = [("a.ome.tif", 0, 0), ("../out.ome.tif", 0, 1), ("..\\out.ome.tif", 1, 1)]
    xml = ome_xml((12, 15), {"T": 3}, tiff_data(places))
    with open_images(write_pages(tmp_path / "in" / "a.ome.tif", frames[:1], xml)) as file:
        assert file.absent == ("out.ome.tif",)


def test_our_own_words_mark_a_prediction(tmp_path: Path, frames: Stack) -> None:
    note = (
        '<StructuredAnnotations><MapAnnotation ID="Annotation:0"><Value>'
        '<M K="restored">yes</M></Value></MapAnnotation></StructuredAnnotations>'
    )
    channel = ['Name="restored by mito-lite (predicted)"']
    for more, names, said in ((note, None, True), ("", channel, True), ("", None, False)):
        path = tmp_path / "a.ome.tif"
        write_pages(path, frames, ome_xml((12, 15), {"T": 6}, channels=names, more=more))
        with open_images(path) as file:
            assert file.predicted is said


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
