"""Windows of a time-lapse that is on disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, Frame, FrameFormat, PixelType, RingBuffer, TimeLapse, Window

_RING_CAPACITY = 4 * WINDOW_LENGTH
_LOOK_AHEAD = WINDOW_LENGTH // 2


def windows_of(frames: Iterable[Frame], frame_format: FrameFormat) -> Iterator[Window]:
    """Yield the window round each frame, in order, by way of a ring as in a live session.

    Parameters
    ----------
    frames : iterable of Frame
        Of one segment.
    frame_format : FrameFormat
        Theirs.

    Yields
    ------
    Window
        Valid until the next is asked for.
    """
    ring = RingBuffer(frame_format, _RING_CAPACITY)
    position = 0
    for frame in frames:
        ring.append(frame)
        while (window := ring.window(position)) is not None:
            yield window
            position += 1
    ring.end()
    while (window := ring.window(position)) is not None:
        yield window
        position += 1


def windows_from(time_lapse: TimeLapse, start: int) -> Iterator[Window]:
    """Yield the window round each frame from a position on.

    Parameters
    ----------
    time_lapse : TimeLapse
        Read from.
    start : int
        Position of the first window's centre.

    Yields
    ------
    Window
        Valid until the next is asked for.
    """
    first = max(0, start - _LOOK_AHEAD)
    numbers = time_lapse.indices or range(time_lapse.frame_count)
    frames = (
        Frame(
            pixels=time_lapse.frame(position),
            index=numbers[position],
            acquired=time_lapse.time_s(position),
            received=0.0,
        )
        for position in range(first, time_lapse.frame_count)
    )
    yield from islice(windows_of(frames, time_lapse.format), start - first, None)


def first_frames(time_lapse: TimeLapse) -> NDArray[PixelType]:
    """Read the frames that the intensity scale is estimated from, shape (5 or fewer, H, W)."""
    count = min(WINDOW_LENGTH, time_lapse.frame_count)
    return np.stack([time_lapse.frame(position) for position in range(count)])


def time_since_first(time_lapse: TimeLapse) -> Callable[[int], float]:
    """Make a function that says when a frame was acquired, in seconds since the first.

    NaN where that is not known; on the source's clock where the first frame's time is not.
    """
    began = time_lapse.time_s(0)
    began = began if math.isfinite(began) else 0.0
    return lambda position: time_lapse.time_s(position) - began
