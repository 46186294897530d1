"""Fourier ring correlation: down to which detail two images agree.

Saxton and Baumeister, "The correlation averaging of a regularly arranged bacterial cell envelope
protein", Journal of Microscopy 127 (1982); for microscopes Nieuwenhuizen et al., "Measuring image
resolution in optical nanoscopy", Nature Methods 10 (2013), from which the threshold of 1/7 for two
equally noisy images is taken. Against a truth without noise the same signal gives 0.5: Rosenthal
and Henderson, Journal of Molecular Biology 333 (2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pssr_live.metrics.fourier import frequencies, tapered

TWO_SCANS = 1 / 7
AGAINST_TRUTH = 0.5
NYQUIST = 0.5

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RingCorrelation:
    """Correlation of two images, ring by ring.

    Attributes
    ----------
    frequency : ndarray of float64, shape (n,)
        Middle of each ring, in cycles a pixel, up to 0.5.
    correlation : ndarray of float64, shape (n,)
    """

    frequency: Curve
    correlation: Curve

    def cut_off(self, threshold: float = TWO_SCANS) -> float | None:
        """Where the correlation first falls below a threshold.

        Three neighbouring rings are averaged first, since single rings are noisy.

        Parameters
        ----------
        threshold : float
            `TWO_SCANS` or `AGAINST_TRUTH`.

        Returns
        -------
        float or None
            In cycles a pixel; 0.5 if it stays above to the finest detail that pixels can show,
            None if it begins below: the images have nothing in common.
        """
        padded = np.pad(self.correlation, 1, mode="edge")
        smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
        below = np.flatnonzero(smooth < threshold)
        if not below.size:
            return NYQUIST
        ring = int(below[0])
        if ring == 0:
            return None
        ends = [smooth[ring], smooth[ring - 1]]
        places = [self.frequency[ring], self.frequency[ring - 1]]
        return float(np.interp(threshold, ends, places))

    def resolution(
        self, threshold: float = TWO_SCANS, pixel_size_um: float | None = None
    ) -> float | None:
        """Length of the finest wave on which the images agree; 1 / cut-off.

        Returns
        -------
        float or None
            In µm if the pixel size is given, else in pixels. Two pixels are the finest there can
            be. None if the images have nothing in common.
        """
        cut_off = self.cut_off(threshold)
        return None if cut_off is None else (pixel_size_um or 1.0) / cut_off


def fourier_ring_correlation(first: ArrayLike, second: ArrayLike) -> RingCorrelation:
    """Correlate two images ring by ring, faded at the edges by a Tukey window.

    Parameters
    ----------
    first, second : array-like, shape (H, W)
        The same field. With noise of their own, else the noise correlates too.

    Returns
    -------
    RingCorrelation
        Rings as wide as one wave along the shorter side; 0 where an image has nothing in a ring.

    Raises
    ------
    ValueError
        If their shapes differ.
    """
    one, two = tapered(first), tapered(second)
    if one.shape != two.shape:
        raise ValueError(f"images of shapes {one.shape} and {two.shape} can't be compared")
    side = min(one.shape)
    rings = side // 2
    ring = np.rint(frequencies(*one.shape) * side).astype(np.intp).ravel()
    one_waves, two_waves = np.fft.fft2(one).ravel(), np.fft.fft2(two).ravel()

    def in_rings(values: Curve) -> Curve:
        sums: Curve = np.bincount(ring, values, minlength=rings + 1).astype(np.float64)
        return sums[1 : rings + 1]

    product = in_rings((one_waves * two_waves.conj()).real)
    power = np.sqrt(in_rings(np.abs(one_waves) ** 2) * in_rings(np.abs(two_waves) ** 2))
    correlation = np.divide(product, power, out=np.zeros(rings), where=power > 0)
    return RingCorrelation(np.arange(1, rings + 1) / side, correlation)
