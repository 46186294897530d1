"""Whether the restored image, scanned again, would give the frame that was measured.

The restored image is averaged over the area of each LR pixel, blurred, and fitted to the centre
frame with one gain and one offset (`pssr_live.evaluation.squirrel`). What is left over must look
like the noise of one frame. Where it does not, the restored image shows something that was not
measured, or leaves out something that was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.evaluation.gaussian import GaussianBlur
from pssr_live.evaluation.squirrel import Squirrel, fit_sigma
from pssr_live.trust.noise import Image, NoiseModel

# A resolution scaling function wider than this, in LR pixels, would hide what it should show.
LARGEST_SIGMA = 1.0
# Sigma in LR pixels of the blur of the residual map: structures are several pixels wide, noise one.
MAP_SIGMA = 1.5
MAP_REACH = 4
# The forward model itself is off by about so much of the light: a scanner's point spread is no
# Gaussian, its sampling neither points nor areas. Below some photons noise is far larger.
MODEL_ERROR = 0.1

Pixels = NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, slots=True)
class Reprojection:
    """How well a restored image agrees with the frame that was measured.

    Attributes
    ----------
    rsp : float
        Pearson correlation of the two; noise in the measured frame alone keeps it below 1.
    rse : float
        Root mean square of their difference, in counts.
    rsp_relative : float
        `rsp` over that of the mean of the other frames of the window.
    rse_relative : float
        `rse` over what noise alone leaves of a sample that stands still. About 1 is as good as it
        gets; less means that the image follows the noise of the measured frame, or motion that a
        mean of frames can't. NaN in a window of one frame, as `rsp_relative`.
    peak : float
        Largest value of the residual map, to either side.
    residual : ndarray of float32, shape (H, W)
        Restored less measured, smoothed, in standard deviations: noise alone has one everywhere.
        Positive where the restored image shows too much.
    """

    rsp: float
    rse: float
    rsp_relative: float
    rse_relative: float
    peak: float
    residual: Image


class Reprojector:
    """Compares restored images with measured frames, of one size each, again and again.

    What noise leaves is told from the mean of the *other* frames of the window. A mean that holds
    the centre frame x itself is too near to it: with n frames x - mean = (n - 1) / n (x - others),
    0.8 of the true distance for five. The mean of k others has noise of its own, so the distance
    is (1 + 1 / k) times as large, in power, as from a noise-free image; that is taken off.

    Parameters
    ----------
    shape : tuple of int
        Height and width of a measured frame.
    scale_factor : int
        Restored pixels to one measured pixel along a side.
    sigma : float
        Of the blur between the two, in LR pixels; see `fit_forward_model`.
    """

    def __init__(self, shape: tuple[int, int], scale_factor: int, sigma: float) -> None:
        self.sigma = sigma
        self._squirrel = Squirrel(shape, scale_factor, sigma)
        self._smooth = GaussianBlur(shape, MAP_SIGMA, reach=MAP_REACH)
        self._frame = np.empty(shape, np.float32)
        self._work = np.empty(shape, np.float32)
        self._residual = np.empty(shape, np.float32)

    def compare(
        self, restored: Pixels, frames: Pixels, centre: int, noise: NoiseModel
    ) -> Reprojection:
        """Compare one restored image.

        Parameters
        ----------
        restored : ndarray of uint8 or uint16, shape (sH, sW)
            In the frames' counts.
        frames : ndarray of uint8 or uint16, shape (n, H, W)
            The window's different frames.
        centre : int
            Which of them was restored.
        noise : NoiseModel
            Of one frame.

        Returns
        -------
        Reprojection
            Its map is valid until the next call.
        """
        agreement = self._squirrel.compare(restored, frames[centre])
        error = agreement.error_map
        np.copyto(self._frame, frames[centre])
        deviation = self._deviation(error, noise)
        residual = self._residual
        np.divide(error, deviation, out=residual)
        self._smooth(residual, out=residual)
        left = self._smooth.noise_left * noise.grain**0.5
        np.multiply(residual, np.float32(1 / left), out=residual)
        rsp_of_others, rse_of_others = self._others(frames, centre)
        return Reprojection(
            rsp=agreement.rsp,
            rse=agreement.rse,
            rsp_relative=_ratio(agreement.rsp, rsp_of_others),
            rse_relative=_ratio(agreement.rse, rse_of_others),
            peak=max(float(residual.max()), -float(residual.min())),
            residual=residual,
        )

    def _deviation(self, error: Image, noise: NoiseModel) -> Image:
        """Standard deviation of the error that is nobody's fault, from what should be measured."""
        light, deviation = self._frame, self._work
        np.add(light, error, out=deviation)
        np.subtract(deviation, np.float32(noise.dark), out=deviation)
        np.maximum(deviation, 0, out=deviation)
        # floor + slope x light + (error x light)^2, by Horner's rule.
        np.multiply(deviation, np.float32(MODEL_ERROR**2), out=light)
        np.add(light, np.float32(noise.slope), out=light)
        np.multiply(deviation, light, out=deviation)
        np.add(deviation, np.float32(noise.floor), out=deviation)
        return np.sqrt(deviation, out=deviation)

    def _others(self, frames: Pixels, centre: int) -> tuple[float, float]:
        """RSP and RSE of the mean of the other frames; of it, what noise alone leaves."""
        count = len(frames) - 1
        if count == 0:
            return float("nan"), float("nan")
        mean, measured = self._work, self._frame
        mean[:] = 0
        for number, frame in enumerate(frames):
            if number != centre:
                np.add(mean, frame, out=mean)
        np.copyto(measured, frames[centre])
        np.subtract(mean, mean.mean(), out=mean)
        np.subtract(measured, measured.mean(), out=measured)
        power, product = float(np.vdot(measured, measured)), float(np.vdot(mean, measured))
        others = float(np.vdot(mean, mean))
        if power == 0 or others == 0:
            return 0.0, 0.0
        rsp = product / (power * others) ** 0.5
        unexplained = power * (1 - max(rsp, 0.0) ** 2) / measured.size
        return rsp, max(unexplained * count / (count + 1), 0.0) ** 0.5


def fit_forward_model(restored: Pixels, frame: Pixels) -> float:
    """Find the blur between restored images and measured frames, once for a recording.

    Returns
    -------
    float
        Sigma in LR pixels, at most `LARGEST_SIGMA`; 0 where the two have nothing in common.
    """
    sigma = fit_sigma(restored, frame)
    return sigma if sigma <= LARGEST_SIGMA else 0.0


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
