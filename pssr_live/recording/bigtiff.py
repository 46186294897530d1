"""A BigTIFF that grows by one page at a time and is whole after each of them.

All pages have one size, so page k stands at a place that can be computed: appending, reading back
and going on after a crash cost the same for the first page and for the millionth. A page is written
first and linked last; a killed process leaves every linked page readable, and nothing half-written
in the chain. The layout is that of the TIFF 6.0 specification with the BigTIFF extension (64-bit
offsets), one strip a page.
"""

from __future__ import annotations

import io
import os
import re
import struct
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType

_HEADER = struct.Struct("<2sHHHQ")
_ENTRY = struct.Struct("<HHQ8s")
_POINTER = struct.Struct("<Q")
_LINK_IN_HEADER = 8
_ASCII, _SHORT, _LONG, _RATIONAL, _LONG8 = 2, 3, 4, 5, 16
_VALUE_FORMATS = {_SHORT: "<H6x", _LONG: "<I4x", _RATIONAL: "<II", _LONG8: "<Q"}
_DESCRIPTION_TAG, _STRIP_OFFSETS_TAG = 270, 273
_TAGS_OF_A_PAGE = 14
_ALIGNMENT = 16
_LARGEST_LONG = 2**32 - 1
_COUNT_IN_DESCRIPTION = re.compile(rb'SizeT="(\d{10})"')


class TiffError(Exception):
    """A file that was not written by `TiffAppender`, or is damaged."""


class _Layout(NamedTuple):
    """Where things stand in a file; all pages are alike."""

    first_page: int
    pixel_bytes: int

    @property
    def directory_in_page(self) -> int:
        return _aligned(self.pixel_bytes)

    @property
    def stride(self) -> int:
        directory_bytes = 8 + (_TAGS_OF_A_PAGE + 1) * _ENTRY.size + _POINTER.size
        return self.directory_in_page + _aligned(directory_bytes)

    def page(self, position: int) -> int:
        return self.first_page + position * self.stride

    def directory(self, position: int) -> int:
        return self.page(position) + self.directory_in_page

    def link_to(self, position: int) -> int:
        """Where the pointer to a page's directory stands."""
        if position == 0:
            return _LINK_IN_HEADER
        entries = _TAGS_OF_A_PAGE + (position == 1)
        return self.directory(position - 1) + 8 + entries * _ENTRY.size


class TiffAppender:
    """Writes pages of one shape and dtype to a file, each readable as soon as it is written.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    shape : tuple of int
        Height and width of a page.
    dtype : dtype
        ``uint8`` or ``uint16``.
    pixel_size_um : float or None
        Side of a pixel in µm.
    description : str
        Goes into the first page. Where it says ``SizeT="0000000000"``, the ten digits are kept at
        the number of pages written.

    Raises
    ------
    OSError
        If the file exists or can't be written.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, int],
        dtype: np.dtype[PixelType],
        pixel_size_um: float | None,
        description: str,
    ) -> None:
        text = description.encode() + b"\0"
        first_page = _aligned(_HEADER.size + len(text))
        self._layout = _Layout(first_page, shape[0] * shape[1] * dtype.itemsize)
        self._shape, self._dtype, self._pixel_size_um = shape, dtype, pixel_size_um
        self._description = text
        self._written = 0
        self._file = path.open("x+b", buffering=0)
        self._put(
            0, _HEADER.pack(b"II", 43, 8, 0, 0) + text.ljust(first_page - _HEADER.size, b"\0")
        )

    @classmethod
    def resume(cls, path: Path, pixel_size_um: float | None, description: str) -> TiffAppender:
        """Open a file that a `TiffAppender` began, to append where it stopped.

        Parameters
        ----------
        path : Path
            The file.
        pixel_size_um, description
            As it was begun with.

        Returns
        -------
        TiffAppender

        Raises
        ------
        TiffError
            If the file is not one of ours or was begun with another description.
        """
        with TiffPages(path) as pages:
            shape, dtype, layout, written = pages.shape, pages.dtype, pages.layout, len(pages)
        text = description.encode() + b"\0"
        if _aligned(_HEADER.size + len(text)) != layout.first_page:
            raise TiffError(f"{path} was begun with another description")
        self = cls.__new__(cls)
        self._layout, self._shape, self._dtype = layout, shape, dtype
        self._pixel_size_um, self._description, self._written = pixel_size_um, text, written
        self._file = path.open("r+b", buffering=0)
        self._put(_HEADER.size, text)
        self._point_description_to(_HEADER.size, len(text))
        self._put_count()
        return self

    @property
    def written(self) -> int:
        """Pages that are whole and linked."""
        return self._written

    def append(self, pixels: NDArray[PixelType]) -> None:
        """Write one page.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Of the file's shape and dtype, C-contiguous.

        Raises
        ------
        OSError
            If it can't be written; all earlier pages stay readable.
        """
        if pixels.shape != self._shape or pixels.dtype != self._dtype:
            raise ValueError(f"a page is {self._shape} {self._dtype}, not {pixels.shape}")
        position, layout = self._written, self._layout
        self._put(layout.page(position), np.ascontiguousarray(pixels).data.cast("B"))
        self._put(layout.directory(position), self._directory(position))
        self._put(layout.link_to(position), _POINTER.pack(layout.directory(position)))
        self._written = position + 1
        self._put_count()

    def close(self, description: str | None = None) -> None:
        """Close the file, with a fuller description if one is given. May be called more than once.

        Parameters
        ----------
        description : str, optional
            Stands in for the one that the file was begun with.
        """
        if self._file.closed:
            return
        try:
            if description is not None and self._written:
                text = description.encode() + b"\0"
                end = self._layout.page(self._written)
                self._put(end, text)
                self._point_description_to(end, len(text))
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _put(self, offset: int, content: bytes | memoryview) -> None:
        self._file.seek(offset)
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _put_count(self) -> None:
        found = _COUNT_IN_DESCRIPTION.search(self._description)
        if found:
            self._put(_HEADER.size + found.start(1), b"%010d" % self._written)

    def _point_description_to(self, offset: int, length: int) -> None:
        """Repoint the first page's description in one small write."""
        place = self._layout.directory(0) + 8
        for number in range(_TAGS_OF_A_PAGE + 1):
            self._file.seek(place + number * _ENTRY.size)
            if self._file.read(2) == struct.pack("<H", _DESCRIPTION_TAG):
                entry = _ENTRY.pack(_DESCRIPTION_TAG, _ASCII, length, _POINTER.pack(offset))
                self._put(place + number * _ENTRY.size, entry)
                return

    def _directory(self, position: int) -> bytes:
        height, width = self._shape
        if self._pixel_size_um:
            density = min(1e4 / self._pixel_size_um, float(_LARGEST_LONG))
            # Numerator and denominator have 32 bits each.
            largest = max(1, min(10_000, int(_LARGEST_LONG / density)))
            ratio = Fraction(density).limit_denominator(largest)
            resolution, unit = (min(ratio.numerator, _LARGEST_LONG), ratio.denominator), 3
        else:
            resolution, unit = (1, 1), 1
        tags: dict[int, tuple[int, tuple[int, ...]]] = {
            254: (_LONG, (0,)),
            256: (_LONG, (width,)),
            257: (_LONG, (height,)),
            258: (_SHORT, (8 * self._dtype.itemsize,)),
            259: (_SHORT, (1,)),
            262: (_SHORT, (1,)),
            _STRIP_OFFSETS_TAG: (_LONG8, (self._layout.page(position),)),
            277: (_SHORT, (1,)),
            278: (_LONG, (height,)),
            279: (_LONG8, (self._layout.pixel_bytes,)),
            282: (_RATIONAL, resolution),
            283: (_RATIONAL, resolution),
            296: (_SHORT, (unit,)),
            339: (_SHORT, (1,)),
        }
        entries = [
            _ENTRY.pack(tag, kind, 1, struct.pack(_VALUE_FORMATS[kind], *value))
            for tag, (kind, value) in tags.items()
        ]
        if position == 0:
            offset = _POINTER.pack(_HEADER.size)
            entry = _ENTRY.pack(_DESCRIPTION_TAG, _ASCII, len(self._description), offset)
            entries.insert(6, entry)
        return struct.pack("<Q", len(entries)) + b"".join(entries) + _POINTER.pack(0)


def has_page(path: Path) -> bool:
    """Whether a file that a `TiffAppender` began has a page yet."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    return len(header) == _HEADER.size and bool(_HEADER.unpack(header)[-1])


class TiffPages:
    """Reads back, page by page, what a `TiffAppender` has written or is still writing.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    TiffError
        If it is not a file of ours, or has no page.
    """

    def __init__(self, path: Path) -> None:
        self._file: io.FileIO = path.open("rb", buffering=0)
        try:
            self.shape, self.dtype, self.layout = self._read_layout(path)
        except (TiffError, struct.error) as error:
            self._file.close()
            raise TiffError(f"{path} is not a recording of pssr-live: {error}") from error

    def __enter__(self) -> TiffPages:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Pages that are linked now; found by bisection, since links are made in order."""
        low, high = 0, 1 + os.fstat(self._file.fileno()).st_size // self.layout.stride
        while low < high:
            middle = (low + high) // 2
            place = self.layout.link_to(middle)
            linked = self._at(place, _POINTER.size) == _POINTER.pack(self.layout.directory(middle))
            low, high = (middle + 1, high) if linked else (low, middle)
        return low

    def read_into(self, position: int, out: NDArray[PixelType]) -> None:
        """Read one page.

        Parameters
        ----------
        position : int
            Its number, from 0.
        out : ndarray, shape (H, W)
            Of the file's dtype, C-contiguous.

        Raises
        ------
        TiffError
            If the page is not there.
        """
        self._file.seek(self.layout.page(position))
        rest = out.data.cast("B")
        while rest:
            count = self._file.readinto(rest)
            if not count:
                raise TiffError(f"page {position} of {self._file.name!s} is not there")
            rest = rest[count:]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _read_layout(self, path: Path) -> tuple[tuple[int, int], np.dtype[PixelType], _Layout]:
        order, version, _, _, first = _HEADER.unpack(self._at(0, _HEADER.size))
        if (order, version) != (b"II", 43):
            raise TiffError("no little-endian BigTIFF")
        if not first:
            raise TiffError("it has no page")
        (count,) = _POINTER.unpack(self._at(first, 8))
        if not 1 <= count <= _TAGS_OF_A_PAGE + 1:
            raise TiffError("its first page has other tags")
        entries = self._at(first + 8, count * _ENTRY.size)
        values = {tag: raw for tag, _, _, raw in _ENTRY.iter_unpack(entries)}
        try:
            width, height, strip, pixel_bytes = (
                int.from_bytes(values[tag], "little") for tag in (256, 257, _STRIP_OFFSETS_TAG, 279)
            )
        except KeyError as missing:
            raise TiffError(f"tag {missing} is missing") from missing
        dtype: np.dtype[PixelType] = np.dtype(
            np.uint8 if pixel_bytes == width * height else np.uint16
        )
        layout = _Layout(strip, pixel_bytes)
        if width * height * dtype.itemsize != pixel_bytes or layout.directory(0) != first:
            raise TiffError(f"its pages are laid out otherwise ({path.name})")
        return (height, width), dtype, layout


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
