"""frames.csv: a line for each raw frame, completed in place when the frame has been restored.

All lines have one length, padded with blanks, so a line can be completed without rewriting the
rest, and a killed process leaves every line that it wrote.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain, takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import (
    CAUSE_COLUMN,
    LATE_COLUMN,
    RAW_COLUMNS,
    STREAM_COLUMNS,
    FrameRow,
    SourceError,
    parse_row,
    says_streams,
    whole_lines,
)
from engines import write_whole
from pssr_live.recording.links import refuse_links
from pssr_live.recording.open_file import check_length, close_whole, length_of
from pssr_live.trust import FIGURES, UNCERTAINTY, VERDICT, Trust, figures_of, uncertainty_of

_RAW_FORMATS = ("{:>9d}", "{:>12d}", "{:>14.6f}", "{:>14.6f}", "{:>11d}")
_STREAM_FORMATS = ("{:>7d}", "{:>5d}", "{:>10d}")
_STAGE_COLUMNS = ("look_ahead_ms", "queue_ms", "engine_ms", "trust_ms", "write_ms")
# New ones go to the end: a table of an earlier version has the first of these and of the last.
_TRUST_COLUMNS = (*FIGURES, *VERDICT, UNCERTAINTY)
_PADDED_COLUMNS = (*_STAGE_COLUMNS, *_TRUST_COLUMNS, CAUSE_COLUMN, LATE_COLUMN)
_RESTORED_WIDTH = 14
_BLANK = "," + " " * _RESTORED_WIDTH


class StageTimes(NamedTuple):
    """Where one restored frame's latency went, in seconds.

    Attributes
    ----------
    look_ahead : float
        From receiving the centre frame to receiving the window's last: inherent.
    queue : float
        From then to the engine's start.
    engine : float
        In the engine.
    trust : float
        From the engine's end to the verdict on the restored frame.
    write : float
        From then to the frame being in the file, or handed to the viewer.
    """

    look_ahead: float
    queue: float
    engine: float
    trust: float
    write: float


class FrameVerdict(NamedTuple):
    """The verdict on one restored frame, as it stands in the table.

    Attributes
    ----------
    light : str
        ``green``, ``amber`` or ``red``; empty for a frame that was not restored or not judged.
    cause : str
        The figure that it hangs on, by name; empty for green.
    figure : float
        Its value; NaN where the table does not have it.
    """

    light: str
    cause: str
    figure: float


class FrameTable:
    """Writes frames.csv. Its methods may be called from several threads.

    Parameters
    ----------
    path : Path
        Must not exist, or be such a table to go on with.
    new : bool
        Which of the two. One of an earlier version keeps the columns that it has; one whose lines
        another program has sorted, or stripped of blanks, is put in order.
    of_several : bool
        Whether a new one says of each frame which stream it is of.

    Raises
    ------
    ValueError
        If it is to be gone on with and has other columns, as of a later version.
    """

    def __init__(self, path: Path, *, new: bool = True, of_several: bool = False) -> None:
        if not new:
            with suppress(SourceError):
                of_several = says_streams(next(whole_lines(path), ""))
        self._of_several = of_several
        self._raw_formats = _RAW_FORMATS + (_STREAM_FORMATS if of_several else ())
        raw_columns = RAW_COLUMNS + (STREAM_COLUMNS if of_several else ())
        columns = zip(raw_columns, self._raw_formats, strict=True)
        names = [name.rjust(len(form.format(0))) for name, form in columns]
        self._raw_length = len(",".join(names))
        names += [name.rjust(_RESTORED_WIDTH) for name in _PADDED_COLUMNS]
        self._header = (",".join(names) + "\n").encode()
        if not new:
            with suppress(SourceError):
                _put_in_order(path, self._header.decode())
        # Guards the position in the file only; nothing else is held while it is.
        self._lock = threading.Lock()
        if not new:
            refuse_links(path)
        self._file = path.open("x+b" if new else "r+b", buffering=0)
        self._length = length_of(self._file)
        if not new:
            ours, self._header = self._header, self._file.readline(len(self._header))
            if self._is_among_first_columns(ours):
                return
            self._file.close()
            raise ValueError(f"{path} has other columns than this version writes")
        try:
            self._put(0, self._header)
            self._length = length_of(self._file)
        except OSError:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, position: int, row: FrameRow) -> None:
        """Write the line of the raw frame at a position; the one before it has been written."""
        values: tuple[float, ...] = (
            position,
            row.index,
            row.acquired_s,
            row.received_s,
            row.lost_before,
        )
        if self._of_several:
            values += (row.channel, row.z, row.time_point)
        raw = ",".join(map(_fixed_width, self._raw_formats, values))
        padded = (len(self._header) - self._raw_length) // len(_BLANK)
        cause = row.lost_to if row.lost_before else ""
        late = "" if math.isnan(row.late_s) else f"{row.late_s:.3f}"
        last = (f",{text:>{_RESTORED_WIDTH}.{_RESTORED_WIDTH}}" for text in (cause, late))
        blanks = len(_PADDED_COLUMNS) - 2
        # A table of an earlier version has fewer columns.
        rest = (_BLANK * blanks + "".join(last))[: padded * len(_BLANK)]
        with self._lock:
            check_length(self._file, self._length)
            self._put(self._place(position), (raw + rest + "\n").encode())
            self._length = length_of(self._file)

    def complete(self, position: int, times: StageTimes | None, trust: Trust | None) -> None:
        """Fill in what is known of a restored frame.

        Parameters
        ----------
        position : int
            Of its raw frame, whose line has been written.
        times : StageTimes or None
            Where its latency went; None if it was not restored live.
        trust : Trust or None
            The verdict; None if there could be none.
        """
        begin, text = self._raw_length, _trust_text(trust)
        if times is None:
            begin += len(_BLANK) * len(_STAGE_COLUMNS)
        else:
            stages = (f",{1e3 * seconds:>{_RESTORED_WIDTH}.3f}" for seconds in times)
            text = "".join(stages) + text
        text = text[: len(self._header) - len("\n") - begin]
        with self._lock:
            check_length(self._file, self._length)
            self._put(self._place(position) + begin, text.encode())

    def read(self, position: int) -> FrameRow:
        """Read a line back, to the six decimals that it has."""
        with self._lock:
            self._file.seek(self._place(position))
            line = self._file.read(len(self._header))
        return parse_row(line.decode(), of_several=self._of_several)

    def lacks_verdict(self, position: int) -> bool:
        """Whether the table has a column for a restored frame's verdict, and that is blank."""
        names = [name.strip() for name in self._header.decode().split(",")]
        with self._lock:
            self._file.seek(self._place(position))
            line = self._file.read(len(self._header)).decode("ascii", "replace").split(",")
        light, _ = VERDICT
        return light in names and len(line) == len(names) and not line[names.index(light)].strip()

    def close(self) -> None:
        """Force what was written to the disk and close the file. May be called more than once."""
        close_whole(self._file, self._length)

    def _is_among_first_columns(self, ours: bytes) -> bool:
        """Whether its header has our first columns, those of stages and more."""
        enough = self._raw_length + len(_BLANK) * len(_STAGE_COLUMNS)
        columns = self._header.removesuffix(b"\n")
        return (
            columns != self._header
            and len(columns) > enough
            and ours.startswith((columns + b",", columns + b"\n"))
        )

    def _place(self, position: int) -> int:
        return len(self._header) * (position + 1)

    def _put(self, offset: int, content: bytes) -> None:
        self._file.seek(offset)
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]


def _put_in_order(path: Path, ours: str) -> None:
    """Write a table anew, as we write it, where another program has moved its lines or cells."""
    lines = whole_lines(path)
    header = next(lines, "")
    if not header:
        return
    widths = [len(name) for name in ours.rstrip("\n").split(",")]
    columns = header.count(",") + 1
    as_written = ours.rstrip("\n").startswith(header.rstrip("\n"))
    if as_written:
        with path.open(encoding="ascii", errors="replace", newline="") as file:
            # What a crash cut off stands in the file only.
            pairs = zip(file, chain([header], lines), strict=False)
            as_written = all(line == read for line, read in pairs)
    if as_written or columns > len(widths):
        return
    names = [name.strip() for name in ours.split(",")]
    if [name.strip() for name in header.split(",")] != names[:columns]:
        return
    aligned = [
        ",".join(
            cell.strip().rjust(width) for cell, width in zip(line.split(","), widths, strict=False)
        )
        for line in whole_lines(path)
    ]
    if len({len(line) for line in aligned}) > 1:
        raise ValueError(f"{path} has cells that are too long")
    write_whole(path, "".join(line + "\n" for line in aligned))


def read_figures(path: Path) -> Mapping[str, NDArray[np.float64]]:
    """Read the figures of restored frames, by the names of their columns.

    Parameters
    ----------
    path : Path
        The table; none there gives no figures.

    Returns
    -------
    mapping of str to ndarray, shape (T,)
        Those that the table has, which another version may have written; NaN for a frame that was
        not restored, and where nothing could be measured.
    """
    header, *lines = [line.split(",") for line in whole_lines(path)] or [[]]
    lines = list(takewhile(lambda line: len(line) == len(header), lines))
    return {
        name: np.array([_number(line[column]) for line in lines])
        for column, name in enumerate(map(str.strip, header))
        if name in (*_STAGE_COLUMNS, *FIGURES, UNCERTAINTY)
    }


def read_verdicts(path: Path) -> list[FrameVerdict]:
    """Read the verdict on each frame.

    Parameters
    ----------
    path : Path
        The table; none there gives no verdicts.

    Returns
    -------
    list of FrameVerdict
        One for each line.
    """
    header, *lines = [line.split(",") for line in whole_lines(path)] or [[]]
    names = list(map(str.strip, header))
    verdicts = []
    for line in takewhile(lambda line: len(line) == len(header), lines):
        cells = dict(zip(names, map(str.strip, line), strict=True))
        light, cause = (cells.get(name, "") for name in VERDICT)
        verdicts.append(FrameVerdict(light, cause, _number(cells.get(cause, ""))))
    return verdicts


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        # Blank; after a power cut anything.
        return math.nan


def _trust_text(trust: Trust | None) -> str:
    if trust is None:
        return _BLANK * len(_TRUST_COLUMNS)
    figures = map(_figure, figures_of(trust).values())
    verdict = (f",{word:>{_RESTORED_WIDTH}}" for word in (trust.light.word, trust.cause))
    return "".join((*figures, *verdict, _figure(uncertainty_of(trust))))


def _figure(value: float) -> str:
    return _BLANK if math.isnan(value) else f",{value:>{_RESTORED_WIDTH}.6g}"


def _fixed_width(form: str, value: float) -> str:
    """Write a number; one too long for its column loses digits rather than move the others."""
    text = form.format(value)
    width = len(form.format(0))
    return text if len(text) <= width else f"{float(value):>{width}.{width - 8}g}"
