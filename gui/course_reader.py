"""Reads frames of a recording in a thread, for what is measured over time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from gui.preview import Preview
from gui.qt import QtCore

# Frames that may have been read and not yet measured, so that memory stays small.
_AHEAD = 2


class CourseReader(QtCore.QObject):
    """Hands frames over one by one, on Qt's thread; the disk is waited for on another.

    Signals
    -------
    ended()
        The last frame was handed over. Not emitted after `stop`.

    Parameters
    ----------
    take : callable
        Given each frame, on Qt's thread.
    """

    ended = QtCore.Signal()
    _was_read = QtCore.Signal(object, object)
    _came_to_end = QtCore.Signal(object)

    def __init__(self, take: Callable[[Preview], None]) -> None:
        super().__init__()
        self._take = take
        self._reading: _Reading | None = None
        queued = QtCore.Qt.ConnectionType.QueuedConnection
        self._was_read.connect(self._hand_over, queued)
        self._came_to_end.connect(self._end, queued)

    @property
    def reading(self) -> bool:
        """Whether there are frames still to come."""
        return self._reading is not None

    def begin(self, frames: Iterable[Preview]) -> None:
        """Read these frames in place of those that are being read, if any.

        Parameters
        ----------
        frames : iterable of Preview
            Gone through in the thread, which it must allow for.
        """
        self.stop()
        reading = self._reading = _Reading()

        def read() -> None:
            for preview in frames:
                reading.room.acquire()
                if reading.stopped.is_set():
                    return
                self._was_read.emit(reading, preview)
            self._came_to_end.emit(reading)

        reading.thread = threading.Thread(target=read, name="course reader", daemon=True)
        reading.thread.start()

    def stop(self) -> None:
        """Read no more, and wait for the frame that is being read just now."""
        reading, self._reading = self._reading, None
        if reading is not None and reading.thread is not None:
            reading.stopped.set()
            reading.room.release()
            reading.thread.join()

    def _hand_over(self, reading: _Reading, preview: Preview) -> None:
        # What was on its way when it was stopped is of another place, or of files that are closed.
        if reading is self._reading:
            self._take(preview)
            reading.room.release()

    def _end(self, reading: _Reading) -> None:
        if reading is self._reading:
            self._reading = None
            self.ended.emit()


class _Reading:
    """One pass through frames."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.room = threading.Semaphore(_AHEAD)
        self.thread: threading.Thread | None = None
