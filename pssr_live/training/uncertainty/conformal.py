"""Split conformal prediction: intervals that hold on recordings, by what was seen on others.

Papadopoulos, Proedrou, Vovk and Gammerman, "Inductive confidence machines for regression", ECML
2002, with residuals divided by the predicted scale as in Lei, G'Sell, Rinaldo, Tibshirani and
Wasserman, "Distribution-free predictive inference for regression", JASA 113 (2018). The promise
holds for what is exchangeable, as pixels drawn from one recording are. One recording is not another
(Dunn, Wasserman and Ramdas, "Distribution-free prediction sets for two-layer hierarchical models",
JASA 118 (2023)), and with fewer than nine of them nothing finite can be promised of the next at
90 %. So how far the promise holds is measured, on each recording left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines import Coverage
from pssr_live.metrics import brightest

LEVEL = 0.9
DIGITS = 4


class Scored(NamedTuple):
    """How far off an engine was on one recording in one setting.

    Attributes
    ----------
    series, setting : str
    scores : ndarray of float32, shape (n,)
        Of restored pixels: |truth - restored| over the predicted scale.
    brightest : ndarray of bool, shape (n,)
        Where the truth is brightest.
    """

    series: str
    setting: str
    scores: NDArray[np.float32]
    brightest: NDArray[np.bool_]

    def coverage(self, factor: float) -> Coverage:
        """Count the pixels within `factor` predicted scales."""
        inside = self.scores <= factor
        return Coverage(
            series=self.series,
            crappifier=self.setting,
            inside=round(float(inside.mean()), DIGITS),
            inside_brightest=round(float(inside[self.brightest].mean()), DIGITS),
        )


Rule = Callable[[Sequence[Scored]], float]


class ConformalCalibration(NamedTuple):
    """Half-width of an interval to a unit of predicted scale, and how far its promise holds.

    Attributes
    ----------
    factor : float
    rule : str
        A key of `RULES`.
    coverage : list of Coverage
        Of each recording by the factor that the others alone give.
    shortfalls : dict of str to float
        Of each rule, see `shortfall`.
    """

    factor: float
    rule: str
    coverage: list[Coverage]
    shortfalls: dict[str, float]

    def words(self) -> str:
        """Say which rule was taken, and why."""
        others = ", ".join(
            f"by {name} {short:.1%}" for name, short in self.shortfalls.items() if name != self.rule
        )
        return (
            f"by {self.rule} (on recordings left out {self.shortfalls[self.rule]:.1%} of the "
            f"pixels short of the promise on average; {others})"
        )


def score(
    series: str,
    setting: str,
    truth: NDArray[np.float32],
    *,
    restored: NDArray[np.float32],
    scale: NDArray[np.float32],
) -> Scored:
    """Compare restored pixels with the truth.

    Parameters
    ----------
    series, setting : str
    truth, restored, scale : ndarray of float32, of one shape
        In one unit; a scale is not negative.
    """
    residuals = np.abs(truth - restored).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = residuals / scale.ravel()
    # Nothing was predicted to be off, and nothing was.
    scores[residuals == 0] = 0
    return Scored(series, setting, scores, brightest(truth))


def conformal_quantile(scores: NDArray[np.floating], level: float = LEVEL) -> float:
    """Find what the next score stays below at a level of confidence.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Exchangeable with the next.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        The ceil((n + 1) level) smallest; infinite where there are too few.
    """
    rank = int(np.ceil((scores.size + 1) * level - 1e-9))
    if rank > scores.size:
        return np.inf
    return float(np.partition(scores, rank - 1)[rank - 1])


def pooled(scored: Sequence[Scored]) -> float:
    """Take all pixels of all recordings and settings as alike; each counts for as much."""
    fewest = min(one.scores.size for one in scored)
    rng = np.random.default_rng(0)
    return conformal_quantile(
        np.concatenate([rng.choice(one.scores, fewest, replace=False) for one in scored])
    )


def widest(scored: Sequence[Scored]) -> float:
    """Hold for the worst of the recordings in the worst of its settings."""
    return max(conformal_quantile(one.scores) for one in scored)


RULES: dict[str, Rule] = {
    "the pixels of all recordings and settings pooled": pooled,
    "the recording and setting that need the widest intervals": widest,
}


def calibrate(scored: Sequence[Scored]) -> ConformalCalibration:
    """Find the factor by the rule that keeps its promise best on recordings left out.

    Parameters
    ----------
    scored : sequence of Scored
        Of two recordings at least.
    """
    left_out = {name: leave_one_out(scored, rule) for name, rule in RULES.items()}
    shortfalls = {name: shortfall(coverage) for name, coverage in left_out.items()}
    best = min(shortfalls, key=shortfalls.__getitem__)
    return ConformalCalibration(RULES[best](scored), best, left_out[best], shortfalls)


def leave_one_out(scored: Sequence[Scored], rule: Rule) -> list[Coverage]:
    """Count each recording's pixels within the intervals that the other recordings give."""
    factors = {
        series: rule([one for one in scored if one.series != series])
        for series in dict.fromkeys(one.series for one in scored)
    }
    return [one.coverage(factors[one.series]) for one in scored]


def shortfall(coverage: Sequence[Coverage], level: float = LEVEL) -> float:
    """By how much less than promised lies inside, on average; what is more makes up for nothing."""
    return float(np.mean([max(level - one.inside, 0.0) for one in coverage]))
