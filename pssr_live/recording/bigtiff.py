"""A BigTIFF that grows by one page at a time and is whole after each of them.

All pages have one size, so page k stands at a place that can be computed: appending, reading back
and going on after a crash cost the same for the first page and for the millionth. A page is written
first and linked last; a killed process leaves every linked page readable, and nothing half-written
in the chain. The layout is that of the TIFF 6.0 specification with the BigTIFF extension (64-bit
offsets), one strip a page.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Container
from contextlib import suppress
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live.recording.ome import XML_BEGINS, ImageDescription
from pssr_live.recording.open_file import check_length, close_whole, cut_short, length_of
from pssr_live.recording.plane import Plane
from pssr_live.recording.plane_list import PlaneList, PlaneOf, TimeOf
from pssr_live.recording.tiff_layout import (
    ENTRY,
    HEADER,
    POINTER,
)
from pssr_live.recording.tiff_pages import (
    DESCRIPTION_TAG,
    STRIP_OFFSETS_TAG,
    TAGS_BEFORE_DESCRIPTION,
    BigTiffPages,
    Resolution,
    TiffError,
    place_of_description,
)

_ASCII, _SHORT, _LONG, _RATIONAL, _LONG8 = 2, 3, 4, 5, 16
_VALUE_FORMATS = {_SHORT: "<H6x", _LONG: "<I4x", _RATIONAL: "<II", _LONG8: "<Q"}
_LARGEST_LONG = 2**32 - 1
# Bytes of our OME-XML in which its creator is named.
_CREATOR_WITHIN = 512


def _unknown(position: int) -> None:
    """Know no page's time."""
    del position


class TiffAppender:
    """Writes pages of one shape and dtype to a file, each readable as soon as it is written.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    about : ImageDescription
        What its pages are, and what it says of itself. The number of planes in the OME-XML, and the
        list of them, are kept up with the pages.

    Raises
    ------
    OSError
        If the file exists or can't be written.
    """

    def __init__(self, path: Path, about: ImageDescription) -> None:
        self._shape, self._dtype = about.shape, about.dtype
        pixel_bytes = math.prod(self._shape) * self._dtype.itemsize
        xml = about.to_xml().encode()
        self._planes = PlaneList(xml, pixel_bytes, put=self._put, read=self._at)
        self._described = self._planes.place
        self._layout = self._planes.layout
        self._resolution = _resolution(about.pixel_size_um)
        self._written = 0
        self._file = path.open("x+b", buffering=0)
        try:
            self._put(0, HEADER.pack(b"II", 43, 8, 0, 0))
            self._planes.begin()
            self._length = length_of(self._file)
        except OSError:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    @classmethod
    def resume(
        cls,
        path: Path,
        *,
        keep: int | None = None,
        keep_planes: Container[Plane] | None = None,
        notes_of: str | None = None,
        time_of: TimeOf = _unknown,
        plane_of: PlaneOf | None = None,
    ) -> TiffAppender:
        """Open a file that a `TiffAppender` began, to append where it stopped.

        Parameters
        ----------
        path : Path
            The file.
        keep : int, optional
            Pages to keep, at least one; those after them are let go.
        keep_planes : container of Plane, optional
            Planes to keep, in a file of several streams: the first page that is of another one is
            let go, with all that follow.
        notes_of : str, optional
            OME-XML whose notes take the place of the file's, once nothing is left of the pages that
            are let go.
        time_of : callable
            Told a page's position, says when it was acquired in seconds since the first; asked
            where a kill came between a page and its line in the OME-XML.
        plane_of : callable, optional
            Told a page's position, says where it belongs; asked where a kill came between a page
            and its line, in a file of several streams. Where nobody knows, the page is let go, with
            all that follow.

        Returns
        -------
        TiffAppender

        Raises
        ------
        TiffError
            If the file is not one of ours.
        """
        with BigTiffPages(path) as pages:
            self = cls.__new__(cls)
            self._layout, self._shape, self._dtype = pages.layout, pages.shape, pages.dtype
            self._resolution = pages.resolution
            there, xml = len(pages), pages.xml
            kept = there if keep is None else min(keep, there)
            if not pages.is_of_one and (plane_of is None or keep_planes is not None):
                kept = min(kept, _placed(pages, keep_planes))
        if not there:
            raise TiffError(f"the first page of {path} is cut off")
        self._written = kept
        try:
            self._planes = PlaneList(xml, self._layout.pixel_bytes, put=self._put, read=self._at)
        except ValueError as error:
            raise TiffError(f"the OME-XML in {path} is damaged") from error
        self._file = path.open("r+b", buffering=0)
        try:
            self._planes.resume(self._written, time_of, plane_of or _unknown)
            self._point_to_description()
            # From the last on: whoever looks meanwhile finds all before it linked, and none behind.
            for position in reversed(range(self._written, there)):
                self._put(self._layout.link_to(position), POINTER.pack(0))
            if notes_of is not None:
                self._planes.replace_notes(notes_of.encode(), self._written)
            self._length = length_of(self._file)
        except (OSError, ValueError):
            self._file.close()
            raise
        return self

    @property
    def written(self) -> int:
        """Pages that are whole and linked."""
        return self._written

    def append(self, pixels: NDArray[PixelType], time_s: float, plane: Plane | None = None) -> None:
        """Write one page.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Of the file's shape and dtype, C-contiguous.
        time_s : float
            When it was acquired, in seconds since the first.
        plane : Plane, optional
            Where it belongs, in a file of several streams; of one stream it is the next.

        Raises
        ------
        OSError
            If it can't be written; all earlier pages stay readable, and it can be tried again.
        """
        check_length(self._file, self._length)
        if pixels.shape != self._shape or pixels.dtype != self._dtype:
            raise ValueError(f"a page is {self._shape} {self._dtype}, not {pixels.shape}")
        position, layout = self._written, self._layout
        if self._planes.is_of_one:
            plane = Plane(time_point=position)
        elif plane is None:
            raise ValueError("a page of several streams belongs somewhere")
        self._planes.grow(position)
        if self._planes.place != self._described:
            self._point_to_description()
        try:
            self._put(layout.page(position), np.ascontiguousarray(pixels).data.cast("B"))
            self._put(layout.directory(position), self._directory(position))
        except OSError:
            with suppress(OSError):
                # On a full disk half a page would only take the room of something else.
                self._file.truncate(layout.page(position))
            raise
        # OME-XML without a word on where any page belongs is not valid.
        described_first = not position and not self._planes.is_of_one
        if described_first:
            self._planes.count(plane)
            self._planes.add(position, plane, time_s)
        self._put(layout.link_to(position), POINTER.pack(layout.directory(position)))
        if not described_first:
            self._planes.count(plane)
            self._planes.add(position, plane, time_s)
        self._check_whole(position)
        self._length = length_of(self._file)
        self._written = position + 1

    def close(self) -> None:
        """Force what was written to the disk and close the file. May be called more than once."""
        close_whole(self._file, self._length)

    def _check_whole(self, position: int) -> None:
        """Make sure that nobody has cut the file short while a page was written to it."""
        check_length(self._file, self._layout.link_to(position + 1) + POINTER.size)
        before = self._layout.directory(position - 1) if position else 0
        if not any(self._at(before, POINTER.size)):
            # Written behind its end, the page has left a hole in front of it.
            raise cut_short(self._file)

    def _put(self, offset: int, content: bytes | memoryview) -> None:
        self._file.seek(offset)
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _point_to_description(self) -> None:
        """Repoint the first page's description in one small write."""
        self._put(place_of_description(self._layout), self._description_entry())
        self._described = self._planes.place

    def _description_entry(self) -> bytes:
        offset, length = self._planes.place
        return ENTRY.pack(DESCRIPTION_TAG, _ASCII, length, POINTER.pack(offset))

    def _directory(self, position: int) -> bytes:
        height, width = self._shape
        resolution, unit = self._resolution
        tags: dict[int, tuple[int, tuple[int, ...]]] = {
            254: (_LONG, (0,)),
            256: (_LONG, (width,)),
            257: (_LONG, (height,)),
            258: (_SHORT, (8 * self._dtype.itemsize,)),
            259: (_SHORT, (1,)),
            262: (_SHORT, (1,)),
            STRIP_OFFSETS_TAG: (_LONG8, (self._layout.page(position),)),
            277: (_SHORT, (1,)),
            278: (_LONG, (height,)),
            279: (_LONG8, (self._layout.pixel_bytes,)),
            282: (_RATIONAL, resolution),
            283: (_RATIONAL, resolution),
            296: (_SHORT, (unit,)),
            339: (_SHORT, (1,)),
        }
        entries = [
            ENTRY.pack(tag, kind, 1, struct.pack(_VALUE_FORMATS[kind], *value))
            for tag, (kind, value) in tags.items()
        ]
        if position == 0:
            entries.insert(TAGS_BEFORE_DESCRIPTION, self._description_entry())
        return struct.pack("<Q", len(entries)) + b"".join(entries) + POINTER.pack(0)


def is_without_page(path: Path) -> bool:
    """Whether a file is what a `TiffAppender` leaves that was killed before its first page.

    Nothing is lost with such a file. Another program's is none, whatever it holds.
    """
    with path.open("rb") as file:
        begin = file.read(HEADER.size + _CREATOR_WITHIN)
    header, xml = begin[: HEADER.size], begin[HEADER.size :]
    if not HEADER.pack(b"II", 43, 8, 0, 0).startswith(header):
        return False
    return b'Creator="pssr-live ' in xml or (
        len(xml) < _CREATOR_WITHIN and XML_BEGINS.encode().startswith(xml[: len(XML_BEGINS)])
    )


def _placed(pages: BigTiffPages, among: Container[Plane] | None) -> int:
    """Count the first pages of which it is known where they belong, and that it is there."""
    return sum(
        1
        for _ in takewhile(
            lambda plane: plane is not None and (among is None or plane in among), pages.planes()
        )
    )


def _resolution(pixel_size_um: float | None) -> Resolution:
    if not pixel_size_um:
        return (1, 1), 1
    density = min(1e4 / pixel_size_um, float(_LARGEST_LONG))
    # Numerator and denominator have 32 bits each.
    largest = max(1, min(10_000, int(_LARGEST_LONG / density)))
    ratio = Fraction(density).limit_denominator(largest)
    return (min(ratio.numerator, _LARGEST_LONG), ratio.denominator), 3
