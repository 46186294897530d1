"""What the looks at an image's frequencies share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Part of each side over which the window rises from 0 to 1, at both ends together.
TUKEY_ALPHA = 0.25

Image = NDArray[np.float64]


def tapered(image: ArrayLike) -> Image:
    """Subtract the mean and fade to 0 towards the edges, which would else be seen as a step.

    Parameters
    ----------
    image : array-like, shape (H, W)

    Returns
    -------
    ndarray of float64, shape (H, W)
    """
    values = np.asarray(image, np.float64)
    height, width = values.shape
    window = np.outer(tukey(height), tukey(width))
    # The mean is the window's own, so that nothing is left at frequency 0.
    faded: Image = (values - (values * window).sum() / max(window.sum(), 1e-300)) * window
    return faded


def tukey(size: int, alpha: float = TUKEY_ALPHA) -> NDArray[np.float64]:
    """Tukey window: flat, with a cosine of ``alpha / 2`` of its length at each end.

    Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform",
    Proceedings of the IEEE 66 (1978).

    Parameters
    ----------
    size : int
    alpha : float
        0 to 1.

    Returns
    -------
    ndarray of float64, shape (size,)
    """
    if size == 1 or alpha == 0:
        return np.ones(size)
    from_edge = np.minimum(np.arange(size), np.arange(size)[::-1]) / (size - 1)
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * np.minimum(2 * from_edge / alpha, 1.0))
    return window


def frequencies(height: int, width: int) -> Image:
    """Distance of each coefficient of ``numpy.fft.fft2`` from frequency 0.

    Returns
    -------
    ndarray of float64, shape (H, W)
        In cycles a pixel; 0.5 is Nyquist's along an axis.
    """
    distance: Image = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    return distance
