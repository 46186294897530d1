"""The noise of single frames, told from what differs between neighbouring frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.metrics import BACKGROUND_PERCENTILE, ROUNDING_NOISE

Image = NDArray[np.float32]

_FITS = 3
# A square that is larger than so many variances is taken for motion, and counted as this.
_LARGEST_SQUARE = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseModel:
    """Variance = floor + slope x (level - dark): read noise, and the light's own.

    Attributes
    ----------
    dark : float
        Level of the background, in counts.
    floor : float
        Variance there, in square counts; at least that of rounding.
    slope : float
        Square counts of variance to a count of light: the detector's gain. Not negative.
    grain : float
        How much larger the variance of a sum of neighbouring pixels is than if their noise were
        independent. 1 for a photomultiplier; more where frames were blurred or compressed.
    """

    dark: float
    floor: float
    slope: float
    grain: float = 1.0

    @property
    def told(self) -> bool:
        """Whether the frames differ by more than rounding."""
        return self.slope > 0 or self.floor > ROUNDING_NOISE**2

    def variance(self, level: Image, out: Image | None = None) -> Image:
        """Variance of one frame's pixels.

        Parameters
        ----------
        level : ndarray of float32
            Expected counts.
        out : ndarray of float32, same shape, optional
            Where to put the result; may be the level itself.

        Returns
        -------
        ndarray of float32, same shape
        """
        variance: Image = np.subtract(level, np.float32(self.dark), out=out)
        np.maximum(variance, 0, out=variance)
        np.multiply(variance, np.float32(self.slope), out=variance)
        return np.add(variance, np.float32(self.floor), out=variance)

    def at(self, level: float) -> float:
        """Variance at one level."""
        return self.floor + self.slope * max(level - self.dark, 0.0)


def fit_noise(levels: Image, squares: Image, coarse_squares: Image) -> NoiseModel:
    """Fit the variance of the background, and how it rises with the level.

    What moves differs from frame to frame as well as noise does; so squares far above the rest of
    their level are cut down, and motion in bright structures can't touch the background's variance.

    Parameters
    ----------
    levels : ndarray of float32, any shape
        In counts.
    squares : ndarray of float32, same shape
        Estimates of the variance there, right on average; each may be of few pixels.
    coarse_squares : ndarray of float32, same shape
        The same, told from sums of neighbouring pixels.

    Returns
    -------
    NoiseModel
    """
    (border,) = percentiles(levels, (BACKGROUND_PERCENTILE,))
    background = levels <= border
    dark = float(levels[background].mean())
    floor = _without_outliers(squares[background])
    above = np.maximum(levels - np.float32(dark), 0)
    rest = squares - np.float32(floor)
    slope = 0.0
    for _ in range(_FITS):
        expected = np.float32(floor) + np.float32(slope) * above
        if slope:
            rest = np.minimum(squares, _LARGEST_SQUARE * expected) - np.float32(floor)
        weights = 1 / expected
        slope = max(float(np.vdot(weights, rest)) / max(float(np.vdot(weights, above)), 1e-9), 0.0)
    # Only in the background: in structures motion is as coarse.
    grain = max(_without_outliers(coarse_squares[background]) / floor, 1.0)
    return NoiseModel(dark=dark, floor=floor, slope=slope, grain=grain)


def percentiles(values: Image, wanted: Sequence[float]) -> list[float]:
    """Find the values at percentiles; sorting all takes a fifth of what `numpy.percentile` does."""
    ordered = np.sort(values, axis=None)
    return [float(ordered[round((len(ordered) - 1) * one / 100)]) for one in wanted]


def _without_outliers(squares: Image) -> float:
    variance = float(squares.mean())
    for _ in range(_FITS):
        variance = max(variance, ROUNDING_NOISE**2)
        variance = float(np.minimum(squares, _LARGEST_SQUARE * variance).mean())
    return max(variance, ROUNDING_NOISE**2)
