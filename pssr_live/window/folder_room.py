"""How much of a recording a folder has room for, asked without ever waiting for its disk."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

from acquisition import FrameFormat
from pssr_live.recording import Room, find_room

_INTERVAL = 5.0


class FolderRoom:
    """Looks every few seconds, in a thread: a network's disk may take its time or never answer."""

    def __init__(self) -> None:
        self._asked_for: tuple[Path, FrameFormat, int] | None = None
        self._room: Room | None = None
        self._due = 0.0
        self._thread: threading.Thread | None = None

    @property
    def found(self) -> Room | None:
        """What was found last; None while nothing is known."""
        return self._room

    def look(self, folder: Path, frame_format: FrameFormat, scale_factor: int) -> None:
        """Ask for the room in a folder, unless it was asked for a moment ago.

        Parameters
        ----------
        folder : Path
            Need not be there yet.
        frame_format : FrameFormat
            Of the raw frames.
        scale_factor : int
            Restored pixels to one raw pixel along a side.
        """
        asked_for = (folder, frame_format, scale_factor)
        if asked_for != self._asked_for:
            self._asked_for, self._room, self._due = asked_for, None, 0.0
        idle = self._thread is None or not self._thread.is_alive()
        if idle and time.monotonic() >= self._due:
            self._due = time.monotonic() + _INTERVAL
            self._thread = threading.Thread(
                target=self._find, args=asked_for, name="room on the disk", daemon=True
            )
            self._thread.start()

    def _find(self, folder: Path, frame_format: FrameFormat, scale_factor: int) -> None:
        with suppress(OSError):
            room = find_room(folder, frame_format, scale_factor)
            if self._asked_for == (folder, frame_format, scale_factor):
                self._room = room
