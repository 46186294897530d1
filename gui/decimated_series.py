"""Two figures over time, in a fixed amount of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_COLUMNS = 3


class DecimatedSeries:
    """Keeps a whole course; when there are too many points, neighbours are averaged.

    Parameters
    ----------
    most : int
        Points kept at most, an even number.
    """

    def __init__(self, most: int = 4096) -> None:
        self._points = np.empty((most, _COLUMNS))
        self._count = 0
        self._together = 1
        self._waiting: list[tuple[float, float, float]] = []

    def __len__(self) -> int:
        return self._count

    @property
    def together(self) -> int:
        """How many additions make a point."""
        return self._together

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds, shape (n,)."""
        return self._points[: self._count, 0]

    @property
    def raw(self) -> NDArray[np.float64]:
        """The raw frames' figures, shape (n,)."""
        return self._points[: self._count, 1]

    @property
    def restored(self) -> NDArray[np.float64]:
        """The restored frames' figures, shape (n,)."""
        return self._points[: self._count, 2]

    def add(self, time: float, raw: float, restored: float) -> None:
        """Note the figures of one frame."""
        self._waiting.append((time, raw, restored))
        if len(self._waiting) < self._together:
            return
        self._points[self._count] = np.mean(self._waiting, axis=0)
        self._waiting.clear()
        self._count += 1
        if self._count == len(self._points):
            half = self._count // 2
            self._points[:half] = self._points.reshape(half, 2, _COLUMNS).mean(axis=1)
            self._count = half
            self._together *= 2

    def clear(self) -> None:
        """Forget everything."""
        self._count = 0
        self._together = 1
        self._waiting.clear()
