"""What the OME-XML says of a page: where it belongs and when it was acquired, in fixed widths."""

from __future__ import annotations

import re

from acquisition.images import NO_PAGE
from pssr_live.recording.plane import Plane

_LONGEST_TIME = 1e12
_TIFF_DATA = re.compile(
    rb'<TiffData IFD="(\d+)" FirstC="(\d+)" FirstZ="(\d+)" FirstT="(\d+)" PlaneCount="1"/> *\n'
)


def blank_lines(width: int, count: int = 1) -> bytes:
    """Return lines without words: between elements they mean nothing in XML."""
    return (b" " * (width - 1) + b"\n") * count


def place_line(position: int, plane: Plane, width: int) -> bytes:
    """Say where a page belongs."""
    words = (
        f'<TiffData IFD="{position}" FirstC="{plane.channel}" FirstZ="{plane.z}" '
        f'FirstT="{plane.time_point}" PlaneCount="1"/>'
    )
    return _in_width(words, width)


def missing_line(planes: int, width: int) -> bytes:
    """Say that planes have no page unless another line says it, for readers that count on all.

    Parameters
    ----------
    planes : int
        All that the file promises.
    width : int
        Of the line.
    """
    words = f'<TiffData IFD="{NO_PAGE}" FirstC="0" FirstZ="0" FirstT="0" PlaneCount="{planes}"/>'
    return _in_width(words, width)


def time_line(plane: Plane, time_s: float, width: int) -> bytes:
    """Say when a plane was acquired, unless that is not a number."""
    # Neither infinity nor what is not a number is below it.
    time = f' DeltaT="{time_s:.6f}"' if abs(time_s) < _LONGEST_TIME else ""
    words = f'<Plane TheZ="{plane.z}" TheT="{plane.time_point}" TheC="{plane.channel}"{time}/>'
    return _in_width(words, width)


def read_place(line: bytes, position: int) -> Plane | None:
    """Read where a page belongs; None where a kill or a power cut has left no such line of it."""
    found = _TIFF_DATA.fullmatch(line)
    if found is None:
        return None
    page, channel, z, time_point = map(int, found.groups())
    return Plane(channel, z, time_point) if page == position else None


def read_places(xml: bytes) -> dict[int, Plane]:
    """Read where the pages belong of which OME-XML has such a line, by their positions."""
    found = (map(int, one.groups()) for one in _TIFF_DATA.finditer(xml))
    return {page: Plane(channel, z, time_point) for page, channel, z, time_point in found}


def is_whole(line: bytes, width: int) -> bool:
    """Whether a kill or a power cut has left a line as it was written."""
    whole = len(line) == width and line.endswith(b"\n") and b"\0" not in line
    return whole and bool(line.strip())


def _in_width(words: str, width: int) -> bytes:
    return words.encode().ljust(width - 1) + b"\n"
