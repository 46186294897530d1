"""Frames for benchmarks: made beforehand from a seed, delivered at a pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from acquisition import NOTHING_MISSING, EndOfFrames, Frame, FrameFormat, PixelType
from pssr_live.bench.figures import FrameSize

SEED = 0
_DIFFERENT_FRAMES = 16
_PHOTONS = 300


def format_of(size: FrameSize) -> FrameFormat:
    """Frames of a detector of 12 bits, stored in 16."""
    height, width = size
    return FrameFormat(
        height=height,
        width=width,
        dtype=np.dtype(np.uint16),
        significant_bits=12,
        pixel_size_um=0.196,
    )


def make_frames(size: FrameSize, count: int = _DIFFERENT_FRAMES) -> NDArray[np.uint16]:
    """Make noisy frames with stripes in them, the same ones every time; shape (count, H, W)."""
    rng = np.random.default_rng(SEED)
    rows, columns = np.arange(size.height)[:, None], np.arange(size.width)
    light = _PHOTONS * (1 + 0.8 * np.sin(rows / 7 + columns / 11))
    return rng.poisson(light, (count, *size)).astype(np.uint16)


class PacedSource:
    """Delivers some frames over and over; see `acquisition.FrameSource`.

    Parameters
    ----------
    frames : ndarray, shape (n, H, W)
        Handed out in turn, not copied.
    frame_format : FrameFormat
        Of them.
    count : int or None
        Frames that come; None until it is closed.
    rate : float or None
        Frames a second; None for as fast as `may_come` allows.
    may_come : callable, optional
        Given seconds to wait at most, returns whether another frame may come now.
    """

    def __init__(
        self,
        frames: NDArray[PixelType],
        frame_format: FrameFormat,
        *,
        count: int | None = None,
        rate: float | None = None,
        may_come: Callable[[float], bool] = lambda _: True,
    ) -> None:
        self.url = "benchmark:"
        self.status = ""
        self.first_index: int | None = None
        self.next_frame_s: float | None = None
        self.missing_after = NOTHING_MISSING
        self.frame_count = count
        self.settings: Mapping[str, str] = {"seed": str(SEED)}
        self.urgent = False
        self.connected = True
        self._frames = frames
        self._format = frame_format
        self._interval = 1 / rate if rate else 0.0
        self._may_come = may_come
        self._delivered = 0
        self._due = 0.0
        self._closed = False

    def open(self) -> FrameFormat:
        """Say what frames will look like."""
        return self._format

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame at its moment."""
        if self._closed or self._delivered == self.frame_count:
            raise EndOfFrames
        wait = self._due - time.perf_counter()
        if wait > 0:
            time.sleep(min(wait, timeout))
            if wait > timeout:
                return None
        if not self._may_come(timeout):
            return None
        # After a rest the pace begins anew.
        self._due = max(self._due, time.perf_counter()) + self._interval
        number, self._delivered = self._delivered, self._delivered + 1
        pixels = self._frames[number % len(self._frames)]
        return Frame(
            pixels=pixels,
            index=number,
            acquired=number * (self._interval or 1.0),
            received=time.perf_counter(),
        )

    def close(self) -> None:
        """Deliver no more."""
        self._closed = True
