"""Several channels and slices in one file, in any order, whole after every write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from ome_types import from_tiff, validate_xml

from acquisition import Channel
from acquisition.images import NO_PAGE, open_images
from pssr_live.recording import ImageDescription, images
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.plane import Plane
from pssr_live.recording.tiff_pages import BigTiffPages

CHANNELS = (
    Channel("GFP", (0, 255, 0), 509.0),
    Channel('mCherry & "ER"', (255, 0, 255), 610.5),
)
SLICES = 2
SHAPE = (4, 6)

planes_in_any_order = st.lists(
    st.builds(Plane, st.integers(0, 1), st.integers(0, SLICES - 1), st.integers(0, 6)),
    min_size=1,
    max_size=14,
    unique=True,
)
formats = pytest.mark.parametrize("ending", ["ome.tif", "ome.zarr"])


def describe(**changes: object) -> ImageDescription:
    facts: dict[str, object] = {
        "name": "raw",
        "channels": CHANNELS,
        "shape": SHAPE,
        "dtype": np.dtype(np.uint16),
        "significant_bits": 16,
        "pixel_size_um": 0.2,
        "interval_s": 2.0,
        "acquired_at": "2026-01-02T03:04:05+00:00",
        "slices": SLICES,
        "z_step_um": 0.5,
        "placed": True,
    }
    return ImageDescription(**(facts | changes))  # type: ignore[arg-type]


def pixels(plane: Plane) -> NDArray[np.uint16]:
    number = 1 + plane.channel + 10 * plane.z + 100 * plane.time_point
    return np.full(SHAPE, number, np.uint16) + np.arange(SHAPE[1], dtype=np.uint16)


def require(ending: str) -> None:
    if ending == "ome.zarr":
        pytest.importorskip("tensorstore")


def add(file: images.FrameAppender, planes: Sequence[Plane]) -> None:
    for plane in planes:
        file.append(pixels(plane), 2.0 * plane.time_point + plane.channel / 4, plane)


def write(path: Path, planes: Sequence[Plane], **changes: object) -> None:
    file = images.begin(path, describe(**changes))
    add(file, planes)
    file.close()


def held(path: Path) -> dict[Plane, NDArray[Any]]:
    """What a file holds, as the reader of the sources sees it."""
    with open_images(path) as file:
        (series,) = file.series
        places = list(series.sizes)
        return {
            Plane(key[places.index("C")], key[places.index("Z")], key[places.index("T")]): (
                series.read(place)
            )
            for key, place in series.planes.items()
        }


def assert_holds(path: Path, planes: Sequence[Plane]) -> None:
    there = held(path)
    assert set(there) == set(planes)
    for plane in planes:
        np.testing.assert_array_equal(there[plane], pixels(plane))


@formats
@settings(max_examples=15, deadline=None)
@given(planes=planes_in_any_order)
def test_planes_in_any_order_are_found_where_they_belong_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, ending: str, planes: list[Plane]
) -> None:
    require(ending)
    path = tmp_path_factory.mktemp("planes") / f"r.{ending}"
    write(path, planes)
    assert_holds(path, planes)
    with open_images(path) as file:
        (series,) = file.series
        times = 1 + max(plane.time_point for plane in planes)
        assert dict(series.sizes) == {"T": times, "C": len(CHANNELS), "Z": SLICES}
        assert [one.name for one in series.channels] == [one.name for one in CHANNELS]
        assert [one.colour for one in series.channels] == [one.colour for one in CHANNELS]
        assert (series.pixel_size_um, series.z_step_um, series.interval_s) == (0.2, 0.5, 2.0)
    read = images.open_pages(path)
    assert len(read) == len(planes)
    out = np.empty(SHAPE, np.uint16)
    for position, plane in enumerate(read.planes()):
        assert plane is not None
        read.read_into(position, out)
        np.testing.assert_array_equal(out, pixels(plane))
    read.close()


@settings(max_examples=10, deadline=None)
@given(planes=planes_in_any_order)
def test_tifffile_shows_a_hyperstack_and_nothing_where_a_frame_was_lost(
    tmp_path_factory: pytest.TempPathFactory, planes: list[Plane]
) -> None:
    path = tmp_path_factory.mktemp("planes") / "r.ome.tif"
    write(path, planes)
    with tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        stack = series.asarray(squeeze=False)
        axes = series.get_axes(squeeze=False)
    assert axes[:3] in ("TZC", "TCZ")
    times = 1 + max(plane.time_point for plane in planes)
    expected = np.zeros((times, len(CHANNELS), SLICES, *SHAPE), np.uint16)
    for plane in planes:
        expected[plane.time_point, plane.channel, plane.z] = pixels(plane)
    if axes.startswith("TZC"):
        stack = stack.swapaxes(1, 2)
    np.testing.assert_array_equal(stack.reshape(expected.shape), expected)


def test_letting_pages_go_takes_the_last_first_so_that_a_kill_leaves_no_page_behind_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.ome.tif"
    planes = [Plane(number % 2, 0, number // 2) for number in range(9)]
    write(path, planes)
    before = path.read_bytes()
    writes = logged(
        monkeypatch, lambda: images.resume(path, describe(), keep_planes=planes[:2]).close()
    )
    for count in range(len(writes) + 1):
        path.write_bytes(before)
        with path.open("r+b") as file:
            for offset, content in writes[:count]:
                file.seek(offset)
                file.write(content)
        with BigTiffPages(path) as pages, tifffile.TiffFile(path) as tiff:
            there = len(pages)
            assert there == len(tiff.pages)
    assert there == 2


def test_ome_types_finds_it_valid_while_frames_come_with_names_colours_and_times(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.ome.tif"
    planes = [Plane(1, 0, 0), Plane(0, 0, 0), Plane(0, 1, 2), Plane(1, 1, 2)]
    file = images.begin(path, describe())
    for plane in planes:
        add(file, [plane])
        with tifffile.TiffFile(path) as tiff:
            validate_xml(tiff.pages.first.description)
    file.close()
    said = from_tiff(path).images[0].pixels
    assert (said.size_c, said.size_z, said.size_t) == (2, SLICES, 3)
    assert said.physical_size_z == 0.5
    assert [one.name for one in said.channels] == [one.name for one in CHANNELS]
    assert [one.emission_wavelength for one in said.channels] == [509.0, 610.5]
    colours = [one.color.as_rgb_tuple() for one in said.channels if one.color is not None]
    assert colours == [(0, 255, 0), (255, 0, 255)]
    assert [(one.the_c, one.the_z, one.the_t) for one in said.planes] == planes
    assert [one.delta_t for one in said.planes] == [0.25, 0.0, 4.0, 4.25]
    missing, *blocks = said.tiff_data_blocks
    assert (missing.ifd, missing.plane_count) == (NO_PAGE, 2 * SLICES * 3)
    assert [(one.first_c, one.first_z, one.first_t) for one in blocks] == planes
    assert [one.ifd for one in blocks] == list(range(4))


def test_where_no_plane_is_missing_none_is_said_to_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "r.ome.tif"
    planes = [Plane(c, z, t) for t in range(2) for z in range(SLICES) for c in range(2)]
    write(path, planes[:-1])
    assert str(NO_PAGE) in tifffile.tiffcomment(path)
    resumed = images.resume(path, describe())
    add(resumed, planes[-1:])
    resumed.close()
    assert str(NO_PAGE) not in tifffile.tiffcomment(path)
    tifffile.imread(path)
    assert not caplog.records


def logged(
    monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]
) -> list[tuple[int, bytes]]:
    """Note each write to a TIFF."""
    writes: list[tuple[int, bytes]] = []
    put = TiffAppender._put

    def noted(self: TiffAppender, offset: int, content: bytes | memoryview) -> None:
        writes.append((offset, bytes(content)))
        put(self, offset, content)

    with monkeypatch.context() as patched:
        patched.setattr(TiffAppender, "_put", noted)
        action()
    return writes


ARRIVAL = [Plane(0, 0, 0), Plane(1, 0, 0), Plane(1, 1, 2), Plane(0, 0, 1), Plane(0, 1, 3)]


@pytest.mark.parametrize("order_is_known", [True, False])
def test_after_every_single_write_all_pages_are_readable_and_the_file_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order_is_known: bool
) -> None:
    """Where the order is known all pages are kept; else those of which the file says it."""
    whole = tmp_path / "whole.ome.tif"
    writes = logged(monkeypatch, lambda: write(whole, ARRIVAL))
    with tifffile.TiffFile(whole) as tiff:
        words = tiff.pages.first.description.split()
    path, there, seen = tmp_path / "cut.ome.tif", 0, 0
    for count in range(1, len(writes) + 1):
        path.unlink(missing_ok=True)
        with path.open("wb") as file:
            for offset, content in writes[:count]:
                file.seek(offset)
                file.write(content)
        with tifffile.TiffFile(path) as tiff:
            pages = [page.asarray() for page in tiff.pages]
            if pages:
                validate_xml(tiff.pages.first.description)
        for page, plane in zip(pages, ARRIVAL, strict=False):
            np.testing.assert_array_equal(page, pixels(plane))
        assert len(pages) >= there
        there = len(pages)
        if not pages:
            continue
        with BigTiffPages(path) as mine:
            said = [plane for plane in mine.planes() if plane is not None]
        assert len(said) >= seen
        assert said == ARRIVAL[: len(said)]
        seen = len(said)
        if order_is_known:
            times = [2.0 * plane.time_point + plane.channel / 4 for plane in ARRIVAL]
            resumed = images.resume(
                path, describe(), time_of=times.__getitem__, plane_of=ARRIVAL.__getitem__
            )
            assert resumed.written == there
        else:
            resumed = images.resume(path, describe())
            assert there - 1 <= resumed.written <= there
        add(resumed, ARRIVAL[resumed.written :])
        resumed.close()
        assert_holds(path, ARRIVAL)
        with tifffile.TiffFile(path) as tiff:
            assert tiff.pages.first.description.split() == words, f"after {count} writes"


@pytest.mark.parametrize("count", [127, 129, 256, 257, 300, 513])
def test_every_page_is_placed_at_any_length_and_after_going_on(tmp_path: Path, count: int) -> None:
    """Numbers round those at which the OME-XML moves to another block."""
    path = tmp_path / "r.ome.tif"
    planes = [Plane(number % 2, number // 2 % SLICES, number // 4) for number in range(count + 150)]
    write(path, planes[:count])
    resumed = images.resume(path, describe())
    assert resumed.written == count
    add(resumed, planes[count:])
    resumed.close()
    with BigTiffPages(path) as pages:
        assert pages.planes() == planes
        assert [pages.plane(position) for position in range(len(planes))] == planes
        assert pages.are_all_described
    assert_holds(path, planes)


def test_no_page_costs_much_more_than_another_and_closing_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = images.begin(tmp_path / "r.ome.tif", describe())
    costs = [
        logged(monkeypatch, lambda number=number: add(file, [Plane(0, 0, number)]))
        for number in range(600)
    ]
    assert max(map(len, costs)) <= 16
    assert max(sum(len(content) for _, content in cost) for cost in costs) < 20_000
    assert logged(monkeypatch, file.close) == []


@formats
def test_planes_that_are_not_to_be_kept_are_let_go_and_written_anew(
    tmp_path: Path, ending: str
) -> None:
    require(ending)
    path = tmp_path / f"r.{ending}"
    write(path, ARRIVAL)
    kept = set(ARRIVAL) - {ARRIVAL[2]}
    resumed = images.resume(path, describe(), keep_planes=kept)
    read = images.open_pages(path)
    there = set(read.planes())
    read.close()
    assert len(there) == resumed.written
    assert there <= kept
    assert there >= set(ARRIVAL[:2])
    add(resumed, [plane for plane in ARRIVAL if plane not in there])
    resumed.close()
    assert_holds(path, ARRIVAL)


def test_lines_that_a_power_cut_took_are_written_anew_where_the_order_is_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.ome.tif"
    planes = [Plane(number % 2, 0, number // 2) for number in range(300)]
    write(path, planes)
    place = path.read_bytes().rindex(b'<TiffData IFD="250"')
    with path.open("r+b") as file:
        file.seek(place - 30)
        file.write(bytes(500))
    images.resume(path, describe(), time_of=float, plane_of=planes.__getitem__).close()
    assert_holds(path, planes)
    with path.open("r+b") as file:
        file.seek(place - 30)
        file.write(bytes(500))
    resumed = images.resume(path, describe())
    assert 240 < resumed.written < 251
    resumed.close()
    assert_holds(path, planes[: resumed.written])


@formats
def test_a_frame_of_several_streams_has_to_say_where_it_belongs(
    tmp_path: Path, ending: str
) -> None:
    require(ending)
    file = images.begin(tmp_path / f"r.{ending}", describe())
    with pytest.raises(ValueError, match="belongs somewhere"):
        file.append(np.zeros(SHAPE, np.uint16), 0.0)
    file.close()
    with pytest.raises(ValueError, match="where they belong"):
        describe(placed=False)


@formats
def test_one_channel_and_slice_may_be_placed_too(tmp_path: Path, ending: str) -> None:
    """As the one channel that has an engine among several."""
    require(ending)
    path = tmp_path / f"r.{ending}"
    planes = [Plane(time_point=0), Plane(time_point=3)]
    write(path, planes, channels=CHANNELS[:1], slices=1)
    read = images.open_pages(path)
    assert read.planes() == planes
    assert not read.is_of_one
    read.close()
