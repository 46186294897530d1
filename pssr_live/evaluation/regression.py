"""Counts of the same movies by two methods, or two people: how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import linregress


class Regression(NamedTuple):
    """A line through counts.

    Attributes
    ----------
    slope, intercept : float
    r_squared : float
        Part of the spread that the line explains.
    p : float
        That the slope is 0, two-sided.
    n : int
        Movies.
    """

    slope: float
    intercept: float
    r_squared: float
    p: float
    n: int

    def __str__(self) -> str:
        line = f"y = {self.slope:.2f} x {self.intercept:+.2f}"
        return f"{line}, R² = {self.r_squared:.2f}, p = {self.p:.2g} (n = {self.n})"


def regress(truth: Sequence[float], counted: Sequence[float]) -> Regression | None:
    """Fit a line by least squares; None where fewer than three movies, or no spread, tell of one.

    Parameters
    ----------
    truth, counted : sequence of float
        One value a movie, in the same order.
    """
    if len(truth) < 3 or np.ptp(truth) == 0:
        return None
    found = linregress(truth, counted)
    return Regression(
        float(found.slope),
        float(found.intercept),
        float(found.rvalue**2),
        float(found.pvalue),
        len(truth),
    )
