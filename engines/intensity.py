"""The one linear scale between detector counts and what a network sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BACKGROUND_PERCENTILE = 1.0
SIGNAL_PERCENTILE = 99.5
# Pure noise spans 4.9 of its standard deviations between the two percentiles. A field with nothing
# in it must not have its noise stretched to full brightness, so a unit is at least twice that.
SMALLEST_GAIN_IN_NOISE = 10.0
# Structures in a nearly empty field can be too small for the percentile, yet larger than a speck.
SPECK_PIXELS = 32
BRIGHTEST_STRUCTURE = 4.0
# A speck that moves, or flickers, is no noise either.
NOISE_PERCENTILE = 99.0


@dataclass(frozen=True, slots=True)
class IntensityScale:
    """Counts = offset + gain x network units.

    Fixed for a whole recording: a scale that followed every frame would flicker.

    Attributes
    ----------
    offset : float
        Counts that mean no light.
    gain : float
        Counts to one network unit, positive.
    """

    offset: float
    gain: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.offset) and np.isfinite(self.gain) and self.gain > 0):
            raise ValueError(f"offset {self.offset}, gain {self.gain}: not an intensity scale")

    @classmethod
    def from_window(cls, window: NDArray[np.generic]) -> IntensityScale:
        """Estimate the scale from the first window of a recording.

        The mean of the window's frames is looked at, since a single low-dose frame is mostly noise;
        percentiles, since one saturated speck must not darken the rest. The gain is the largest of:
        the span between the percentiles, a quarter of the brightest structure, ten times the noise
        of the mean, and one count.

        Parameters
        ----------
        window : ndarray of real numbers, shape (n, H, W)
            Counts; n different frames, since the noise is told from their differences.

        Returns
        -------
        IntensityScale
        """
        counts = np.asarray(window, dtype=np.float32)
        mean = counts.mean(axis=0)
        offset, signal = np.percentile(mean, [BACKGROUND_PERCENTILE, SIGNAL_PERCENTILE])
        rank = max(mean.size - SPECK_PIXELS, 0)
        structure = np.partition(mean, rank, axis=None)[rank]
        gain = max(
            float(signal - offset),
            float(structure - offset) / BRIGHTEST_STRUCTURE,
            SMALLEST_GAIN_IN_NOISE * _noise_of_mean(counts),
            1.0,
        )
        return cls(float(offset), gain)

    def to_network(
        self, counts: NDArray[np.generic], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Turn counts into network units.

        Parameters
        ----------
        counts : ndarray of real numbers, any shape
        out : ndarray of float32, same shape, optional
            Where to put the result.

        Returns
        -------
        ndarray of float32, same shape
            `out` if it was given.
        """
        if out is None:
            out = np.empty(counts.shape, dtype=np.float32)
        np.subtract(counts, np.float32(self.offset), out=out, dtype=np.float32, casting="same_kind")
        np.multiply(out, np.float32(1.0 / self.gain), out=out)
        return out

    def to_counts(self, units: NDArray[np.float32], out: NDArray[np.uint8 | np.uint16]) -> None:
        """Turn network units into counts, rounded and clipped to the dtype of `out`.

        Parameters
        ----------
        units : ndarray of float32, any shape
            Overwritten: it is worked in, so that nothing is allocated.
        out : ndarray of uint8 or uint16, same shape

        Raises
        ------
        ValueError
            If a unit is not finite.
        """
        np.multiply(units, np.float32(self.gain), out=units)
        np.add(units, np.float32(self.offset), out=units)
        # The sum is the cheapest look at every pixel: one that is not finite makes it so too.
        with np.errstate(invalid="ignore", over="ignore"):
            finite = np.isfinite(units.sum())
        if not finite:
            raise ValueError("not every unit is a finite number")
        np.rint(units, out=units)
        np.clip(units, 0, np.iinfo(out.dtype).max, out=units)
        np.copyto(out, units, casting="unsafe")


def _noise_of_mean(counts: NDArray[np.float32]) -> float:
    """Standard deviation of the noise in the mean over the frames, in counts."""
    if len(counts) < 2:
        return 0.0
    variance = counts.var(axis=0, ddof=1)
    trimmed = np.minimum(variance, np.percentile(variance, NOISE_PERCENTILE))
    return float(np.sqrt(trimmed.mean() / len(counts)))
