"""OME-TIFF: which page is which frame, its times, sets of several files, what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition.images import open_images
from tests.acquisition.images.conftest import (
    Stack,
    movie,
    ome_xml,
    tiff_data,
    uuid_of,
    write_pages,
)
from tests.acquisition.images.reading import assert_frames, only, refused

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
