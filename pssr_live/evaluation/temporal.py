"""Does a movie hold still where the sample does? Neighbouring frames, and flicker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pssr_live.metrics import Floats, GaussianBlur

# Fang et al., Nature Methods 18 (2021): in HR pixels, before neighbouring frames are correlated.
BLUR = 5.0
# What finer motion than this, in HR pixels, does to a pixel counts as standing still.
STATIC_BLUR = 2.0
BACKGROUND_PERCENTILE = 25.0
STRUCTURE_PERCENTILE = 90.0
# Of the background and of the structure, this part changes least and is looked at.
STATIC_PERCENTILE = 50.0


@dataclass(frozen=True, slots=True)
class StaticPixels:
    """Where the truth neither moves nor changes.

    Attributes
    ----------
    background, structure : ndarray of bool, shape (H, W)
    """

    background: NDArray[np.bool_]
    structure: NDArray[np.bool_]


class NeighbourCorrelation:
    """Correlates each frame with the one before, both blurred; frames are given one by one.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the frames.
    sigma : float
        Of the Gaussian, in pixels.
    """

    def __init__(self, shape: tuple[int, ...], sigma: float = BLUR) -> None:
        self.values: list[float] = []
        self._blur = GaussianBlur(shape, sigma)
        self._before: Floats | None = None

    def add(self, frame: NDArray[np.generic]) -> None:
        """Look at the next frame; from the second on, `values` gets one more."""
        blurred = self._blur(frame)
        if self._before is not None:
            self.values.append(pearson(self._before, blurred))
        self._before = blurred


def neighbour_correlations(
    frames: Iterable[NDArray[np.generic]], sigma: float = BLUR
) -> NDArray[np.float64]:
    """Pearson correlation of neighbouring frames after a Gaussian blur.

    The difference from the HR time-lapse's, |Δρ|, is the paper's temporal consistency: a restored
    movie should change as much from frame to frame as the truth does, neither more nor less.

    Parameters
    ----------
    frames : iterable of ndarray, each of shape (H, W)
    sigma : float
        Of the Gaussian, in pixels.

    Returns
    -------
    ndarray of float64, shape (n - 1,)
    """
    correlation: NeighbourCorrelation | None = None
    for frame in frames:
        correlation = correlation or NeighbourCorrelation(frame.shape, sigma)
        correlation.add(frame)
    return np.array(correlation.values if correlation else [])


def pearson(first: ArrayLike, second: ArrayLike) -> float:
    """Pearson correlation of all pixels; 0 where either image is one value everywhere."""
    one = np.asarray(first, np.float64)
    two = np.asarray(second, np.float64)
    one, two = one - one.mean(), two - two.mean()
    power = float(np.vdot(one, one)) * float(np.vdot(two, two))
    return float(np.vdot(one, two)) / power**0.5 if power > 0 else 0.0


def flicker(values: ArrayLike) -> float:
    """How much pixels that should stand still change from one frame to the next.

    The root mean square of the differences between neighbouring frames, over the square root of 2:
    for noise that is independent in each frame, its standard deviation. Slow change, like
    bleaching, hardly counts.

    Parameters
    ----------
    values : array-like, shape (T, n)
        The same n pixels in T frames, all frames on one scale.

    Returns
    -------
    float
        In the units of the values; 0 for a single frame.
    """
    steps = np.diff(np.asarray(values, np.float64), axis=0)
    return float(np.sqrt(np.mean(steps**2) / 2)) if steps.size else 0.0


def static_pixels(truth: NDArray[np.floating]) -> StaticPixels:
    """Find background and structure that stand still in an HR time-lapse.

    Background is the darkest quarter of the mean over time, structure its brightest tenth; of each,
    the half that changes least between neighbouring frames, in parts of its brightness above the
    background, is taken. All after a slight blur, so that the truth's own noise hardly decides.

    Parameters
    ----------
    truth : ndarray, shape (T, H, W)
    """
    blur = GaussianBlur(truth.shape[1:], STATIC_BLUR)
    mean, change = np.zeros(truth.shape[1:]), np.zeros(truth.shape[1:])
    before: Floats | None = None
    for frame in truth:
        blurred = blur(frame)
        mean += blurred
        if before is not None:
            change += np.abs(blurred - before)
        before = blurred
    mean /= len(truth)
    dark, bright = np.percentile(mean, (BACKGROUND_PERCENTILE, STRUCTURE_PERCENTILE))
    relative = np.divide(change, mean - dark, out=np.zeros_like(change), where=mean > dark)
    return StaticPixels(
        background=_steadiest(mean <= dark, change),
        structure=_steadiest(mean >= bright, relative),
    )


def _steadiest(region: NDArray[np.bool_], change: NDArray[np.float64]) -> NDArray[np.bool_]:
    steady: NDArray[np.bool_] = region & (
        change <= np.percentile(change[region], STATIC_PERCENTILE)
    )
    return steady
