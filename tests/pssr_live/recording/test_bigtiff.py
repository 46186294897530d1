"""The file that must survive everything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pssr_live.recording.bigtiff import TiffAppender, TiffError, TiffPages

DESCRIPTION = 'pages: SizeT="0000000000"'


def random_pages(count: int, shape: tuple[int, int], dtype: type) -> NDArray[Any]:
    rng = np.random.default_rng(count)
    return rng.integers(0, np.iinfo(dtype).max, (count, *shape), dtype, endpoint=True)


def write(path: Path, pages: NDArray[Any], **options: Any) -> TiffAppender:
    shape = (pages.shape[1], pages.shape[2])
    appender = TiffAppender(path, shape, pages.dtype, options.get("pixel_size_um"), DESCRIPTION)
    for page in pages:
        appender.append(page)
    return appender


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
    with TiffPages(tmp_path / "pages.tif") as reader:
        assert len(reader) == 3
        appender.append(pages[3])
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
    appender = write(tmp_path / "pages.tif", pages)
    appender.close("a longer description than there was at the beginning, at the end of the file")
    whole = 0
    for count in range(1, len(writes) + 1):
        path = tmp_path / f"cut-{count}.tif"
        with path.open("wb") as file:
            for offset, content in writes[:count]:
                file.seek(offset)
                file.write(content)
        with tifffile.TiffFile(path) as tiff:
            readable = [page.asarray() for page in tiff.pages]
        for number, page in enumerate(readable):
            np.testing.assert_array_equal(page, pages[number])
        assert len(readable) >= whole
        whole = len(readable)
    assert whole == len(pages)


@settings(max_examples=40, deadline=None)
@given(cut=st.floats(0.0, 1.0))
def test_a_file_cut_anywhere_is_resumed_with_every_whole_page(
    tmp_path_factory: pytest.TempPathFactory, cut: float
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = folder / "pages.tif"
    pages = random_pages(6, (8, 11), np.uint16)
    appender = write(path, pages[:5])
    appender.append(pages[5])
    appender.close()
    # The last page's data reached the disk in part, and nothing points to it yet.
    stride = appender._layout.stride
    last = appender._layout.page(5)
    with path.open("r+b") as file:
        file.seek(appender._layout.link_to(5))
        file.write(bytes(8))
        file.truncate(last + round(cut * stride))
    resumed = TiffAppender.resume(path, None, DESCRIPTION)
    assert resumed.written == 5
    resumed.append(pages[5])
    resumed.close()
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.asarray(key=slice(None)), pages)


def test_the_number_of_pages_is_kept_in_the_description(tmp_path: Path) -> None:
    appender = write(tmp_path / "pages.tif", random_pages(3, (4, 4), np.uint8))
    with tifffile.TiffFile(tmp_path / "pages.tif") as tiff:
        assert tiff.pages[0].description == 'pages: SizeT="0000000003"'
    appender.close()


def test_a_closed_file_is_resumed_and_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    pages = random_pages(4, (5, 5), np.uint16)
    write(path, pages[:2]).close("closed once " * 50)
    resumed = TiffAppender.resume(path, None, DESCRIPTION)
    for page in pages[2:]:
        resumed.append(page)
    resumed.close("closed twice")
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.asarray(key=slice(None)), pages)
        assert tiff.pages[0].description == "closed twice"


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
    appender._written = place
    appender.append(pages[1])
    appender.append(pages[2])
    appender.close()
    assert path.stat().st_size > 5 * 2**30
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.pages[1].asarray(), pages[1])
        np.testing.assert_array_equal(tiff.pages[2].asarray(), pages[2])


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "precious.tif"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        TiffAppender(path, (4, 4), np.dtype(np.uint8), None, DESCRIPTION)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("shape", [(4, 5), (5, 4)])
def test_a_page_of_another_shape_or_dtype_is_refused(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    appender = write(tmp_path / "p.tif", random_pages(1, (4, 4), np.uint8))
    with pytest.raises(ValueError, match="a page is"):
        appender.append(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="a page is"):
        appender.append(np.zeros((4, 4), np.uint16))
    appender.close()


@pytest.mark.parametrize("content", [b"", b"II", os.urandom(400)])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.tif").write_bytes(content)
    with pytest.raises(TiffError, match="not a recording of pssr-live"):
        TiffPages(tmp_path / "other.tif")


def test_a_tiff_of_another_program_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "other.tif", np.zeros((2, 8, 8), np.uint16), bigtiff=True)
    with pytest.raises(TiffError, match="not a recording of pssr-live"):
        TiffPages(tmp_path / "other.tif")
