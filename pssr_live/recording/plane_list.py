"""OME-XML that is whole at every moment while lines are added to it for each frame."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from pssr_live.recording.ome import BLANK_LINE
from pssr_live.recording.page_lines import (
    blank_lines,
    is_whole,
    missing_line,
    place_line,
    read_place,
    time_line,
)
from pssr_live.recording.plane import Plane
from pssr_live.recording.tiff_layout import LINE_BYTES, LINE_BYTES_OF_SEVERAL, Block, TiffLayout

_PAGES_OF_ONE, _CHANNELS_END, _PLANES_END = b"<TiffData/>\n", b"/>\n", b"</Pixels>"
_SIZES = re.compile(rb'SizeC="(\d+)" SizeZ="(\d+)"')
_COUNT, _COUNT_OF_SLICES = b'SizeT="', b'SizeZ="'
_SLICES = b'SizeT="1" ' + _COUNT_OF_SLICES
_COUNT_BYTES = len('SizeT="9999999999"')
# While one line is used, four are copied to the next block, which has twice as many to fill while
# half of this one's are used.
_USED_PER_COPY = 16
_COPIED = 4 * _USED_PER_COPY

Put = Callable[[int, bytes], None]
Read = Callable[[int, int], bytes]
# When a page was acquired, in seconds since the first; None where that is not known.
TimeOf = Callable[[int], float | None]
# Where a page belongs; None where that is not known.
PlaneOf = Callable[[int], Plane | None]


class PlaneList:
    """What a file's OME-XML says of each page, with the words before and behind it.

    In a file of one stream page and time point are the same, and a ``Plane`` element says the time
    of each. In one of several streams ``TiffData`` elements before these say where each page
    belongs, and as long as there are planes without a page, one in front of them covers these: one
    plane of which nothing is said, and Bio-Formats doubts all. Blanks stand where lines are still
    to come: between elements they mean nothing in XML.

    Parameters
    ----------
    xml : bytes
        The OME-XML; planes in it are passed over. ``SizeT``, or ``SizeZ`` of a file whose pages
        are slices, has ten blanks or digits of room.
    pixel_bytes : int
        Bytes of a page.
    put : callable
        Writes bytes to a place in the file.
    read : callable
        Reads from a place in the file so many bytes.
    """

    def __init__(self, xml: bytes, pixel_bytes: int, *, put: Put, read: Read) -> None:
        self._head = head_of(xml)
        self._tail = xml[xml.index(_PLANES_END) :].rstrip(b"\0") + b"\0"
        self._put, self._read = put, read
        self._counted = counted_size(self._head)
        words = len(self._head) + len(self._tail)
        self.layout = TiffLayout.of(words, pixel_bytes, line_bytes_of(self._head))
        self._block, self._next = self.layout.block(0), self.layout.block(1)
        self._size = 1
        self._placed = 0

    @property
    def is_of_one(self) -> bool:
        """Whether the file is of one stream."""
        return len(self.layout.line_bytes) == 1

    @property
    def place(self) -> tuple[int, int]:
        """Where the OME-XML stands in the file, and its bytes with the closing zero."""
        lines = self._block.lines * sum(self.layout.line_bytes)
        return self._block.offset, len(self._head) + lines + len(self._tail)

    def begin(self) -> None:
        """Write the first block, for a file without pages."""
        self._put_words(self._block)
        for column, width in enumerate(self.layout.line_bytes):
            lines = blank_lines(width, self._block.lines)
            self._put(self._line(self._block, column, 0), lines)

    def resume(self, pages: int, time_of: TimeOf, plane_of: PlaneOf) -> None:
        """Make whole what a crash may have left, in a file that has so many pages.

        Parameters
        ----------
        pages : int
            Pages in the file; lines of further ones are blanked out.
        time_of : callable
            Asked for the time of each page whose line was lost.
        plane_of : callable
            Asked where each page belongs whose line was lost, in a file of several streams.
        """
        self._go_to(pages)
        block, widths = self._block, self.layout.line_bytes
        self._put_words(block)
        self._size, self._placed = 1, 0
        for first in range(0, block.lines, _COPIED):
            known = [self._lines(column, first) for column in range(len(widths))]
            mended = [
                self._mended(lines, position, time_of, plane_of=plane_of)
                if position < pages
                else [blank_lines(width) for width in widths]
                for position, lines in enumerate(zip(*known, strict=True), start=first)
            ]
            for column, lines in enumerate(zip(*mended, strict=True)):
                self._put(self._line(block, column, first), b"".join(lines))
        # All that would have been copied by now.
        for position in range(block.lines // 2, pages):
            self._prepare_next(position)
        self._count_in(block)

    def replace_notes(self, xml: bytes, pages: int) -> None:
        """Write other words behind the list of planes.

        Parameters
        ----------
        xml : bytes
            The OME-XML; what stands before the planes stays as it was.
        pages : int
            Pages in the file.

        Raises
        ------
        ValueError
            If they take more room than there is.
        """
        tail = xml[xml.index(_PLANES_END) :].rstrip(b"\0 ")
        if len(tail) >= len(self._tail):
            raise ValueError("the notes are longer than they were")
        self._tail = tail.ljust(len(self._tail) - 1) + b"\0"
        self._put_tail(self._block)
        if pages > self._block.lines // 2:
            self._put_tail(self._next)

    def grow(self, position: int) -> None:
        """Go over to the next block if this one has no line for a page."""
        if position >= self._block.lines:
            self._count_in(self._next)
            self._go_on()

    def count(self, plane: Plane) -> None:
        """Write down that the file reaches to the time point of a page."""
        self._size = max(self._size, plane.time_point + 1)
        self._count_in(self._block)

    def add(self, position: int, plane: Plane, time_s: float) -> None:
        """Write a page's lines; the page before it has its own, and no two belong to one place.

        Parameters
        ----------
        position : int
            Of the page.
        plane : Plane
            Where it belongs.
        time_s : float
            When it was acquired, in seconds since the first; left out if it is not a number.
        """
        lines = self._words(position, plane, time_s)
        # Where a page belongs is said last: whoever finds that finds all.
        for column in reversed(range(len(lines))):
            self._put(self._line(self._block, column, position), lines[column])
        if position >= self._block.lines // 2:
            for column, line in enumerate(lines):
                self._put(self._line(self._next, column, position), line)
            self._prepare_next(position)
        self._placed += 1
        if not self.is_of_one and self._placed == self._promised:
            self._count_in(self._block)

    @property
    def _promised(self) -> int:
        """Planes that the OME-XML promises."""
        sizes = _SIZES.search(self._head)
        return self._size * math.prod(map(int, sizes.groups())) if sizes else 0

    def _go_to(self, pages: int) -> None:
        while self._block.lines < pages:
            self._go_on()

    def _go_on(self) -> None:
        self._block, self._next = self._next, self.layout.block(self._next.number + 1)

    def _prepare_next(self, position: int) -> None:
        """Fill a further part of the next block, when a line of this one has been used."""
        used = position - self._block.lines // 2
        if used % _USED_PER_COPY:
            return
        if not used:
            self._put_words(self._next)
        line = 4 * used
        for column, width in enumerate(self.layout.line_bytes):
            lines = blank_lines(width, _COPIED)
            if line < self._block.lines:
                lines = self._read(self._line(self._block, column, line), len(lines))
            self._put(self._line(self._next, column, line), lines)

    def _mended(
        self, lines: tuple[bytes, ...], position: int, time_of: TimeOf, *, plane_of: PlaneOf
    ) -> list[bytes]:
        """Write a page's lines anew where they are broken; blank where nothing is known."""
        plane = (
            Plane(time_point=position)
            if self.is_of_one
            else read_place(lines[0], position) or plane_of(position)
        )
        if plane is None:
            return [blank_lines(width) for width in self.layout.line_bytes]
        self._size = max(self._size, plane.time_point + 1)
        self._placed += 1
        width = self.layout.line_bytes[-1]
        *places, _ = self._words(position, plane, math.nan)
        if is_whole(lines[-1], width):
            return [*places, lines[-1]]
        time_s = time_of(position)
        return [
            *places,
            blank_lines(width) if time_s is None else self._words(position, plane, time_s)[-1],
        ]

    def _words(self, position: int, plane: Plane, time_s: float) -> list[bytes]:
        *for_places, for_time = self.layout.line_bytes
        if self._counted == _COUNT_OF_SLICES:
            plane = Plane(z=plane.time_point)
        places = [place_line(position, plane, width) for width in for_places]
        return [*places, time_line(plane, time_s, for_time)]

    def _count_in(self, block: Block) -> None:
        """Write how many time points there are, and whether all planes have their pages."""
        start = self._head.index(self._counted)
        words = (self._counted + b'%d"' % self._size).ljust(_COUNT_BYTES)
        if not self.is_of_one:
            width, promised = len(BLANK_LINE), self._promised
            missing = missing_line(promised, width)
            between = self._head[start + len(words) : -width]
            words += between + (missing if self._placed < promised else blank_lines(width))
        self._put(block.offset + start, words)

    def _put_words(self, block: Block) -> None:
        self._put(block.offset, self._head)
        self._put_tail(block)

    def _put_tail(self, block: Block) -> None:
        lines = block.lines * sum(self.layout.line_bytes)
        self._put(block.offset + len(self._head) + lines, self._tail)

    def _lines(self, column: int, first: int) -> list[bytes]:
        """Read some lines that stand one below the other."""
        width = self.layout.line_bytes[column]
        read = self._read(self._line(self._block, column, first), _COPIED * width)
        return [read[start : start + width] for start in range(0, _COPIED * width, width)]

    def _line(self, block: Block, column: int, position: int) -> int:
        columns = block.lines * sum(self.layout.line_bytes[:column])
        within = columns + position * self.layout.line_bytes[column]
        return block.offset + len(self._head) + within


def head_of(xml: bytes) -> bytes:
    """Return what stands before the lines of the pages.

    Raises
    ------
    ValueError
        If it is not an OME-XML of ours.
    """
    if _PAGES_OF_ONE in xml:
        return xml[: xml.index(_PAGES_OF_ONE) + len(_PAGES_OF_ONE)]
    return xml[: xml.index(_CHANNELS_END) + len(_CHANNELS_END) + len(BLANK_LINE)]


def counted_size(xml: bytes) -> bytes:
    """Return which size of the OME-XML is the number of pages: time, or depth of a stack."""
    return _COUNT_OF_SLICES if _SLICES in xml else _COUNT


def line_bytes_of(xml: bytes) -> tuple[int, ...]:
    """Return the bytes of each of the lines that OME-XML has for a page."""
    return LINE_BYTES if _PAGES_OF_ONE in xml else LINE_BYTES_OF_SEVERAL
