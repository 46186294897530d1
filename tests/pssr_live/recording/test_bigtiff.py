"""The file that must survive everything."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count as counted_from
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from acquisition import Channel
from pssr_live.recording import ImageDescription, TiffError
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.tiff_layout import TiffLayout
from pssr_live.recording.tiff_pages import BigTiffPages


def random_pages(count: int, shape: tuple[int, int], dtype: type) -> NDArray[Any]:
    rng = np.random.default_rng(count)
    return rng.integers(0, np.iinfo(dtype).max, (count, *shape), dtype, endpoint=True)


def write(path: Path, pages: NDArray[Any], **options: Any) -> TiffAppender:
    about = describe(pages, **options)
    appender = TiffAppender(path, about)
    for number, page in enumerate(pages):
        appender.append(page, number / 4)
    return appender


def describe(pages: NDArray[Any], pixel_size_um: float | None = None) -> ImageDescription:
    bits = 8 * pages.dtype.itemsize
    shape = (pages.shape[1], pages.shape[2])
    return ImageDescription(
        name="raw",
        channels=(Channel("camera"),),
        shape=shape,
        dtype=pages.dtype,
        significant_bits=bits,
        pixel_size_um=pixel_size_um,
        interval_s=None,
        acquired_at=None,
    )


def read_xml(xml: str) -> tuple[int, list[float]]:
    """Number of pages and time of each, as the OME-XML says."""
    root = ET.fromstring(xml)  # noqa: S314 - our own
    pixels = root.find(".//{*}Pixels")
    assert pixels is not None
    planes = pixels.findall("{*}Plane")
    assert [plane.get("TheT") for plane in planes] == [str(n) for n in range(len(planes))]
    return int(pixels.get("SizeT", "")), [float(plane.get("DeltaT", "nan")) for plane in planes]


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 5),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
def test_tifffile_and_pillow_read_the_pages_as_written(
    tmp_path_factory: pytest.TempPathFactory, count: int, height: int, width: int, dtype: type
) -> None:
    path = tmp_path_factory.mktemp("pages") / "pages.tif"
    pages = random_pages(count, (height, width), dtype)
    write(path, pages).close()
    np.testing.assert_array_equal(
        tifffile.imread(path, key=range(count)).reshape(pages.shape), pages
    )
    with Image.open(path) as picture:
        for number, page in enumerate(pages):
            picture.seek(number)
            np.testing.assert_array_equal(np.asarray(picture), page)


def test_pages_are_read_back_while_the_file_is_written(tmp_path: Path) -> None:
    pages = random_pages(4, (7, 9), np.uint16)
    appender = write(tmp_path / "pages.tif", pages[:3])
    out = np.empty((7, 9), np.uint16)
    with BigTiffPages(tmp_path / "pages.tif") as reader:
        assert len(reader) == 3
        appender.append(pages[3], 0.75)
        assert len(reader) == 4
        reader.read_into(3, out)
    appender.close()
    np.testing.assert_array_equal(out, pages[3])


def test_after_every_single_write_the_pages_before_it_are_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process leaves some first part of the sequence of writes; try each of them."""
    writes: list[tuple[int, bytes]] = []
    put = TiffAppender._put

    def logged(self: TiffAppender, offset: int, content: bytes | memoryview) -> None:
        writes.append((offset, bytes(content)))
        put(self, offset, content)

    monkeypatch.setattr(TiffAppender, "_put", logged)
    pages = random_pages(4, (5, 6), np.uint16)
    write(tmp_path / "pages.tif", pages).close()
    whole = 0
    for count in range(1, len(writes) + 1):
        path = tmp_path / f"cut-{count}.tif"
        with path.open("wb") as file:
            for offset, content in writes[:count]:
                file.seek(offset)
                file.write(content)
        with tifffile.TiffFile(path) as tiff:
            readable = [page.asarray() for page in tiff.pages]
            said = read_xml(tiff.pages[0].description) if readable else (0, [])
        for number, page in enumerate(readable):
            np.testing.assert_array_equal(page, pages[number])
        # The words may lag behind the frame that was just written, never run ahead.
        assert len(said[1]) <= len(readable)
        assert len(readable) - 1 <= said[0] <= max(1, len(readable))
        assert len(readable) >= whole
        whole = len(readable)
    assert whole == len(pages)


def test_a_file_that_is_cut_short_in_the_middle_of_a_page_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another program, before any of the writes of a page: none leaves a hole unnoticed."""
    pages, put = random_pages(4, (6, 7), np.uint16), TiffAppender._put
    cut_before, writes = -1, counted_from()

    def cut_then_put(self: TiffAppender, offset: int, content: bytes | memoryview) -> None:
        if next(writes) == cut_before:
            os.truncate(self._file.name, 2000)
        put(self, offset, content)

    monkeypatch.setattr(TiffAppender, "_put", cut_then_put)
    appender = write(tmp_path / "whole.tif", pages[:3])
    begin = next(writes) + 1
    appender.append(pages[3], 1.0)
    appender.close()
    for cut_before in range(begin, next(writes)):
        writes = counted_from()
        appender = write(tmp_path / f"{cut_before}.tif", pages[:3])
        next(writes)
        with pytest.raises(OSError, match="cut it short"):
            appender.append(pages[3], 1.0)
        appender._file.close()


@settings(max_examples=40, deadline=None)
@given(cut=st.floats(0.0, 1.0))
def test_a_file_cut_anywhere_is_resumed_with_every_whole_page(
    tmp_path_factory: pytest.TempPathFactory, cut: float
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = folder / "pages.tif"
    pages = random_pages(6, (8, 11), np.uint16)
    appender = write(path, pages[:5])
    appender.append(pages[5], 1.25)
    appender.close()
    # The last page's data reached the disk in part, and nothing points to it yet.
    stride = appender._layout.stride
    last = appender._layout.page(5)
    with path.open("r+b") as file:
        file.seek(appender._layout.link_to(5))
        file.write(bytes(8))
        file.truncate(last + round(cut * stride))
    resumed = TiffAppender.resume(path)
    assert resumed.written == 5
    resumed.append(pages[5], 1.25)
    resumed.close()
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.asarray(key=slice(None)), pages)


@pytest.fixture(params=[1, 127, 128, 129, 255, 256, 257, 300, 511, 513, 1100])
def page_count(request: pytest.FixtureRequest) -> int:
    """Numbers round those at which the OME-XML moves to another block."""
    count: int = request.param
    return count


def test_number_and_times_of_all_pages_are_kept_in_the_ome_xml(
    tmp_path: Path, page_count: int
) -> None:
    pages = random_pages(page_count, (3, 5), np.uint8)
    appender = write(tmp_path / "pages.tif", pages)
    with tifffile.TiffFile(tmp_path / "pages.tif") as tiff:
        assert tiff.is_ome
        assert tiff.series[0].shape[-3:] == (pages.shape if page_count > 1 else (3, 5))
        assert read_xml(tiff.pages[0].description) == (
            page_count,
            [number / 4 for number in range(page_count)],
        )
        np.testing.assert_array_equal(tiff.asarray(key=slice(None)).reshape(pages.shape), pages)
    appender.close()


def test_a_file_is_closed_and_resumed_with_its_times_at_any_length(
    tmp_path: Path, page_count: int
) -> None:
    path = tmp_path / "pages.tif"
    pages = random_pages(page_count + 200, (3, 5), np.uint8)
    write(path, pages[:page_count]).close()
    resumed = TiffAppender.resume(path)
    assert resumed.written == page_count
    for number in range(page_count, len(pages)):
        resumed.append(pages[number], number / 4)
    resumed.close()
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.asarray(key=slice(None)), pages)
        assert read_xml(tiff.pages[0].description) == (
            len(pages),
            [number / 4 for number in range(len(pages))],
        )


class Writes:
    """Counts the writes to a file, and their bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        put = TiffAppender._put

        def counted(appender: TiffAppender, offset: int, content: bytes | memoryview) -> None:
            self.sizes.append(len(content))
            put(appender, offset, content)

        monkeypatch.setattr(TiffAppender, "_put", counted)

    def of(self, action: Callable[[], object]) -> list[int]:
        self.sizes.clear()
        action()
        return list(self.sizes)


def test_closing_writes_nothing_whatever_the_length(
    tmp_path: Path, page_count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    appender = write(tmp_path / "pages.tif", random_pages(page_count, (3, 5), np.uint8))
    assert Writes(monkeypatch).of(appender.close) == []


def test_no_page_costs_much_more_than_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor when the OME-XML, by then of a hundred kilobytes, moves to another block."""
    page = random_pages(1, (3, 5), np.uint8)
    appender = write(tmp_path / "pages.tif", page)
    writes = Writes(monkeypatch)
    costs = [writes.of(lambda: appender.append(page[0], 0.0)) for _ in range(1100)]
    appender.close()
    assert max(map(len, costs)) <= 12
    assert max(map(sum, costs)) < 10_000


def test_a_power_cut_that_took_some_of_the_times_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    pages = random_pages(300, (3, 5), np.uint8)
    appender = write(path, pages)
    appender.close()
    xml = path.read_bytes().rindex(b'TheT="250"')
    with path.open("r+b") as file:
        file.seek(xml - 30)
        file.write(bytes(500))
    TiffAppender.resume(path).close()
    with tifffile.TiffFile(path) as tiff:
        root = ET.fromstring(tiff.pages[0].description)  # noqa: S314 - our own
    numbers = [int(plane.get("TheT", "")) for plane in root.findall(".//{*}Plane")]
    assert set(range(300)) - set(numbers) <= set(range(248, 260))
    assert len(numbers) < 300


@given(position=st.integers(0, 10**7), pixel_bytes=st.integers(1, 10**7))
def test_no_two_things_stand_in_one_place(position: int, pixel_bytes: int) -> None:
    layout = TiffLayout.of(1500, pixel_bytes)
    places = [(layout.page(n), layout.page(n) + layout.stride) for n in (position, position + 1)]
    blocks = [layout.block(number) for number in range(20)]
    places += [(block.offset, block.offset + block.size) for block in blocks]
    places.sort()
    assert all(end <= start for (_, end), (start, _) in pairwise(places))


def test_the_pixel_size_is_in_the_resolution_tags(tmp_path: Path) -> None:
    write(tmp_path / "p.tif", random_pages(1, (4, 4), np.uint8), pixel_size_um=0.049).close()
    with tifffile.TiffFile(tmp_path / "p.tif") as tiff:
        numerator, denominator = tiff.pages[0].tags["XResolution"].value
        assert tiff.pages[0].tags["ResolutionUnit"].value == tifffile.RESUNIT.CENTIMETER
    assert 1e4 * denominator / numerator == pytest.approx(0.049, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(pixel_size_um=st.floats(1e-3, 100.0))
def test_any_pixel_size_can_be_written(
    tmp_path_factory: pytest.TempPathFactory, pixel_size_um: float
) -> None:
    path = tmp_path_factory.mktemp("size") / "p.tif"
    write(path, random_pages(1, (4, 4), np.uint8), pixel_size_um=pixel_size_um).close()
    with tifffile.TiffFile(path) as tiff:
        numerator, denominator = tiff.pages[0].tags["XResolution"].value
    assert 1e4 * denominator / numerator == pytest.approx(pixel_size_um, rel=1e-3)


def test_pages_beyond_4_gib_are_found(tmp_path: Path) -> None:
    """The middle of the file is a hole that takes no room on the disk."""
    path = tmp_path / "large.tif"
    pages = random_pages(3, (64, 64), np.uint16)
    appender = write(path, pages[:1])
    place = -(-(5 * 2**30) // appender._layout.stride)
    with path.open("r+b") as file:
        file.seek(appender._layout.link_to(1))
        file.write(appender._layout.directory(place).to_bytes(8, "little"))
        # What was written last is there.
        file.seek(appender._layout.directory(place - 1))
        file.write(bytes([1]))
    appender._written = place
    while appender._planes._block.lines <= place:
        appender._planes._go_on()
    appender.append(pages[1], 1.0)
    appender.append(pages[2], 2.0)
    appender.close()
    assert path.stat().st_size > 5 * 2**30
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.pages[1].asarray(), pages[1])
        np.testing.assert_array_equal(tiff.pages[2].asarray(), pages[2])


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "precious.tif"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        write(path, random_pages(1, (4, 4), np.uint8))
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("shape", [(4, 5), (5, 4)])
def test_a_page_of_another_shape_or_dtype_is_refused(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    appender = write(tmp_path / "p.tif", random_pages(1, (4, 4), np.uint8))
    with pytest.raises(ValueError, match="a page is"):
        appender.append(np.zeros(shape, np.uint8), 0.0)
    with pytest.raises(ValueError, match="a page is"):
        appender.append(np.zeros((4, 4), np.uint16), 0.0)
    appender.close()


@pytest.mark.parametrize("content", [b"", b"II", os.urandom(400)])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.tif").write_bytes(content)
    with pytest.raises(TiffError, match="not a recording of pssr-live"):
        BigTiffPages(tmp_path / "other.tif")


def test_a_tiff_of_another_program_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "other.tif", np.zeros((2, 8, 8), np.uint16), bigtiff=True)
    with pytest.raises(TiffError, match="not a recording of pssr-live"):
        BigTiffPages(tmp_path / "other.tif")


def test_one_of_ours_that_was_cut_short_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "cut.ome.tif"
    write(path, random_pages(3, (8, 16), np.uint16)).close()
    with BigTiffPages(path) as pages:
        first_page = pages.layout.directory(0)
    os.truncate(path, first_page + 4)
    with pytest.raises(TiffError, match=r"it was cut short$"):
        BigTiffPages(path)
