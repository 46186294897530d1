"""How old a restored frame is when somebody sees it, beside the engine's own time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live.bench.figures import FrameSize, LatencyFigures, Spread
from pssr_live.bench.frames import PacedSource, format_of
from pssr_live.bench.path import Running, Saved, Viewer, open_session
from pssr_live.bench.timing import Effort, median, repeat
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.recording.frame_table import StageTimes

# Of the engine's own rate, what comes.
PACE = 0.6
# Of a round, for the engine alone, before it and after it.
_ALONE = 0.5
# Five frames have to come before the first is restored, and what waited meanwhile is caught up
# with, after so many at least; the last two have nobody to look ahead to, and wait for the end.
_LATE_AT_THE_START, _LATE_AT_THE_END = 15, 3
_FEWEST = 10


def measure_latency(
    engines: EngineKeeper,
    frames: NDArray[PixelType],
    saved: Saved,
    effort: Effort,
    folder: Path,
    restore: Callable[[], object],
) -> LatencyFigures:
    """Let frames come at a pace that the path keeps, and look where the time goes.

    Before each round and after it the engine alone is timed, and the round compared with that.

    Parameters
    ----------
    engines, frames, saved, effort, folder, restore
        See `pssr_live.bench.path.rates_beside_engine`.
    """
    rates: list[float] = []
    stages: list[StageTimes] = []
    ages: list[float] = []
    medians: list[float] = []
    late: list[float] = []
    before = repeat(restore, _ALONE * effort.seconds)
    for _ in range(effort.rounds):
        rates.append(PACE / median(before))
        of_stages, of_viewer = _one_round(engines, frames, saved, rates[-1], effort.seconds, folder)
        after = repeat(restore, _ALONE * effort.seconds)
        engine_seconds = median([*before, *after])
        stages += of_stages
        ages += of_viewer
        round_median, round_p99 = np.percentile(of_viewer, [50, 99]) / engine_seconds
        medians.append(round_median)
        late.append(round_p99)
        before = after
    by_stage = zip(StageTimes._fields, zip(*stages, strict=True), strict=True)
    return LatencyFigures(
        saved.title,
        median(rates),
        {stage: Spread.of(times) for stage, times in by_stage},
        Spread.of(ages),
        median(medians),
        median(late),
    )


def _one_round(
    engines: EngineKeeper,
    frames: NDArray[PixelType],
    saved: Saved,
    rate: float,
    seconds: float,
    folder: Path,
) -> tuple[list[StageTimes], list[float]]:
    """Times of the stages, and ages as seen, of the frames of one session."""
    count = _LATE_AT_THE_START + max(_FEWEST, round(rate * seconds)) + _LATE_AT_THE_END
    size = FrameSize(*frames.shape[1:])
    source = PacedSource(frames, format_of(size), count=count, rate=rate)
    with TemporaryDirectory(prefix="pssr-live-bench-", dir=folder) as place:
        session = open_session(source, engines, saved, Path(place))
        viewer = Viewer(session.newest)
        try:
            with Running(session):
                session.wait()
        finally:
            viewer.stop()
    # A path that can't keep the pace passes frames over, and then there may be few.
    restored = session.statistics.stages()
    caught_up = (n for n, stages in enumerate(restored) if stages.queue < 1 / rate)
    settled = slice(max(next(caught_up, 0), _LATE_AT_THE_START), -_LATE_AT_THE_END)
    return restored[settled] or restored, viewer.ages[settled] or viewer.ages
