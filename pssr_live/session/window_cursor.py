"""A restorer's place among the windows of a ring."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, PixelType, RingBuffer, Window

LOOK_AHEAD = WINDOW_LENGTH // 2
_POLL = 0.2


class WindowCursor:
    """Goes through a ring's windows, waiting for each; `abandon` ends every wait.

    Attributes
    ----------
    ring : RingBuffer
        Whose windows they are.
    position : int
        The centre frame of the window whose turn it is. Moved on by the restorer.
    """

    def __init__(self, ring: RingBuffer) -> None:
        self.ring = ring
        self.position = 0
        # Kept aside: a fast source may have overwritten them in the ring before they are looked at.
        self._first_frames: list[NDArray[PixelType]] = []
        self._abandoned = threading.Event()

    @property
    def abandoned(self) -> bool:
        """Whether nothing more is to be restored."""
        return self._abandoned.is_set()

    @property
    def newest(self) -> int:
        """The newest frame whose window is complete."""
        return self.ring.written - 1 - LOOK_AHEAD

    def keep_first(self, pixels: NDArray[PixelType]) -> None:
        """Keep a frame that is about to enter the ring, if it is one of the first five."""
        if len(self._first_frames) < WINDOW_LENGTH:
            self._first_frames.append(pixels.copy())

    def abandon(self) -> None:
        """Wait for no window any more."""
        self._abandoned.set()

    def wait_for_first_frames(self) -> NDArray[PixelType] | None:
        """Wait for five frames, or for all if there are fewer.

        Returns
        -------
        ndarray, shape (n, H, W), or None
            None if there are none, or it was abandoned.
        """
        while not self.ring.wait(WINDOW_LENGTH - 1, _POLL):
            if self.abandoned:
                return None
        return np.stack(self._first_frames) if self._first_frames else None

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
            window = self.ring.window(self.position)
            if window is not None:
                return window
            if ended and self.position >= seen:
                return None
            self.ring.wait(seen, _POLL)
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
            newest = self.newest
            if newest > self.position + LOOK_AHEAD:
                on_skipped(newest - self.position)
                self.position = newest
            window = self.ring.window(self.position)
            if window is not None:
                return window
            if ended and self.position >= seen:
                return None
            self.ring.wait(seen, _POLL)
        return None
