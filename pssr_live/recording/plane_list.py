"""OME-XML that is whole at every moment while a line is added to it for each frame."""

from __future__ import annotations

from collections.abc import Callable

from pssr_live.recording.tiff_layout import LINE_BYTES, Block, Layout

_PLANES_BEGIN, _PLANES_END = b"<TiffData/>\n", b"</Pixels>"
_COUNT = b'SizeT="'
_COUNT_BYTES = len('SizeT="9999999999"')
_BLANK_LINE = b" " * (LINE_BYTES - 1) + b"\n"
# While one line is used, four are copied to the next block, which has twice as many to fill while
# half of this one's are used.
_USED_PER_COPY = 16
_COPIED = 4 * _USED_PER_COPY
_LONGEST_TIME = 1e12

Put = Callable[[int, bytes], None]
Read = Callable[[int, int], bytes]
# When a page was acquired, in seconds since the first; None where that is not known.
TimeOf = Callable[[int], float | None]


class PlaneList:
    """The ``Plane`` elements of a file's OME-XML, with the words before and behind them.

    Blanks stand where lines are still to come: between elements they mean nothing in XML.

    Parameters
    ----------
    xml : bytes
        The OME-XML; planes in it are passed over. ``SizeT`` has ten blanks or digits of room.
    pixel_bytes : int
        Bytes of a page.
    put : callable
        Writes bytes to a place in the file.
    read : callable
        Reads from a place in the file so many bytes.
    """

    def __init__(self, xml: bytes, pixel_bytes: int, *, put: Put, read: Read) -> None:
        self._head = xml[: xml.index(_PLANES_BEGIN) + len(_PLANES_BEGIN)]
        self._tail = xml[xml.index(_PLANES_END) :].rstrip(b"\0") + b"\0"
        self._put, self._read = put, read
        self.layout = Layout.of(len(self._head) + len(self._tail), pixel_bytes)
        self._block, self._next = self.layout.block(0), self.layout.block(1)

    @property
    def place(self) -> tuple[int, int]:
        """Where the OME-XML stands in the file, and its bytes with the closing zero."""
        lines = self._block.lines * LINE_BYTES
        return self._block.offset, len(self._head) + lines + len(self._tail)

    def begin(self) -> None:
        """Write the first block, for a file without pages."""
        self._put_words(self._block)
        self._put(self._line(self._block, 0), _BLANK_LINE * self._block.lines)

    def resume(self, planes: int, time_of: TimeOf) -> None:
        """Make whole what a crash may have left, in a file that has so many pages.

        Parameters
        ----------
        planes : int
            Pages in the file; lines of further ones are blanked out.
        time_of : callable
            Asked for the time of each page whose line was lost.
        """
        while self._block.lines < planes:
            self._go_on()
        block = self._block
        self._put_words(block)
        for first in range(0, block.lines, _COPIED):
            known = self._read(self._line(block, first), _COPIED * LINE_BYTES)
            self._put(self._line(block, first), _mended(known, first, planes, time_of))
        # All that would have been copied by now.
        for position in range(block.lines // 2, planes):
            self._prepare_next(position)
        self.count(max(1, planes))

    def replace_notes(self, xml: bytes, planes: int) -> None:
        """Write other words behind the list of planes.

        Parameters
        ----------
        xml : bytes
            The OME-XML; what stands before the planes stays as it was.
        planes : int
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
        self._put(self._line(self._block, self._block.lines), self._tail)
        if planes > self._block.lines // 2:
            self._put(self._line(self._next, self._next.lines), self._tail)

    def grow(self, position: int) -> None:
        """Go over to the next block if this one has no line for a page."""
        if position >= self._block.lines:
            self._count_in(self._next, position)
            self._go_on()

    def count(self, pages: int) -> None:
        """Write down how many pages the file has."""
        self._count_in(self._block, pages)

    def add(self, position: int, time_s: float) -> None:
        """Write a page's line; the page before it has one.

        Parameters
        ----------
        position : int
            Of the page.
        time_s : float
            When it was acquired, in seconds since the first; left out if it is no number.
        """
        line = _plane(position, time_s)
        self._put(self._line(self._block, position), line)
        if position >= self._block.lines // 2:
            self._put(self._line(self._next, position), line)
            self._prepare_next(position)

    def _go_on(self) -> None:
        self._block, self._next = self._next, self.layout.block(self._next.number + 1)

    def _prepare_next(self, position: int) -> None:
        """Fill a further part of the next block, when a line of this one has been used."""
        used = position - self._block.lines // 2
        if used % _USED_PER_COPY:
            return
        if not used:
            self._put_words(self._next)
        line, lines = 4 * used, _BLANK_LINE * _COPIED
        if line < self._block.lines:
            lines = self._read(self._line(self._block, line), _COPIED * LINE_BYTES)
        self._put(self._line(self._next, line), lines)

    def _count_in(self, block: Block, pages: int) -> None:
        words = _COUNT + b'%d"' % pages
        self._put(block.offset + self._head.index(_COUNT), words.ljust(_COUNT_BYTES))

    def _put_words(self, block: Block) -> None:
        self._put(block.offset, self._head)
        self._put(self._line(block, block.lines), self._tail)

    def _line(self, block: Block, position: int) -> int:
        return block.offset + len(self._head) + position * LINE_BYTES


def _plane(position: int, time_s: float) -> bytes:
    # Neither infinity nor what is no number is below it.
    time = f' DeltaT="{time_s:.6f}"' if abs(time_s) < _LONGEST_TIME else ""
    plane = f'<Plane TheZ="0" TheT="{position}" TheC="0"{time}/>'.encode()
    return plane.ljust(LINE_BYTES - 1) + b"\n"


def _mended(lines: bytes, first: int, planes: int, time_of: TimeOf) -> bytes:
    """Write lines anew that a kill or a power cut left without words; blank where none is known."""
    parts = [lines[start : start + LINE_BYTES] for start in range(0, len(lines), LINE_BYTES)]
    kept = [_mended_line(part, first + place, planes, time_of) for place, part in enumerate(parts)]
    return b"".join(kept).ljust(_COPIED * LINE_BYTES)


def _mended_line(line: bytes, position: int, planes: int, time_of: TimeOf) -> bytes:
    if position >= planes:
        return _BLANK_LINE
    if len(line) == LINE_BYTES and line[-1:] == b"\n" and b"\0" not in line and line.strip():
        return line
    time_s = time_of(position)
    return _BLANK_LINE if time_s is None else _plane(position, time_s)
