"""What came of each stream, and which of them has stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from acquisition import StreamKey

# A stream that is so many time points late, and as many of its own steps, has stopped.
_LATE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCounts:
    """How many frames of one stream came, and what became of them.

    Attributes
    ----------
    received, lost, restored : int
        Frames that came, that its numbers lack, and that were restored.
    last_index, last_time_point : int
        Of the last frame that came; the time point is -1 until one comes after numbers began anew.
    step : int
        Time points between the last two frames; 1 before there are two.
    """

    received: int
    lost: int
    restored: int
    last_index: int
    last_time_point: int
    step: int


def stopped_streams(
    counts: Mapping[StreamKey, StreamCounts], streams: Iterable[StreamKey]
) -> list[StreamKey]:
    """Find the streams that came no further, or never began, while others went on.

    Parameters
    ----------
    counts : mapping
        Of the streams that have begun.
    streams : iterable of StreamKey
        All that there should be.
    """
    newest = max((one.last_time_point for one in counts.values()), default=0)
    stopped = []
    for stream in streams:
        count = counts.get(stream)
        last, step = (count.last_time_point, count.step) if count is not None else (-1, 1)
        if newest - last > _LATE * step:
            stopped.append(stream)
    return stopped
