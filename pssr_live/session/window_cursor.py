"""A restorer's place among the windows of a ring."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from acquisition import ONE_STREAM, WINDOW_LENGTH, RingBuffer, StreamKey, Window

LOOK_AHEAD = WINDOW_LENGTH // 2
_POLL = 0.2


class WindowCursor:
    """Goes through a ring's windows, waiting for each; `abandon` ends every wait.

    Attributes
    ----------
    ring : RingBuffer
        Whose windows they are.
    position : int
        Windows done with.
    on_idle : callable
        Called while no window is ready; returns whether it has used the time.
    """

    def __init__(self, ring: RingBuffer) -> None:
        self.ring = ring
        self.position = 0
        self.on_idle: Callable[[], bool] = lambda: False
        self._abandoned = threading.Event()

    @property
    def abandoned(self) -> bool:
        """Whether nothing more is to be restored."""
        return self._abandoned.is_set()

    @property
    def place(self) -> int:
        """The centre frame of the window whose turn it is."""
        return self.position

    @property
    def done(self) -> int:
        """Frames that need nothing more."""
        return self.position

    @property
    def backlog(self) -> int:
        """Windows that are complete and not done with."""
        return self._newest - self.position

    @property
    def newest_windows(self) -> Iterable[int]:
        """The newest frame of each stream whose window is complete."""
        return (self._newest,)

    @property
    def newest_frames(self) -> Iterable[int]:
        """The newest frame of each stream."""
        return (self.ring.written - 1,)

    def stream_of(self, place: int) -> StreamKey:
        """Of which stream a frame is."""
        del place
        return ONE_STREAM

    def move_on(self) -> None:
        """Be done with the window whose turn it is."""
        self.position += 1

    def abandon(self) -> None:
        """Wait for no window any more."""
        self._abandoned.set()

    def wait_for_window(self) -> Window | None:
        """Wait for the window whose turn it is; None at the end of the ring.

        Raises
        ------
        Overtaken
            If one of its frames is gone.
        """
        while not self.abandoned:
            # In this order: frames that come between the two must not be taken for missing.
            ended, seen = self.ring.ended, self.ring.written
            window = self._next(ended=ended)
            if window is not None:
                return window
            if ended and self._is_at_end(seen):
                return None
            self._wait(seen)
        return None

    def wait_for_newest(self, on_skipped: Callable[[int], None]) -> Window | None:
        """Wait for the newest window; None at the end of the ring.

        Parameters
        ----------
        on_skipped : callable
            Told how many windows are passed over. A few behind, as at the start, are kept.

        Raises
        ------
        Overtaken
            If one of its frames is gone.
        """
        while not self.abandoned:
            ended, seen = self.ring.ended, self.ring.written
            window = self._next_newest(on_skipped, ended=ended)
            if window is not None:
                return window
            if ended and self._is_at_end(seen):
                return None
            self._wait(seen)
        return None

    def leave_rest(self) -> int:
        """Be done with all that is left, once the ring has ended; returns how many windows."""
        while not self.ring.ended:
            self.ring.wait(self.ring.written, _POLL)
        left = self._left()
        self.position += left
        return left

    @property
    def _newest(self) -> int:
        return self.ring.written - 1 - LOOK_AHEAD

    def _next(self, *, ended: bool) -> Window | None:
        del ended
        return self.ring.window(self.position)

    def _next_newest(self, on_skipped: Callable[[int], None], *, ended: bool) -> Window | None:
        newest = self._newest
        if newest > self.position + LOOK_AHEAD:
            on_skipped(newest - self.position)
            self.position = newest
        return self._next(ended=ended)

    def _left(self) -> int:
        return self.ring.written - self.position

    def _is_at_end(self, seen: int) -> bool:
        return self.position >= seen

    def _wait(self, seen: int) -> None:
        if not self.on_idle():
            self.ring.wait(seen, _POLL)
