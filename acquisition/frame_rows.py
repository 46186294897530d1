"""The raw columns of a recording's frames.csv: numbers and times of its frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

TABLE_FILE = "frames.csv"
RAW_COLUMNS = ("position", "index", "acquired_s", "received_s", "lost_before")


@dataclass(frozen=True, slots=True)
class FrameRow:
    """What is known of a raw frame.

    Attributes
    ----------
    index : int
        The source's own number.
    acquired_s : float
        Seconds on the source's clock.
    received_s : float
        Seconds since the recording began.
    lost_before : int
        Frames missing between the one before and this one.
    """

    index: int
    acquired_s: float
    received_s: float
    lost_before: int


def read_rows(path: Path) -> Iterator[FrameRow]:
    """Read the raw columns of frames.csv; a line cut off by a crash ends it.

    Parameters
    ----------
    path : Path
        The table; none there gives no rows.

    Yields
    ------
    FrameRow
    """
    for line in islice(whole_lines(path), 1, None):
        try:
            yield parse_row(line)
        except ValueError:
            return


def whole_lines(path: Path) -> Iterator[str]:
    """Read the lines of frames.csv as they are, its header first; one cut off by a crash ends it.

    Parameters
    ----------
    path : Path
        The table; none there gives no lines.

    Yields
    ------
    str
    """
    try:
        file = path.open(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return
    with file:
        length = 0
        for line in file:
            length = length or len(line)
            if len(line) != length or not line.endswith("\n"):
                return
            yield line


def parse_row(line: str) -> FrameRow:
    """Read the raw columns of one line of frames.csv.

    Raises
    ------
    ValueError
        If it is no such line.
    """
    _, index, acquired, received, lost = line.split(",")[: len(RAW_COLUMNS)]
    return FrameRow(int(index), float(acquired), float(received), int(lost))
