"""PSNR and SSIM, with the normalisation said in the name."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

TRUTH_PERCENTILES = (0.1, 99.9)
# Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
SSIM_SIGMA = 1.5
SSIM_REACH = 5
# Standard deviation that rounding to whole counts has by itself.
ROUNDING_NOISE = float(np.sqrt(1 / 12))
SSIM_CONSTANTS = (0.01**2, 0.03**2)

Image = NDArray[np.float64]


def psnr_raw(image: ArrayLike, truth: ArrayLike, data_range: float) -> float:
    """Peak signal-to-noise ratio of pixels as they are.

    Parameters
    ----------
    image, truth : array-like, same shape
    data_range : float
        What counts as the peak, in the images' units.

    Returns
    -------
    float
        In dB; infinite for equal images.
    """
    first, second = _pair(image, truth)
    return _decibels(float(np.mean((first - second) ** 2)) / data_range**2)


def psnr_fit(image: ArrayLike, truth: ArrayLike) -> float:
    """Peak signal-to-noise ratio as PSSR v1 gives it: `fit_to_truth`, then data range 1.

    Returns
    -------
    float
        In dB; infinite for an image that is the truth but for scale and offset.
    """
    return psnr_raw(*fit_to_truth(image, truth), data_range=1.0)


def ssim(image: ArrayLike, truth: ArrayLike) -> float:
    """Structural similarity after `fit_to_truth`, data range 1, Gaussian window of sigma 1.5.

    Returns
    -------
    float
        At most 1. The mean over the pixels whose window lies in the image; both images must be at
        least 11 x 11.
    """
    from scipy.ndimage import gaussian_filter

    first, second = fit_to_truth(image, truth)
    if min(first.shape) <= 2 * SSIM_REACH:
        raise ValueError(f"SSIM needs at least {2 * SSIM_REACH + 1} pixels a side")

    def local_mean(values: Image) -> Image:
        smooth: Image = gaussian_filter(values, SSIM_SIGMA, radius=SSIM_REACH)
        return smooth[SSIM_REACH:-SSIM_REACH, SSIM_REACH:-SSIM_REACH]

    mean_1, mean_2 = local_mean(first), local_mean(second)
    variance_1 = local_mean(first**2) - mean_1**2
    variance_2 = local_mean(second**2) - mean_2**2
    covariance = local_mean(first * second) - mean_1 * mean_2
    c1, c2 = SSIM_CONSTANTS
    brightness = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1)
    structure = (2 * covariance + c2) / (variance_1 + variance_2 + c2)
    return float(np.mean(brightness * structure))


def signal_to_noise(window: ArrayLike) -> float:
    """How far the brightest structure stands above the background, in its noise.

    (I_max - mean of background) / sd of background, where I_max is the 99.9 percentile of the mean
    of the frames, the background is the darkest quarter of that mean, and the noise is told from
    the differences of neighbouring frames.

    Parameters
    ----------
    window : array-like, shape (n, H, W), n at least 2
        Counts.
    """
    counts = np.asarray(window, np.float64)
    mean = counts.mean(axis=0)
    background = mean <= np.percentile(mean, 25)
    noise = float(np.std(np.diff(counts, axis=0)[:, background])) / 2**0.5
    noise = max(noise, ROUNDING_NOISE)
    return float((np.percentile(mean, 99.9) - mean[background].mean()) / noise)


def fit_to_truth(image: ArrayLike, truth: ArrayLike) -> tuple[Image, Image]:
    """Bring both to the scale on which PSSR v1 compares images.

    The truth's 0.1 and 99.9 percentiles become 0 and 1 (nothing is cut), then the image is fitted
    to it by least squares with one gain and one offset.

    Returns
    -------
    image, truth : ndarray of float64
    """
    values, goal = _pair(image, truth)
    low, high = np.percentile(goal, TRUTH_PERCENTILES)
    if high <= low:
        raise ValueError("the truth is one value everywhere: there is nothing to compare with")
    goal = (goal - low) / (high - low)
    centred = values - values.mean()
    spread = float(np.mean(centred**2))
    gain = float(np.mean(centred * (goal - goal.mean()))) / spread if spread > 0 else 0.0
    return gain * centred + goal.mean(), goal


def _pair(image: ArrayLike, truth: ArrayLike) -> tuple[Image, Image]:
    first, second = np.asarray(image, np.float64), np.asarray(truth, np.float64)
    if first.shape != second.shape:
        raise ValueError(f"images of shapes {first.shape} and {second.shape} can't be compared")
    return first, second


def _decibels(relative_error: float) -> float:
    return float(-10 * np.log10(relative_error)) if relative_error > 0 else float("inf")
