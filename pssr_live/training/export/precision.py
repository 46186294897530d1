"""What an engine is rounded by to a coarser precision, and what that costs in PSNR."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated import hr_movie
from engines import PrecisionLoss
from pssr_live.crappify import CRAPPIFIERS, HRSeries, find_crappifier, read_hr, scaled
from pssr_live.errors import UserError
from pssr_live.metrics import psnr_fit
from pssr_live.training.data import (
    FRAMES,
    HR_TILE,
    TIMES,
    ReportProgress,
    Restore,
    ValidationSet,
    drawn_scene,
    validation_sets,
)

SCENES_TO_ROUND_BY, SCENES_TO_MEASURE_ON = 24, 12
WINDOWS_OF_A_SERIES = 8
SEED = 11


class PrecisionData(NamedTuple):
    """Windows with their truths; what is measured on is never what is rounded by."""

    to_round_by: list[ValidationSet]
    to_measure_on: list[ValidationSet]

    def windows(self, seen: slice) -> list[NDArray[np.float32]]:
        """Return what to round by, in network units: those frames of it that a network sees."""
        return [
            window[seen] for validation_set in self.to_round_by for window in validation_set.windows
        ]


def gather_precision_data(
    crappifiers: Sequence[str],
    calibration: Sequence[Path],
    validation: Sequence[Path],
    *,
    report: ReportProgress,
) -> PrecisionData:
    """Draw and simulate scenes, read recordings, and degrade them all.

    Parameters
    ----------
    crappifiers : sequence of str
        What the engine was trained for; those of them that are known by name here, or the usual.
    calibration : sequence of Path
        HR time-lapses to round by, beside the scenes.
    validation : sequence of Path
        HR time-lapses to measure on; without any, it is done on scenes.
    report : callable
        Called with (done, total, text) while the work goes on.

    Raises
    ------
    UserError
        If a file can't be read.
    """
    own, unseen = ([scaled(read_hr(path)) for path in paths] for paths in (calibration, validation))
    rng = np.random.default_rng(SEED)
    count = SCENES_TO_ROUND_BY + (0 if unseen else SCENES_TO_MEASURE_ON)
    scenes = []
    for number in range(count):
        scenes.append(_scene(rng, simulated=number % 3 == 2))
        report(number + 1, count, "scenes")
    known = [name for name in crappifiers if _is_known(name)] or list(CRAPPIFIERS)
    return PrecisionData(
        validation_sets(
            [*scenes[:SCENES_TO_ROUND_BY], *own], known, WINDOWS_OF_A_SERIES, seed=SEED
        ),
        validation_sets(
            unseen or scenes[SCENES_TO_ROUND_BY:], known, WINDOWS_OF_A_SERIES, seed=SEED + count
        ),
    )


def measure_losses(
    tests: Sequence[ValidationSet], float32: Restore, rounded: Restore, *, report: ReportProgress
) -> list[PrecisionLoss]:
    """Measure what a coarser precision costs on each series with each crappifier.

    Parameters
    ----------
    tests : sequence of ValidationSet
    float32, rounded : callable
        The network, from a window in network units to HR, and the same in the coarser precision.
    report : callable
        Called with (done, total, text) while the work goes on.
    """
    figures: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for number, test in enumerate(tests):
        for window, truth in zip(test.windows, test.truths, strict=True):
            pair = (psnr_fit(float32(window), truth), psnr_fit(rounded(window), truth))
            figures[test.series, test.setting].append(pair)
        report(number + 1, len(tests), "what it loses")
    losses = []
    for (series, crappifier), pairs in figures.items():
        whole, coarse = np.mean(pairs, axis=0)
        losses.append(
            PrecisionLoss(
                series=series,
                crappifier=crappifier,
                float32=round(float(whole), 3),
                # Nothing lost is 0.0, not -0.0.
                lost=round(float(whole - coarse), 3) + 0.0,
            )
        )
    return losses


def _is_known(crappifier: str) -> bool:
    """Whether it has a name of ours: one from a calibration is a file on another computer."""
    try:
        find_crappifier(crappifier)
    except UserError:
        return False
    return True


def _scene(rng: np.random.Generator, *, simulated: bool) -> HRSeries:
    if not simulated:
        return HRSeries(
            name="drawn scenes",
            frames=drawn_scene(rng, TIMES, HR_TILE),
            pixel_size_um=None,
            interval_s=None,
        )
    seed = int(rng.integers(2**31))
    film = hr_movie(seed=seed, frames=FRAMES, height=HR_TILE, width=HR_TILE)
    return HRSeries(name="simulated microscope", frames=film, pixel_size_um=None, interval_s=None)
