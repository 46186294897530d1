"""The five neighbouring frames an engine sees, and where a run of them begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import StreamKey
from acquisition.frame import ONE_STREAM, PixelType

WINDOW_LENGTH = 5
_AS_PLACES = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Five consecutive frames of one run of one stream, t-2 … t+2.

    Attributes
    ----------
    pixels : ndarray of uint8 or uint16, shape (5, H, W)
        Read-only; a view into the ring wherever five different frames stand there.
    index : int
        The source's number of the centre frame.
    acquired, received : float
        Times of the centre frame, see `Frame`.
    completed : float
        ``time.perf_counter()`` when the window's last frame was received.
    sequence : int
        The centre frame's place among all frames as received: 0, 1, 2, …
    first, last : int
        The earliest and the latest of these places that `pixels` looks at.
    stream : StreamKey
        Which one its frames are of.
    time_point : int
        The centre frame's, see `Frame`.
    before, after : int
        How many different frames stand before and after the centre one: fewer than two where an
        edge frame is repeated. Of one stream its places tell.
    """

    pixels: NDArray[PixelType]
    index: int
    acquired: float
    received: float
    completed: float
    sequence: int
    first: int
    last: int
    stream: StreamKey = ONE_STREAM
    time_point: int = 0
    before: int = _AS_PLACES
    after: int = _AS_PLACES

    def __post_init__(self) -> None:
        if self.before == _AS_PLACES:
            object.__setattr__(self, "before", self.sequence - self.first)
        if self.after == _AS_PLACES:
            object.__setattr__(self, "after", self.last - self.sequence)


def window_positions(
    centre: int, run_start: int, run_stop: int, length: int = WINDOW_LENGTH
) -> NDArray[np.intp]:
    """Positions of a window's frames; beyond the ends of a run the edge frame is repeated.

    Parameters
    ----------
    centre : int
        Position of the centre frame, ``run_start <= centre < run_stop``.
    run_start, run_stop : int
        The half-open range of positions that were acquired without a gap.
    length : int
        Frames in a window, odd.

    Returns
    -------
    ndarray of intp, shape (length,)
    """
    half = length // 2
    return np.clip(np.arange(centre - half, centre + half + 1), run_start, run_stop - 1)


def run_starts(indices: Sequence[int] | NDArray[np.integer]) -> NDArray[np.intp]:
    """Positions at which a run of consecutive frame numbers begins.

    Parameters
    ----------
    indices : sequence of int, length n
        The source's frame numbers in the order received.

    Returns
    -------
    ndarray of intp, ascending
        Empty for no frames; else its first entry is 0.
    """
    numbers = np.asarray(indices, dtype=np.int64)
    if numbers.size == 0:
        return np.zeros(0, dtype=np.intp)
    return np.concatenate([[0], 1 + np.flatnonzero(np.diff(numbers) != 1)]).astype(np.intp)
