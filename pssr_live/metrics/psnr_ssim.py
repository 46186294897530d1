"""How far an image is from the truth, with the normalisation said in the name.

``_raw`` compares pixels as they are; ``_fit`` first brings both to the scale on which PSSR v1
compares images, see `fit_to_truth`. All in float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pssr_live.metrics.gaussian import GaussianBlur

TRUTH_PERCENTILES = (0.1, 99.9)
# Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
SSIM_SIGMA = 1.5
SSIM_REACH = 5
SSIM_V1_SIDE = 7
SSIM_CONSTANTS = (0.01, 0.03)

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


def nrmse(image: ArrayLike, truth: ArrayLike) -> float:
    """Root mean square error of pixels as they are, divided by the truth's root mean square.

    Returns
    -------
    float
        0 for equal images, 1 for an image that is 0 everywhere.
    """
    first, second = _pair(image, truth)
    norm = float(np.linalg.norm(second))
    if norm == 0:
        raise ValueError("the truth is 0 everywhere: no error can be related to it")
    return float(np.linalg.norm(first - second)) / norm


def ssim_raw(image: ArrayLike, truth: ArrayLike, data_range: float) -> float:
    """Structural similarity of pixels as they are, with a Gaussian window of sigma 1.5.

    Parameters
    ----------
    image, truth : array-like, same shape, at least 11 x 11
    data_range : float
        What counts as the peak, in the images' units.

    Returns
    -------
    float
        At most 1. The mean over the pixels whose window lies in the image.
    """
    first, second = _pair(image, truth)
    if min(first.shape) <= 2 * SSIM_REACH:
        raise ValueError(f"SSIM needs at least {2 * SSIM_REACH + 1} pixels a side")
    blur = GaussianBlur(first.shape, SSIM_SIGMA, np.float64, reach=SSIM_REACH)

    def local_mean(values: Image) -> Image:
        return blur(values)[SSIM_REACH:-SSIM_REACH, SSIM_REACH:-SSIM_REACH].astype(np.float64)

    mean_1, mean_2 = local_mean(first), local_mean(second)
    variance_1 = local_mean(first**2) - mean_1**2
    variance_2 = local_mean(second**2) - mean_2**2
    covariance = local_mean(first * second) - mean_1 * mean_2
    return _similarity(
        (mean_1, mean_2), (variance_1, variance_2), covariance, data_range=data_range
    )


def ssim_fit(image: ArrayLike, truth: ArrayLike) -> float:
    """Structural similarity after `fit_to_truth`, data range 1; see `ssim_raw`."""
    return ssim_raw(*fit_to_truth(image, truth), data_range=1.0)


def ssim_v1(image: ArrayLike, truth: ArrayLike) -> float:
    """Structural similarity as PSSR v1 computes it, for comparison with the paper's figures.

    After the fit of `fit_to_truth` the mean of each image is taken off, and the window is even,
    7 x 7 pixels, with the unbiased variance (scikit-image's defaults). Without means the term for
    brightness compares values about zero, so that dark areas weigh otherwise than in `ssim_fit`.

    Parameters
    ----------
    image, truth : array-like, same shape, at least 7 x 7

    Returns
    -------
    float
    """
    fitted, goal = (values - values.mean() for values in fit_to_truth(image, truth))
    if min(goal.shape) < SSIM_V1_SIDE:
        raise ValueError(f"SSIM needs at least {SSIM_V1_SIDE} pixels a side")
    pixels = SSIM_V1_SIDE**2
    mean_1, mean_2 = _window_means(fitted), _window_means(goal)
    unbiased = pixels / (pixels - 1)
    variance_1 = unbiased * (_window_means(fitted**2) - mean_1**2)
    variance_2 = unbiased * (_window_means(goal**2) - mean_2**2)
    covariance = unbiased * (_window_means(fitted * goal) - mean_1 * mean_2)
    return _similarity((mean_1, mean_2), (variance_1, variance_2), covariance, data_range=1.0)


def _similarity(
    means: tuple[Image, Image],
    variances: tuple[Image, Image],
    covariance: Image,
    *,
    data_range: float,
) -> float:
    """Average the similarity of all windows (Wang et al. 2004)."""
    c1, c2 = ((constant * data_range) ** 2 for constant in SSIM_CONSTANTS)
    brightness = (2 * means[0] * means[1] + c1) / (means[0] ** 2 + means[1] ** 2 + c1)
    structure = (2 * covariance + c2) / (sum(variances) + c2)
    return float(np.mean(brightness * structure))


def _window_means(values: Image) -> Image:
    """Mean over each 7 x 7 window that lies in the image."""
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    side = SSIM_V1_SIDE
    corners = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    means: Image = corners / side**2
    return means


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
