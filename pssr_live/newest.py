"""The newest restored frame, for whoever looks: one place, overwritten, never a queue."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from numpy.typing import NDArray

from acquisition import PixelType, Window


@dataclass(frozen=True, slots=True)
class RestoredFrame:
    """A restored frame beside the raw frame it shows; both arrays belong to the taker.

    Attributes
    ----------
    raw : ndarray, shape (H, W)
        The centre frame as scanned.
    restored : ndarray, shape (sH, sW)
        The same, restored, in the same units.
    index : int
        The source's number.
    sequence : int
        Rises from frame to frame over the whole session.
    acquired : float
        Seconds on the source's clock.
    """

    raw: NDArray[PixelType]
    restored: NDArray[PixelType]
    index: int
    sequence: int
    acquired: float


class Newest:
    """Hands the newest restored frame from the restorer to a viewer.

    Pixels are copied only after the last offer was taken, so a slow viewer, or none, costs nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: RestoredFrame | None = None
        self._wanted = True
        self._offered = -1

    def wants(self, sequence: int) -> bool:
        """Whether a frame at this place in the session would be looked at."""
        return self._wanted and sequence > self._offered

    def offer(self, sequence: int, window: Window, restored: NDArray[PixelType]) -> None:
        """Show a frame, if it is newer than the last shown.

        Parameters
        ----------
        sequence : int
            Its place in the session.
        window : Window
            What it was restored from.
        restored : ndarray, shape (sH, sW)
            Copied.
        """
        if not self.wants(sequence):
            return
        centre = window.pixels.shape[0] // 2
        frame = RestoredFrame(
            window.pixels[centre].copy(), restored.copy(), window.index, sequence, window.acquired
        )
        with self._lock:
            self._offered = sequence
            self._frame = frame
            self._wanted = False

    def take(self, after: int) -> RestoredFrame | None:
        """Take the newest frame.

        Parameters
        ----------
        after : int
            The `sequence` of the frame that the viewer has; -1 for none.

        Returns
        -------
        RestoredFrame or None
            None if there is none newer.
        """
        with self._lock:
            self._wanted = True
            frame = self._frame
        return frame if frame is not None and frame.sequence > after else None
