"""How old a restored frame is when somebody sees it, beside the engine's own time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live.bench.figures import FrameSize, LatencyFigures, Spread
from pssr_live.bench.frames import PacedSource, format_of
from pssr_live.bench.path import (
    TURNS,
    AgeProbe,
    BenchEngine,
    Running,
    Saved,
    open_session,
    wait_for,
    wait_for_rest,
)
from pssr_live.bench.timing import Effort, median, repeat

# Of the engine's own rate, what comes.
PACE = 0.6
# Five frames come before the first is restored, and what waited meanwhile is caught up with.
_SETTLING = 15
_FEWEST_IN_A_TURN = 5


def measure_latency(
    engine: BenchEngine,
    frames: NDArray[PixelType],
    saved: Saved,
    *,
    effort: Effort,
    folder: Path,
    restore: Callable[[], object],
) -> LatencyFigures:
    """Let frames come at a pace that the path keeps, and look where the time goes.

    In turn, while the path rests, the engine alone is timed; frames are compared with what it took
    just before and just after their turn.

    Parameters
    ----------
    engine, frames, saved, effort, folder, restore
        See `pssr_live.bench.path.rates_beside_engine`.
    """
    may_come = threading.Event()
    before = repeat(restore, effort.seconds / TURNS)
    rate = PACE / median(before)
    in_a_turn = max(_FEWEST_IN_A_TURN, round(rate * effort.seconds / TURNS))
    source = PacedSource(
        frames, format_of(FrameSize(*frames.shape[1:])), rate=rate, may_come=may_come.wait
    )
    medians: list[float] = []
    late: list[float] = []

    def ages_of(count: int) -> list[float]:
        """Let so many frames be restored; returns how old each was when it was seen."""
        seen = len(viewer.ages)
        may_come.set()
        wait_for(session.statistics.restored + count, session)
        may_come.clear()
        wait_for_rest(session)
        return viewer.ages[seen:]

    with TemporaryDirectory(prefix="pssr-live-bench-", dir=folder) as place:
        session = open_session(source, engine, saved, folder=Path(place))
        viewer = AgeProbe(session.newest)
        try:
            with Running(session):
                first = len(ages_of(_SETTLING))
                for _ in range(effort.rounds):
                    of_round: list[float] = []
                    for _ in range(TURNS):
                        ages = ages_of(in_a_turn)
                        after = repeat(restore, effort.seconds / TURNS)
                        of_turn = np.array(ages) / median([*before, *after])
                        medians.append(float(np.median(of_turn)))
                        of_round += list(of_turn)
                        before = after
                    late.append(float(np.percentile(of_round, 99)))
        finally:
            viewer.stop()
    by_stage = session.statistics.stages()[first - len(viewer.ages) :]
    return LatencyFigures(
        saved=saved.title,
        rate=rate,
        stages={
            stage: Spread.of([getattr(times, stage) for times in by_stage])
            for stage in by_stage[0]._fields
        },
        seen=Spread.of(viewer.ages[first:]),
        of_engine_median=median(medians),
        of_engine_p99=median(late),
    )
