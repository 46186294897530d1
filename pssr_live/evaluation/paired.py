"""Means over movies, and whether one method is better than another on the same movies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class MeanAndError:
    """Mean ± standard error of the mean over n movies; no error for a single one."""

    mean: float
    sem: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """Two methods on the same n movies.

    Attributes
    ----------
    difference : float
        Mean of first minus second.
    t_test : float or None
        p of the two-tailed paired t-test; None for fewer than two movies.
    wilcoxon : float or None
        p of the two-tailed Wilcoxon signed-rank test. With n movies it can't be below
        2 / 2^n, so five movies can't reach 0.05.
    n : int
    """

    difference: float
    t_test: float | None
    wilcoxon: float | None
    n: int


def summarise(values: Sequence[float]) -> MeanAndError:
    """Mean and standard error over movies."""
    n = len(values)
    sem = float(np.std(values, ddof=1)) / n**0.5 if n > 1 else None
    return MeanAndError(float(np.mean(values)), sem, n)


def paired_test(first: Sequence[float], second: Sequence[float]) -> PairedTest:
    """Test whether two methods differ, two-tailed, movie by movie.

    Parameters
    ----------
    first, second : sequence of float
        One figure a movie, in the same order.
    """
    from scipy import stats

    difference = np.subtract(first, second)
    n = len(difference)
    mean = float(difference.mean())
    if n < 2:
        return PairedTest(difference=mean, t_test=None, wilcoxon=None, n=n)
    if np.ptp(difference) <= 1e-12 * np.abs(difference).max():
        # The same difference everywhere: no scatter that a t-test could relate it to.
        t_test = 1.0 if mean == 0 else 0.0
    else:
        t_test = float(stats.ttest_1samp(difference, 0.0).pvalue)
    wilcoxon = 1.0 if not difference.any() else float(stats.wilcoxon(difference).pvalue)
    return PairedTest(difference=mean, t_test=t_test, wilcoxon=wilcoxon, n=n)
