"""Kruskal and Wallis's test of several groups, and Dunn's of each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import kruskal, norm, rankdata


class RankTest(NamedTuple):
    """What was found.

    Attributes
    ----------
    p : float
        That all groups are alike (Kruskal-Wallis).
    pairs : dict of (str, str) to float
        That two are alike: Dunn's test (Technometrics 6, 1964), two-sided, corrected for ties and,
        after Holm, for the number of pairs.
    """

    p: float
    pairs: dict[tuple[str, str], float]


def rank_test(groups: Mapping[str, Sequence[float]]) -> RankTest | None:
    """Compare groups of values; None where there are fewer than two, or all values are one.

    Parameters
    ----------
    groups : mapping of str to sequence of float
    """
    filled = {name: values for name, values in groups.items() if len(values)}
    everything = np.concatenate([np.asarray(v, float) for v in filled.values()] or [np.empty(0)])
    if len(filled) < 2 or np.ptp(everything) == 0:
        return None
    ranks, count = rankdata(everything), len(everything)
    _, tied = np.unique(everything, return_counts=True)
    ties = float((tied**3 - tied).sum()) / (12 * (count - 1))
    spread = count * (count + 1) / 12 - ties
    ends = np.cumsum([len(values) for values in filled.values()])
    means = dict(zip(filled, (one.mean() for one in np.split(ranks, ends[:-1])), strict=True))
    raw = {
        (first, second): 2
        * float(
            norm.sf(
                abs(means[first] - means[second])
                / (spread * (1 / len(filled[first]) + 1 / len(filled[second]))) ** 0.5
            )
        )
        for first, second in combinations(filled, 2)
    }
    return RankTest(float(kruskal(*filled.values()).pvalue), _holm(raw))


def _holm(raw: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Correct for the number of tests (Holm 1979)."""
    corrected: dict[tuple[str, str], float] = {}
    highest = 0.0
    for place, pair in enumerate(sorted(raw, key=lambda one: raw[one])):
        highest = max(highest, min(1.0, (len(raw) - place) * raw[pair]))
        corrected[pair] = highest
    return {pair: corrected[pair] for pair in raw}
