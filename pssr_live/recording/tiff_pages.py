"""Pages of a BigTIFF of ours, read back also while it is being written."""

from __future__ import annotations

import io
import os
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live.recording.page_lines import read_place, read_places
from pssr_live.recording.plane import Plane
from pssr_live.recording.plane_list import counted_size, head_of, line_bytes_of
from pssr_live.recording.tiff_layout import ENTRY, HEADER, POINTER, TAGS_OF_A_PAGE, TiffLayout

DESCRIPTION_TAG, STRIP_OFFSETS_TAG = 270, 273
TAGS_BEFORE_DESCRIPTION = 6
# Bytes of our OME-XML in which the pages' lines begin.
_LARGEST_HEAD = 2**20

# Pixels per unit as a fraction, and the unit's number.
Resolution = tuple[tuple[int, int], int]


class TiffError(Exception):
    """A file that was not written by `TiffAppender`, or is damaged."""


class BigTiffPages:
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
        self._head_bytes = 0
        try:
            self._read_first_page()
        except (TiffError, struct.error) as error:
            self._file.close()
            why = "it was cut short" if isinstance(error, struct.error) else error
            raise TiffError(f"{path} is not a recording of pssr-live: {why}") from error

    def __enter__(self) -> BigTiffPages:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Pages that are linked now; found by bisection, since links are made in order."""
        size = os.fstat(self._file.fileno()).st_size
        low, high = 0, 1 + size // self.layout.stride
        while low < high:
            middle = (low + high) // 2
            place = self.layout.link_to(middle)
            linked = self._at(place, POINTER.size) == POINTER.pack(self.layout.directory(middle))
            # A file that was cut off elsewhere, in copying say, may link a page that is not whole.
            whole = linked and self.layout.link_to(middle + 1) + POINTER.size <= size
            low, high = (middle + 1, high) if whole else (low, middle)
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

    @property
    def xml(self) -> bytes:
        """The OME-XML with the planes there are now."""
        offset, length = self._place_of_xml()
        return self._at(offset, min(length, os.fstat(self._file.fileno()).st_size))

    @property
    def is_of_one(self) -> bool:
        """Whether all pages are of one stream, and page k is time point k."""
        return len(self.layout.line_bytes) == 1

    def plane(self, position: int) -> Plane | None:
        """Where a page belongs; None where a kill has left no line that says it."""
        if self.is_of_one:
            return Plane(time_point=position)
        offset, _ = self._place_of_xml()
        width = self.layout.line_bytes[0]
        return read_place(self._at(offset + self._head_bytes + position * width, width), position)

    def planes(self) -> list[Plane | None]:
        """Where each page that is linked now belongs, see `plane`."""
        count = len(self)
        if self.is_of_one:
            return [Plane(time_point=position) for position in range(count)]
        known = read_places(self.xml)
        return [known.get(position) for position in range(count)]

    @property
    def are_all_described(self) -> bool:
        """Whether the OME-XML has the number of pages, and lines for each of them.

        A kill between a page and its lines leaves it one short; `TiffAppender.resume` mends it.
        """
        count, xml = len(self), self.xml
        if xml.count(b"<Plane ") != count:
            return False
        if self.is_of_one:
            return counted_size(xml) + b'%d"' % count in xml
        return len(read_places(xml)) == count

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _place_of_xml(self) -> tuple[int, int]:
        entry = self._at(place_of_description(self.layout), ENTRY.size)
        _, _, length, place = ENTRY.unpack(entry)
        (offset,) = POINTER.unpack(place)
        return offset, length

    def _read_first_page(self) -> None:
        order, version, _, _, first = HEADER.unpack(self._at(0, HEADER.size))
        if (order, version) != (b"II", 43):
            raise TiffError("it is not a little-endian BigTIFF")
        if not first:
            raise TiffError("it has no page")
        (count,) = POINTER.unpack(self._at(first, 8))
        if count != TAGS_OF_A_PAGE + 1:
            raise TiffError("its first page has other tags")
        entries = self._at(first + 8, count * ENTRY.size)
        values = {tag: raw for tag, _, _, raw in ENTRY.iter_unpack(entries)}
        try:
            width, height, strip, pixel_bytes, unit = (
                int.from_bytes(values[tag], "little")
                for tag in (256, 257, STRIP_OFFSETS_TAG, 279, 296)
            )
            numerator, denominator = struct.unpack("<II", values[282])
        except KeyError as missing:
            raise TiffError(f"tag {missing} is missing") from missing
        self.shape = (height, width)
        self.dtype: np.dtype[PixelType] = np.dtype(
            np.uint8 if pixel_bytes == width * height else np.uint16
        )
        self.layout = TiffLayout(strip, pixel_bytes)
        self.resolution = (numerator, denominator), unit
        if width * height * self.dtype.itemsize != pixel_bytes or (
            self.layout.directory(0) != first
        ):
            raise TiffError("its pages are laid out otherwise")
        offset, length = self._place_of_xml()
        with suppress(ValueError):
            head = head_of(self._at(offset, min(length, _LARGEST_HEAD)))
            self._head_bytes = len(head)
            self.layout = self.layout._replace(line_bytes=line_bytes_of(head))


def place_of_description(layout: TiffLayout) -> int:
    """Where the first page says where the OME-XML stands."""
    return layout.directory(0) + 8 + TAGS_BEFORE_DESCRIPTION * ENTRY.size
