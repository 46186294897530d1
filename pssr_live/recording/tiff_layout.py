"""Where everything stands in a BigTIFF of ours: pages of one size, and OME-XML that grows.

::

    header │ XML block 0 │ page 0 … page 127 │ XML block 1 │ page 128 … 255 │ XML block 2 │ …

The OME-XML of a TIFF is one piece of text, and it has a line, or two, for each page. It stands in a
block with room for those of so many pages; the next block has room for twice as many and is filled,
a few lines a page, while the pages behind it are written. So the place of every page can be
computed, and no page, and not the closing of the file, costs more than another.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

HEADER = struct.Struct("<2sHHHQ")
ENTRY = struct.Struct("<HHQ8s")
POINTER = struct.Struct("<Q")
TAGS_OF_A_PAGE = 14
# What the OME-XML has to say of a page: its time; where several streams share a file, first where
# it belongs.
LINE_BYTES = (80,)
LINE_BYTES_OF_SEVERAL = (96, 96)
LINES_OF_FIRST_BLOCK = 256
_LINK_IN_HEADER = 8
_ALIGNMENT = 16


class Block(NamedTuple):
    """A place for the OME-XML.

    Attributes
    ----------
    number : int
        From 0.
    offset : int
        In the file.
    lines : int
        Pages that it has room for.
    size : int
        Bytes.
    """

    number: int
    offset: int
    lines: int
    size: int


class TiffLayout(NamedTuple):
    """Places in a file whose pages are all alike.

    Attributes
    ----------
    first_page : int
        Where the first page stands, behind the header and the first XML block.
    pixel_bytes : int
        Bytes of a page's pixels.
    line_bytes : tuple of int
        Bytes of each of the lines that the OME-XML has for a page.
    """

    first_page: int
    pixel_bytes: int
    line_bytes: tuple[int, ...] = LINE_BYTES

    @classmethod
    def of(
        cls, xml_bytes: int, pixel_bytes: int, line_bytes: tuple[int, ...] = LINE_BYTES
    ) -> TiffLayout:
        """Lay out a file whose OME-XML has so many bytes without its lines."""
        first_block = aligned(xml_bytes + LINES_OF_FIRST_BLOCK * sum(line_bytes))
        return cls(HEADER.size + first_block, pixel_bytes, line_bytes)

    @property
    def directory_in_page(self) -> int:
        """Where a page's directory stands in it: behind the pixels."""
        return aligned(self.pixel_bytes)

    @property
    def stride(self) -> int:
        """Bytes of a page."""
        directory_bytes = 8 + (TAGS_OF_A_PAGE + 1) * ENTRY.size + POINTER.size
        return self.directory_in_page + aligned(directory_bytes)

    def page(self, position: int) -> int:
        """Where a page stands."""
        # Block n stands in front of page 64 x 2^n: half of the lines before it are in use by then.
        blocks = max(0, (4 * position // LINES_OF_FIRST_BLOCK).bit_length() - 1)
        # Blocks 1 … n have room for (2 + 4 + … + 2^n) x 256 lines.
        further_lines = ((2 << blocks) - 2 - blocks) * LINES_OF_FIRST_BLOCK
        between = blocks * (self.first_page - HEADER.size) + further_lines * sum(self.line_bytes)
        return self.first_page + position * self.stride + between

    def directory(self, position: int) -> int:
        """Where a page's directory stands."""
        return self.page(position) + self.directory_in_page

    def link_to(self, position: int) -> int:
        """Where the pointer to a page's directory stands."""
        if position == 0:
            return _LINK_IN_HEADER
        entries = TAGS_OF_A_PAGE + (position == 1)
        return self.directory(position - 1) + 8 + entries * ENTRY.size

    def block(self, number: int) -> Block:
        """The place for the OME-XML that is used once the ones before it are full."""
        size, lines = self._block_size(number), LINES_OF_FIRST_BLOCK << number
        offset = self.page(lines // 4) - size if number else HEADER.size
        return Block(number, offset, lines, size)

    def _block_size(self, number: int) -> int:
        further_lines = (LINES_OF_FIRST_BLOCK << number) - LINES_OF_FIRST_BLOCK
        return self.first_page - HEADER.size + further_lines * sum(self.line_bytes)


def aligned(size: int) -> int:
    """Round up to where a page or directory may begin."""
    return -(-size // _ALIGNMENT) * _ALIGNMENT
