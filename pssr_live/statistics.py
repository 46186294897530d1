"""What happened to the frames: counts, rates, and where the latency went."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from pssr_live.recording.frame_table import StageTimes

_KEPT_LATENCIES = 10_000
_KEPT_ARRIVALS = 30


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts and rates at one moment.

    Attributes
    ----------
    received : int
        Frames that came.
    lost : int
        Frames that the camera or bridge lost, told by jumps in the numbering.
    gaps : int
        How many such jumps.
    restored : int
        Frames restored.
    skipped : int
        Frames that were not restored because a newer one was shown instead.
    frames_per_second : float or None
        Restored frames per second, lately.
    latency : float or None
        Seconds above the look-ahead, median of late frames.
    """

    received: int
    lost: int
    gaps: int
    restored: int
    skipped: int
    frames_per_second: float | None
    latency: float | None


class Statistics:
    """Counts frames and keeps the last latencies. Each method is called from one thread only."""

    def __init__(self) -> None:
        self.received = 0
        self.lost = 0
        self.gaps = 0
        self.restored = 0
        self.skipped = 0
        self._last_index: int | None = None
        self._restored_at: deque[float] = deque(maxlen=_KEPT_ARRIVALS)
        self._stages: deque[StageTimes] = deque(maxlen=_KEPT_LATENCIES)

    def frame_received(self, index: int) -> None:
        """Count a frame, and those missing before it."""
        if self._last_index is not None and index != self._last_index + 1:
            self.gaps += 1
            self.lost += max(0, index - self._last_index - 1)
        self._last_index = index
        self.received += 1

    def new_numbering(self) -> None:
        """Forget the last frame's number: a segment may number its frames anew."""
        self._last_index = None

    def frame_restored(self, stages: StageTimes) -> None:
        """Count a restored frame that has reached its file, or the viewer where there is none."""
        self.restored += 1
        self._stages.append(stages)
        self._restored_at.append(time.perf_counter())

    def frames_skipped(self, count: int) -> None:
        """Count frames that the preview passed over."""
        self.skipped += count

    def snapshot(self) -> Snapshot:
        """Return the counts and rates of now."""
        arrivals = list(self._restored_at)
        late = list(self._stages)[-_KEPT_ARRIVALS:]
        rate = None
        if len(arrivals) > 1 and arrivals[-1] > arrivals[0]:
            rate = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
        latency = float(np.median([sum(s) - s.look_ahead for s in late])) if late else None
        return Snapshot(
            self.received, self.lost, self.gaps, self.restored, self.skipped, rate, latency
        )

    def latency_table(self) -> dict[str, tuple[float, float]]:
        """Median and 99th percentile in seconds of each stage and of their sum.

        Returns
        -------
        dict
            From a stage's name to (median, 99th percentile); empty if nothing was restored.
        """
        if not self._stages:
            return {}
        table = np.array(self._stages)
        columns = dict(zip(StageTimes._fields, table.T, strict=True))
        columns["total"] = table.sum(axis=1)
        return {
            name: (float(np.median(values)), float(np.percentile(values, 99)))
            for name, values in columns.items()
        }
