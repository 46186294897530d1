"""frames.csv: a line for each raw frame, completed in place when the frame has been restored.

All lines have one length, padded with blanks, so a line can be completed without rewriting the
rest, and a killed process leaves every line that it wrote.
"""

from __future__ import annotations

import threading
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

from acquisition.frame_rows import RAW_COLUMNS, FrameRow

_RAW_FORMATS = ("{:>9d}", "{:>12d}", "{:>14.6f}", "{:>14.6f}", "{:>11d}")
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


class FrameTable:
    """Writes frames.csv. `append` and `complete` may be called from two threads.

    Parameters
    ----------
    path : Path
        Must not exist.
    """

    def __init__(self, path: Path) -> None:
        columns = zip(RAW_COLUMNS, _RAW_FORMATS, strict=True)
        names = [name.rjust(len(form.format(0))) for name, form in columns]
        names += [name.rjust(_RESTORED_WIDTH) for name in _RESTORED_COLUMNS]
        self._header = (",".join(names) + "\n").encode()
        self._rows = 0
        # Guards the position in the file only; nothing else is held while it is.
        self._lock = threading.Lock()
        self._file = path.open("x+b", buffering=0)
        self._file.write(self._header)

    def append(self, row: FrameRow) -> None:
        """Add a raw frame's line."""
        values = (self._rows, *astuple(row))
        raw = ",".join(f.format(v) for f, v in zip(_RAW_FORMATS, values, strict=True))
        with self._lock:
            self._put(len(self._header) * (self._rows + 1), raw + _BLANK + "\n")
        self._rows += 1

    def complete(self, position: int, times: StageTimes) -> None:
        """Fill in where the latency of a restored frame went."""
        text = "".join(f",{1e3 * seconds:>{_RESTORED_WIDTH}.3f}" for seconds in times) + "\n"
        with self._lock:
            self._put(len(self._header) * (position + 2) - len(text), text)

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self._file.close()

    def _put(self, offset: int, text: str) -> None:
        self._file.seek(offset)
        rest = memoryview(text.encode())
        while rest:
            rest = rest[self._file.write(rest) :]
