"""frames.csv: a line for each raw frame, completed in place when the frame has been restored.

All lines have one length, padded with blanks, so a line can be completed without rewriting the
rest, and a killed process leaves every line that it wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple

_RAW_COLUMNS = (
    ("position", "{:>9d}"),
    ("index", "{:>12d}"),
    ("acquired_s", "{:>14.6f}"),
    ("received_s", "{:>14.6f}"),
    ("lost_before", "{:>11d}"),
)
_RESTORED_COLUMNS = ("look_ahead_ms", "queue_ms", "engine_ms", "write_ms")
_RESTORED_WIDTH = 14
_BLANK = ("," + " " * _RESTORED_WIDTH) * len(_RESTORED_COLUMNS)


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
    write : float
        From the engine's end to the frame being in the file, or handed to the viewer.
    """

    look_ahead: float
    queue: float
    engine: float
    write: float


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


class FrameTable:
    """Writes frames.csv. `append` and `complete` may be called from two threads.

    Parameters
    ----------
    path : Path
        Must not exist, unless `resume` opened it.
    """

    def __init__(self, path: Path) -> None:
        names = [name.rjust(len(form.format(0))) for name, form in _RAW_COLUMNS]
        names += [name.rjust(_RESTORED_WIDTH) for name in _RESTORED_COLUMNS]
        self._header = (",".join(names) + "\n").encode()
        self._rows = 0
        # Guards the position in the file only; nothing else is held while it is.
        self._lock = threading.Lock()
        self._file = path.open("x+b", buffering=0)
        self._file.write(self._header)

    @classmethod
    def resume(cls, path: Path) -> FrameTable:
        """Open a table to complete its lines."""
        self = cls.__new__(cls)
        self._lock = threading.Lock()
        self._file = path.open("r+b", buffering=0)
        self._header = self._file.readline()
        self._rows = (path.stat().st_size - len(self._header)) // len(self._header)
        return self

    def append(self, row: FrameRow) -> None:
        """Add a raw frame's line."""
        values = (self._rows, *astuple(row))
        raw = ",".join(
            form.format(value) for (_, form), value in zip(_RAW_COLUMNS, values, strict=True)
        )
        with self._lock:
            self._file.seek(len(self._header) * (self._rows + 1))
            self._file.write((raw + _BLANK + "\n").encode())
        self._rows += 1

    def complete(self, position: int, times: StageTimes) -> None:
        """Fill in where the latency of a restored frame went."""
        text = "".join(f",{1e3 * seconds:>{_RESTORED_WIDTH}.3f}" for seconds in times) + "\n"
        with self._lock:
            self._file.seek(len(self._header) * (position + 2) - len(text))
            self._file.write(text.encode())

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self._file.close()


def read_rows(path: Path) -> Iterator[FrameRow]:
    """Read the raw columns of frames.csv; a line cut off by a crash ends it.

    Parameters
    ----------
    path : Path
        The table.

    Yields
    ------
    FrameRow
    """
    with path.open(encoding="ascii") as file:
        length = len(next(file, ""))
        for line in file:
            if len(line) != length or not line.endswith("\n"):
                return
            _, index, acquired, received, lost = line.split(",")[: len(_RAW_COLUMNS)]
            yield FrameRow(int(index), float(acquired), float(received), int(lost))
