"""HR time-lapses and stills, and their scaling to 0..1."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pssr_live.errors import UserError

BLACK_PERCENTILE = 0.5
WHITE_PERCENTILE = 99.9
# HR may be brighter than its white level by this factor before it is cut.
HIGHEST_VALUE = 2.0
FRAMES_TO_SCALE_BY = 16
MOST_PRINTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HRSeries:
    """Images of one recording.

    Attributes
    ----------
    name : str
    frames : ndarray of float32, shape (T, H, W)
        0 is the background, 1 the peak.
    pixel_size_um : float or None
    interval_s : float or None
    moving : bool
        Whether neighbouring frames are neighbours in time.
    numbers : tuple of int or None
        Of the frames, where some are missing between them; None where they follow one another.
    prints : frozenset of bytes
        One for each frame that shows anything, the same for the same pixels in whatever file.
    """

    name: str
    frames: NDArray[np.float32]
    pixel_size_um: float | None
    interval_s: float | None
    moving: bool = True
    numbers: tuple[int, ...] | None = None
    prints: frozenset[bytes] = frozenset()

    def starts(self, length: int, stride: int = 1) -> NDArray[np.intp]:
        """Positions from which so many frames follow one another, so far apart."""
        return starts_of_runs(self.numbers or range(len(self.frames)), length, stride)

    def longest_run(self) -> HRSeries:
        """Leave only the most frames that follow one another without a gap."""
        if self.numbers is None:
            return self
        steps = np.flatnonzero(np.diff(self.numbers) != 1) + 1
        edges = [0, *(int(step) for step in steps), len(self.numbers)]
        first, last = max(pairwise(edges), key=lambda run: run[1] - run[0])
        return replace(self, frames=self.frames[first:last], numbers=None)


def starts_of_runs(numbers: Sequence[int], length: int, stride: int = 1) -> NDArray[np.intp]:
    """Positions in rising numbers from which so many follow one another, so far apart."""
    span = stride * (length - 1)
    given = np.asarray(numbers)
    if len(given) <= span:
        return np.empty(0, np.intp)
    return np.flatnonzero(given[span:] - given[: len(given) - span] == span)


def frame_prints(frames: NDArray[Any]) -> frozenset[bytes]:
    """Digest every frame that shows anything, of (T, H, W): equal pixels, equal digests."""
    return frozenset(
        hashlib.blake2b(np.ascontiguousarray(frame, np.float32).data, digest_size=16).digest()
        for frame in frames
        if frame.min() < frame.max()
    )


def some_prints(prints: frozenset[bytes]) -> list[str]:
    """Write down as many as are enough to know a recording again."""
    return [one.hex() for one in sorted(prints)[:MOST_PRINTS]]


def levels(frames: NDArray[Any], title: str) -> tuple[float, float]:
    """Counts that HR values 0 and 1 stand for: percentiles of the whole recording.

    Parameters
    ----------
    frames : ndarray, shape (T, H, W)
    title : str
        How a message names it.

    Raises
    ------
    UserError
        If there is one value everywhere.
    """
    sampled = frames[:: max(1, len(frames) // FRAMES_TO_SCALE_BY)]
    black, white = np.percentile(sampled, [BLACK_PERCENTILE, WHITE_PERCENTILE])
    if white <= black:
        raise UserError(f"{title} is empty: one value everywhere.", "Leave this file out.")
    return float(black), float(white)


def in_units(counts: NDArray[Any], black: float, white: float) -> NDArray[np.float32]:
    """Bring counts of any shape to 0..1, and cut what lies below 0 or far above 1."""
    frames = (np.asarray(counts, np.float32) - np.float32(black)) / np.float32(white - black)
    return np.clip(frames, 0.0, HIGHEST_VALUE, out=frames)


def scaled(series: HRSeries) -> HRSeries:
    """Bring a series to 0..1, by percentiles of the whole recording, and cut what lies beyond."""
    return replace(series, frames=in_units(series.frames, *levels(series.frames, series.name)))
