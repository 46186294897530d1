"""Pages of a TIFF: looked over one and all, read one at a time."""

from __future__ import annotations

import logging
import math
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition.errors import SourceError
from acquisition.images.damage import DAMAGE, damaged, in_words, needs_codec, reading
from acquisition.images.units import length_um, square
from acquisition.names import readable

# Plain TIFFs carry a resolution for printers, 72 dots per inch or so; no microscope's pixel is
# that large.
LARGEST_PIXEL_UM = 20.0
# Bytes that a byte of each compression can stand for at most, with room; others are not limited.
_MOST_EXPANSION = {1: 1, 5: 4096, 8: 1100, 32773: 128, 32946: 1100}
# A page has some twenty.
MOST_TAGS = 4096
# Damage is reported in our words, by SourceError; tifffile's log lines would only repeat it.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


class Page(NamedTuple):
    """What one page is.

    Attributes
    ----------
    shape : tuple of int
        Of its array: (Y, X), with S before or behind for colours.
    axes : str
        Their letters.
    dtype : numpy.dtype
    whole : bool
        Whether its bytes are all there.
    reduced : bool
        Whether it is a thumbnail, or a mask, of another.
    """

    shape: tuple[int, ...]
    axes: str
    dtype: np.dtype[Any]
    whole: bool
    reduced: bool


class Place(NamedTuple):
    """Where a plane lies.

    Attributes
    ----------
    file : int
        Number of the file in its set.
    page : int
        Number of the page.
    offset : int or None
        Of a plane that has no page of its own, in bytes from the file's beginning.
    within : tuple of int
        Where in the page's array, for pages that hold several planes.
    """

    file: int
    page: int
    offset: int | None = None
    within: tuple[int, ...] = ()


class TiffPages:
    """One TIFF.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    tiff : tifffile.TiffFile
    pages : list of Page or None
        None for a page whose header can't be read.
    cut : bool
        Whether the chain of pages breaks off: the last names another beyond the end of the file.

    Raises
    ------
    SourceError
        If it is not a TIFF, or holds no page.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        not_one = "is not a TIFF file, or a damaged one"
        with in_words(path, not_one, "Choose a .tif or .ome.tif recording."):
            self.tiff = tifffile.TiffFile(path)
        try:
            with in_words(path, "is damaged: its header can't be read"):
                self._look_over()
        except BaseException:
            self.tiff.close()
            raise

    def _look_over(self) -> None:
        self.cut = self._chain_is_cut()
        pages = self.tiff.pages
        if not len(pages):
            raise SourceError(
                f"{readable(self.path.name)} holds no image.", "Choose a TIFF with several frames."
            )
        pages.cache = False
        pages.useframes = False
        self.pages: list[Page | None] = [self._page(number) for number in range(len(pages))]
        last = self.pages[-1]
        self.cut |= last is None or not last.whole

    @property
    def first(self) -> tifffile.TiffPage:
        """The first page."""
        page = self.tiff.pages.first
        assert isinstance(page, tifffile.TiffPage)  # noqa: S101 - for the type checker
        return page

    @property
    def images(self) -> list[int]:
        """Numbers of the pages that are not thumbnails."""
        kept = [n for n, page in enumerate(self.pages) if page is None or not page.reduced]
        return kept or list(range(len(self.pages)))

    @property
    def pixel_size_um(self) -> float | None:
        """As the resolution says, unless that is meant for a printer."""
        tag = self.first.tags.get("ResolutionUnit")
        unit = {2: "inch", 3: "cm"}.get(int(tag.value), "") if tag is not None else ""
        wide, tall = (length_um(self.per_pixel(axis), unit) for axis in "XY")
        size = square(wide, tall)
        return size if size is not None and size <= LARGEST_PIXEL_UM else None

    def per_pixel(self, axis: str) -> float:
        """Length of a pixel in the file's own unit; NaN where it does not say."""
        tag = self.first.tags.get(f"{axis}Resolution")
        if tag is None:
            return math.nan
        try:
            numerator, denominator = tag.value
            return float(denominator) / float(numerator) if numerator else math.nan
        except (TypeError, ValueError):
            return math.nan

    def require(self, number: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Make sure that a page is whole and like the others.

        Raises
        ------
        SourceError
        """
        page = self.pages[number]
        if page is None or not page.whole:
            raise damaged(self.path, number, "is cut off")
        if page.shape != shape or page.dtype != dtype:
            raise SourceError(
                f"{readable(self.path.name)} changes its size or pixel type at frame {number + 1}.",
                "Save the part you want as its own TIFF.",
            )

    def read(self, place: Place) -> NDArray[Any]:
        """Read one plane, (H, W).

        Raises
        ------
        SourceError
        """
        with reading(self.path, f"page {place.page + 1}"):
            if place.offset is not None:
                return self._read_block(place.offset)
            page = self.tiff.pages[place.page]
            assert isinstance(page, tifffile.TiffPage)  # noqa: S101 - for the type checker
            _check_stored_bytes(page, self.path)
            stored = page.asarray()
            if stored.shape != page.shape:
                raise ValueError("the page holds less than it says")
            return _within(stored, page.axes, place.within)

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self.tiff.close()

    def _read_block(self, offset: int) -> NDArray[Any]:
        page = self.first
        dtype = page.dtype
        assert dtype is not None  # noqa: S101 - looked over before
        height, width = page.shape
        return self.tiff.filehandle.read_array(
            dtype.newbyteorder(self.tiff.byteorder), height * width, offset
        ).reshape(height, width)

    def _page(self, number: int) -> Page | None:
        try:
            page = self.tiff.pages[number]
            assert isinstance(page, tifffile.TiffPage)  # noqa: S101 - useframes is off
            if page.dtype is None:
                return None
            size = self.tiff.filehandle.size
            parts = list(zip(page.dataoffsets, page.databytecounts, strict=True))
            whole = bool(parts) and all(n and start + n <= size for start, n in parts)
            return Page(page.shape, page.axes, page.dtype, whole, bool(page.subfiletype & 5))
        except DAMAGE:
            return None

    def _chain_is_cut(self) -> bool:
        """Follow the chain of pages: whether it ends at a place that can't be one.

        Raises
        ------
        ValueError
            If it comes back to a page that it has passed.
        """
        file, form = self.tiff.filehandle, self.tiff.tiff
        file.seek(8 if form.is_bigtiff else 4)
        passed: set[int] = set()
        while True:
            link = file.read(form.offsetsize)
            if len(link) < form.offsetsize:
                return True
            place = int(struct.unpack(form.offsetformat, link)[0])
            if place == 0:
                return False
            if place in passed:
                raise ValueError("its pages go round in a circle")
            passed.add(place)
            file.seek(place)
            said = file.read(form.tagnosize)
            tags = struct.unpack(form.tagnoformat, said)[0] if len(said) == form.tagnosize else 0
            if not 0 < tags <= MOST_TAGS:
                return True
            file.seek(place + form.tagnosize + tags * form.tagsize)


def grey_shape(page: Page) -> tuple[int, int, int]:
    """Height, width and colours of a page."""
    sizes = dict(zip(page.axes, page.shape, strict=True))
    return sizes["Y"], sizes["X"], sizes.get("S", 1)


def _within(stored: NDArray[Any], axes: str, within: tuple[int, ...]) -> NDArray[Any]:
    if not within:
        return stored
    for axis, index in zip([a for a in axes if a not in "YX"], within, strict=True):
        stored = np.take(stored, index, axis=axes.index(axis))
        axes = axes.replace(axis, "")
    return stored


def _check_stored_bytes(page: tifffile.TiffPage, path: Path) -> None:
    """Refuse a page whose bytes can't hold what it says, before memory is taken for that."""
    stored = sum(page.databytecounts)
    most = _MOST_EXPANSION.get(int(page.compression), 1 << 16)
    if page.nbytes > most * stored + 1024:
        raise ValueError("its bytes are too few for its size")
    if page.compression not in tifffile.TIFF.DECOMPRESSORS:
        raise needs_codec(path, str(getattr(page.compression, "name", page.compression)))
