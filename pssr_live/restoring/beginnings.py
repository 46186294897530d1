"""The first frames of each stream, kept until they have settled its scale and its judge."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, Frame, PixelType, StreamKey


class FirstFrames:
    """Keeps copies: a fast source may have overwritten frames before they are looked at.

    One thread keeps, another looks.
    """

    def __init__(self) -> None:
        self._kept: dict[StreamKey, list[NDArray[PixelType]]] = {}
        self._counts: dict[StreamKey, int] = {}
        # Guards both while a stream is let go.
        self._lock = threading.Lock()

    def keep(self, frame: Frame) -> None:
        """Keep a frame that is about to enter the ring, if it is one of its stream's first five."""
        count = self._counts.get(frame.stream, 0)
        if count < WINDOW_LENGTH:
            pixels = frame.pixels.copy()
            with self._lock:
                self._kept.setdefault(frame.stream, []).append(pixels)
                self._counts[frame.stream] = count + 1

    def of(self, stream: StreamKey, *, ended: bool) -> NDArray[PixelType] | None:
        """Return a stream's first five frames, or all at the end if there are fewer.

        Parameters
        ----------
        stream : StreamKey
        ended : bool
            Whether no frame follows. To be looked up before this call.

        Returns
        -------
        ndarray, shape (n, H, W), or None
            None while some are still to come, or if there are none.
        """
        with self._lock:
            kept = list(self._kept.get(stream, ()))
        if not kept or (len(kept) < WINDOW_LENGTH and not ended):
            return None
        return np.stack(kept)

    def has_begun(self, stream: StreamKey) -> bool:
        """Whether a frame of a stream has come."""
        return stream in self._counts

    def forget(self, stream: StreamKey) -> None:
        """Free the memory of frames that are not needed any more."""
        with self._lock:
            self._kept.pop(stream, None)
