"""Signal-to-noise ratio: of one image as the paper has it, or of a window of frames.

Fang et al., Nature Methods 18 (2021): (I_max - mean of background) / sd of background. NumPy
alone, since a live session asks this of every window.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pssr_live.metrics.gaussian import GaussianBlur

BACKGROUND_PERCENTILE = 25.0
SIGNAL_PERCENTILE = 99.9
# Blurred so far, the noise of single pixels no longer decides what counts as dark.
BACKGROUND_BLUR = 3.0
# Standard deviation that rounding to whole counts has by itself.
ROUNDING_NOISE = float(np.sqrt(1 / 12))


def image_snr(image: ArrayLike, background: NDArray[np.bool_] | None = None) -> float:
    """Signal-to-noise ratio of one image, as the paper defines it.

    Parameters
    ----------
    image : array-like, shape (H, W)
    background : ndarray of bool, shape (H, W), optional
        Where there is no structure. Else the darkest quarter of the blurred image: the darkest
        pixels of the image itself would be those that noise has made dark.

    Returns
    -------
    float
        Infinite where the background is one value.
    """
    values = np.asarray(image, np.float64)
    if background is None:
        blurred = GaussianBlur(values.shape, BACKGROUND_BLUR, np.float64)(values)
        background = blurred <= np.percentile(blurred, BACKGROUND_PERCENTILE)
    dark = values[background]
    noise, signal = float(dark.std()), float(values.max() - dark.mean())
    if noise == 0:
        return float("inf") if signal > 0 else 0.0
    return signal / noise


def signal_to_noise(window: NDArray[np.generic]) -> float:
    """How far the brightest structure stands above the background, in the noise of one frame.

    The paper's ratio, made robust by five frames: I_max is the 99.9 percentile of their mean, the
    background is the darkest quarter of that mean, and the noise is told from the differences of
    neighbouring frames, which structure that stands still has no part in.

    Parameters
    ----------
    window : ndarray of real numbers, shape (n, H, W), n at least 2
        Counts.
    """
    mean = window.mean(axis=0, dtype=np.float32).ravel()
    dark, signal = np.percentile(mean, (BACKGROUND_PERCENTILE, SIGNAL_PERCENTILE))
    background = np.flatnonzero(mean <= dark)
    values = window.reshape(len(window), -1).take(background, axis=1).astype(np.float32)
    noise = float(np.std(np.diff(values, axis=0))) / 2**0.5
    return float(signal - mean[background].mean()) / max(noise, ROUNDING_NOISE)
