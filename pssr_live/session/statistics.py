"""What happened to the frames: counts, rates, and where the latency went."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from acquisition import ONE_STREAM, Missing, StreamKey
from acquisition.plans import LATE_S
from pssr_live.recording import LostFrames, StageTimes
from pssr_live.session.stream_counts import StreamCounts
from pssr_live.trust import Light, SteadyLight, Trust

_KEPT_LATENCIES = 10_000
_KEPT_ARRIVALS = 30


class SeenStages(NamedTuple):
    """Where the latency of what is seen went, in seconds.

    Attributes
    ----------
    look_ahead, queue, engine : float
        See `StageTimes`.
    display : float or None
        From the engine's end to the picture on the screen; None where there is no window.
    """

    look_ahead: float
    queue: float
    engine: float
    display: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
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
    not_recorded : int
        Frames received for a recording that are on no disk.
    frames_per_second : float or None
        Restored frames per second, lately.
    latency : float or None
        Seconds above the look-ahead, median of late frames.
    stages : SeenStages or None
        Where it went, medians of late frames.
    whole_latency : float or None
        Median in seconds from a frame to its restored frame, with the wait for the frames after it,
        which is inherent; None before there are two.
    silence : float or None
        Seconds since the last frame came.
    light : Light or None
        How far what is shown can be believed; None as long as nothing can tell. Of several channels
        the worst.
    light_reason : str
        Why, in sentences; empty for green.
    light_channel : int
        Which channel's it is.
    streams : mapping of StreamKey to StreamCounts
        What came of each.
    provisional : int
        Frames shown before their neighbours had come, and again afterwards.
    """

    received: int
    lost: int
    gaps: int
    restored: int
    skipped: int
    not_recorded: int
    frames_per_second: float | None
    latency: float | None
    stages: SeenStages | None
    silence: float | None
    light: Light | None = None
    light_reason: str = ""
    light_channel: int = 0
    streams: Mapping[StreamKey, StreamCounts] = field(default_factory=dict)
    provisional: int = 0
    whole_latency: float | None = None


class Statistics:
    """Counts frames and keeps the last latencies.

    Its methods may be called from several threads: a segment that finishes counts beside the one
    after it.
    """

    def __init__(self) -> None:
        # Held for a few steps only, and nothing else is taken meanwhile.
        self._lock = threading.Lock()
        self.received = 0
        self.lost = 0
        self.gaps = 0
        self.restored = 0
        self.skipped = 0
        self.provisional = 0
        # First and last number of frames that the camera or bridge lost in a row, and their stream.
        self.missing: list[tuple[int, int, StreamKey]] = []
        # Time points that began late, and by how many seconds.
        self.late: dict[int, float] = {}
        self._losses: list[LostFrames] = []
        self._streams: dict[StreamKey, StreamCounts] = {}
        self._renumbered: set[StreamKey] = set()
        self._received_at: float | None = None
        self._displays: deque[float] = deque(maxlen=_KEPT_ARRIVALS)
        self._restored_at: deque[float] = deque(maxlen=_KEPT_ARRIVALS)
        self._stages: deque[StageTimes] = deque(maxlen=_KEPT_LATENCIES)
        self._lights: dict[int, SteadyLight] = {}
        self._verdicts: Counter[tuple[Light, str]] = Counter()
        self._reasons: dict[tuple[Light, str], str] = {}

    def frame_received(
        self,
        index: int,
        stream: StreamKey = ONE_STREAM,
        time_point: int | None = None,
        *,
        first_index: int | None = None,
        late_s: float = math.nan,
    ) -> int:
        """Count a frame of a stream, and those missing in it before this one.

        Parameters
        ----------
        index : int
            The source's number of it.
        stream : StreamKey
            Where it belongs.
        time_point : int or None
            See `Frame`.
        first_index : int or None
            Where a numbering begins, see `FrameSource`.
        late_s : float
            See `Frame`.

        Returns
        -------
        int
            How many are missing.
        """
        moment = index if time_point is None else time_point
        with self._lock:
            known = self._streams.get(stream)
            first, lost, step = index if first_index is None else first_index, 0, 1
            if known is not None and stream not in self._renumbered:
                first, step = known.last_index + 1, max(1, moment - known.last_time_point)
            if index != first:
                lost = max(0, index - first)
                self.gaps += 1
                self.lost += lost
                if lost:
                    self.missing.append((first, index - 1, stream))
            self._renumbered.discard(stream)
            self._streams[stream] = StreamCounts(
                received=known.received + 1 if known else 1,
                lost=known.lost + lost if known else lost,
                restored=known.restored if known else 0,
                last_index=index,
                last_time_point=moment,
                step=step,
            )
            self._received_at = time.perf_counter()
            self.received += 1
            if late_s > LATE_S:
                self.late[moment] = late_s
        return lost

    def frames_missing_after(self, stream: StreamKey, missing: Missing) -> None:
        """Count what is missing behind the last frame of a stream."""
        with self._lock:
            self.gaps += 1
            self.lost += missing.last - missing.first + 1
            self.missing.append((missing.first, missing.last, stream))

    def new_numbering(self) -> None:
        """Forget the last frames' numbers: a segment may number its frames anew."""
        with self._lock:
            self._renumbered = set(self._streams)
            self._streams = {
                stream: replace(one, last_time_point=-1, step=1)
                for stream, one in self._streams.items()
            }

    def frame_restored(
        self, stages: StageTimes, trust: Trust | None = None, stream: StreamKey = ONE_STREAM
    ) -> None:
        """Count a restored frame that has reached its file, or the viewer where there is none."""
        with self._lock:
            if trust is not None:
                verdict = trust.light, trust.cause
                self._verdicts[verdict] += 1
                self._reasons[verdict] = trust.reason
            self.restored += 1
            known = self._streams.get(stream)
            if known is not None:
                self._streams[stream] = replace(known, restored=known.restored + 1)
            self._stages.append(stages)
            self._restored_at.append(time.perf_counter())

    def frame_timed(self, stages: StageTimes) -> None:
        """Note how fast frames are shown that another recording will count."""
        with self._lock:
            self._stages.append(stages)
            self._restored_at.append(time.perf_counter())

    def frame_displayed(self, seconds: float) -> None:
        """Note how long a frame took from the engine's end to the screen."""
        with self._lock:
            self._displays.append(seconds)

    def frame_shown(self, trust: Trust | None, stream: StreamKey = ONE_STREAM) -> None:
        """Take a frame that is shown into account in its channel's light."""
        if trust is not None:
            with self._lock:
                light = self._lights.setdefault(stream.channel, SteadyLight())
                light.show(trust.light, trust.reason)

    def frame_shown_early(self) -> None:
        """Count a frame that is shown before its neighbours have come."""
        with self._lock:
            self.provisional += 1

    def frames_skipped(self, count: int) -> None:
        """Count frames that the preview passed over."""
        with self._lock:
            self.skipped += count

    def frames_not_recorded(self, loss: LostFrames) -> None:
        """Count frames received for a recording that are on no disk."""
        with self._lock:
            self._losses.append(loss)

    def losses(self) -> list[LostFrames]:
        """Frames received for a recording that are on no disk, as they were lost."""
        with self._lock:
            return list(self._losses)

    def snapshot(self) -> Snapshot:
        """Return the counts and rates of now."""
        with self._lock:
            arrivals, late = list(self._restored_at), list(self._stages)[-_KEPT_ARRIVALS:]
            displays = list(self._displays)
            now = Snapshot(
                received=self.received,
                lost=self.lost,
                gaps=self.gaps,
                restored=self.restored,
                skipped=self.skipped,
                not_recorded=sum(loss.count for loss in self._losses),
                frames_per_second=None,
                latency=None,
                stages=None,
                silence=_since(self._received_at),
                streams=dict(self._streams),
                provisional=self.provisional,
            )
            for channel, steady in sorted(self._lights.items()):
                if steady.light is not None and (now.light is None or steady.light > now.light):
                    now = replace(
                        now,
                        light=steady.light,
                        light_reason=steady.reason,
                        light_channel=channel,
                    )
        if len(arrivals) > 1 and arrivals[-1] > arrivals[0]:
            rate = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
            # Once frames stay away it falls, instead of standing at what it was.
            rate = min(rate, len(arrivals) / (time.perf_counter() - arrivals[0]))
            now = replace(now, frames_per_second=rate)
        if late:
            latency = float(np.median([sum(s) - s.look_ahead for s in late]))
            whole = float(np.median([sum(s) for s in late]))
            now = replace(
                now, latency=latency, whole_latency=whole, stages=_seen_stages(late, displays)
            )
        return now

    def verdicts(self) -> list[tuple[Light, int, str]]:
        """How often restored frames got which light for what; the best first, then the commonest.

        Returns
        -------
        list of (Light, int, str)
            The light, how many frames, and what was said of the last of them.
        """
        with self._lock:
            counted = [(*key, count, self._reasons[key]) for key, count in self._verdicts.items()]
        counted.sort(key=lambda entry: (entry[0], -entry[2]))
        return [(light, count, reason) for light, _, count, reason in counted]

    def stages(self) -> list[StageTimes]:
        """Where the latency of each of the last frames went, in order."""
        with self._lock:
            return list(self._stages)

    def latency_table(self) -> dict[str, tuple[float, float]]:
        """Median and 99th percentile in seconds of each stage and of their sum.

        Returns
        -------
        dict
            From a stage's name to (median, 99th percentile); empty if nothing was restored.
        """
        stages = self.stages()
        if not stages:
            return {}
        table = np.array(stages)
        columns = dict(zip(StageTimes._fields, table.T, strict=True))
        columns["total"] = table.sum(axis=1)
        return {
            name: (float(np.median(values)), float(np.percentile(values, 99)))
            for name, values in columns.items()
        }


def _seen_stages(late: list[StageTimes], displays: list[float]) -> SeenStages:
    look_ahead, queue, engine, *_ = np.median(late, axis=0)
    display = float(np.median(displays)) if displays else None
    return SeenStages(float(look_ahead), float(queue), float(engine), display)


def _since(moment: float | None) -> float | None:
    return None if moment is None else time.perf_counter() - moment
