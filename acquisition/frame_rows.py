"""The raw columns of a recording's frames.csv: numbers and times of its frames."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from acquisition.errors import SourceError

TABLE_FILE = "frames.csv"
RAW_COLUMNS = ("position", "index", "acquired_s", "received_s", "lost_before")
# Behind these where there are several streams.
STREAM_COLUMNS = ("channel", "z", "time_point")
# The last of all; tables of earlier versions lack the second, or both.
CAUSE_COLUMN, LATE_COLUMN = "lost_to", "late_s"
_AS_INDEX = -1


@dataclass(frozen=True, slots=True, kw_only=True)
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
        Frames missing between the one before, of its stream, and this one.
    channel, z : int
        Its stream, from 0.
    time_point : int
        Where it belongs in the recording's files, from 0; its `index` where nothing else is said.
    lost_to : str
        What has become of the frames missing before it, in a word; empty where nobody knows.
    late_s : float
        Seconds from its time point's deadline to the beginning of that; NaN where there is none.
    """

    index: int
    acquired_s: float
    received_s: float
    lost_before: int
    channel: int = 0
    z: int = 0
    time_point: int = _AS_INDEX
    lost_to: str = ""
    late_s: float = math.nan

    def __post_init__(self) -> None:
        if self.time_point == _AS_INDEX:
            object.__setattr__(self, "time_point", self.index)


def says_streams(header: str) -> bool:
    """Whether a table's lines say which stream each frame is of."""
    names = tuple(map(str.strip, header.split(",")))
    return names[len(RAW_COLUMNS) :][: len(STREAM_COLUMNS)] == STREAM_COLUMNS


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
    lines = whole_lines(path)
    header = next(lines, "")
    of_several = says_streams(header)
    names = [name.strip() for name in header.split(",")]
    for line in lines:
        try:
            row = parse_row(line, of_several=of_several)
        except ValueError:
            return
        yield _with_last_columns(row, dict(zip(names, line.split(","), strict=False)))


def _with_last_columns(row: FrameRow, cells: Mapping[str, str]) -> FrameRow:
    """Read what stands in the columns behind those of the restored frame, where there are such."""
    cause = cells.get(CAUSE_COLUMN, "").strip() if row.lost_before else ""
    try:
        late_s = float(cells.get(LATE_COLUMN, ""))
    except ValueError:
        # Blank; after a power cut anything.
        late_s = math.nan
    return replace(row, lost_to=cause, late_s=late_s)


def rows_by_plane(path: Path) -> dict[tuple[int, int, int], FrameRow]:
    """Read frames.csv of a recording of several streams: by channel, slice and time point.

    Returns
    -------
    dict
        Empty where the table is not there, or is of one stream.
    """
    if not says_streams(next(whole_lines(path), "")):
        return {}
    return {(row.channel, row.z, row.time_point): row for row in read_rows(path)}


def whole_lines(path: Path) -> Iterator[str]:
    """Read the lines of frames.csv, its header first; one cut off by a crash ends it.

    Another program may have sorted the lines or stripped their blanks: they come in the order of
    their positions all the same.

    Parameters
    ----------
    path : Path
        The table; none there gives no lines.

    Yields
    ------
    str

    Raises
    ------
    SourceError
        If another program has changed it so that frames can't be told apart by it any more.
    """
    try:
        # A spreadsheet may put a mark in front of the first column's name.
        file = path.open(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return
    with file:
        header = file.readline()
        if not header.endswith("\n"):
            return
        if tuple(map(str.strip, header.split(",")[: len(RAW_COLUMNS)])) != RAW_COLUMNS:
            raise _changed(path, f"its columns do not begin with {', '.join(RAW_COLUMNS)}")
        yield header
        expected, later = 0, {}
        for line in file:
            position = _position(line) if _is_whole(line, header) else None
            if position is None:
                break
            if position == expected:
                yield line
                expected += 1
            else:
                later[position] = line
        while expected in later:
            yield later.pop(expected)
            expected += 1
        if later:
            raise _changed(path, f"it has no line for frame {expected}, but lines after it")


def _is_whole(line: str, header: str) -> bool:
    """Whether a line was not cut off; as we write it, it is as long as the header."""
    if header.startswith(" "):
        return len(line) == len(header) and line.endswith("\n")
    return line.count(",") == header.count(",")


def _position(line: str) -> int | None:
    try:
        return int(line.split(",", 1)[0])
    except ValueError:
        return None


def _changed(path: Path, how: str) -> SourceError:
    return SourceError(
        f"{path} was changed by another program: {how}.",
        "Put the original back, or move this one out of the folder; then gaps between frames are "
        "no longer known.",
    )


def parse_row(line: str, *, of_several: bool) -> FrameRow:
    """Read the raw columns of one line of frames.csv.

    Parameters
    ----------
    line : str
    of_several : bool
        Whether it says the stream, see `says_streams`.

    Raises
    ------
    ValueError
        If it is not such a line.
    """
    cells = line.split(",")
    _, index, acquired, received, lost = cells[: len(RAW_COLUMNS)]
    row = FrameRow(
        index=int(index),
        acquired_s=float(acquired),
        received_s=float(received),
        lost_before=int(lost),
    )
    if not of_several:
        return row
    said = cells[len(RAW_COLUMNS) :][: len(STREAM_COLUMNS)]
    channel, z, time_point = map(int, said)
    return replace(row, channel=channel, z=z, time_point=time_point)
