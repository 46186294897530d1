"""Whether the restored image, scanned again, would give the frame that was measured.

The restored image is looked at in the middle of each LR pixel, blurred, and fitted to the centre
frame with one gain and one offset (`pssr_live.evaluation.squirrel`). What is left over must look
like the noise of one frame. Where it does not, the restored image shows something that was not
measured, or leaves out something that was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.evaluation.gaussian import GaussianBlur
from pssr_live.evaluation.squirrel import Agreement, Squirrel, fit_sigma
from pssr_live.trust.noise import Image, NoiseModel

# A resolution scaling function wider than this, in LR pixels, would hide what it should show.
LARGEST_SIGMA = 1.0
# A blur as narrow as this, in LR pixels, changes next to nothing.
SMALLEST_SIGMA = 0.3
# The residual map has one value for a block of so many LR pixels a side. It is blurred by this many
# blocks, together about 1.5 LR pixels: structures are several pixels wide, noise one.
BLOCK = 2
MAP_SIGMA = 0.7
MAP_REACH = 2
# Area in LR pixels of which the map then has one independent value.
INDEPENDENT_AREA = 28.0
ROWS_OF_OTHERS = 96
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
    residual : ndarray of float32, shape (H // 2, W // 2)
        Restored less measured, in blocks, smoothed, in standard deviations: noise alone has one
        everywhere. Positive where the restored image shows too much.
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
        self._scale_factor = scale_factor
        self._squirrel = Squirrel(shape, 1, sigma)
        self._coarse = np.empty(shape, np.float32)
        # Of large frames some rows are enough to tell what a mean of frames reaches.
        self._thin = max(round(shape[0] / ROWS_OF_OTHERS), 1)
        height, width = (side // BLOCK for side in shape)
        self._smooth = GaussianBlur((height, width), MAP_SIGMA, reach=MAP_REACH)
        self._frame = np.empty(shape, np.float32)
        self._work = np.empty(shape, np.float32)
        self._light = np.empty((height, width), np.float32)
        self._residual = np.empty((height, width), np.float32)

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
        coarse = in_the_middle(restored, self._scale_factor, out=self._coarse)
        agreement = self._squirrel.compare(coarse, frames[centre])
        residual = self._standardised(agreement, frames[centre], noise)
        rsp_of_others, rse_of_others = self._others(frames, centre)
        return Reprojection(
            rsp=agreement.rsp,
            rse=agreement.rse,
            rsp_relative=_ratio(agreement.rsp, rsp_of_others),
            rse_relative=_ratio(agreement.rse, rse_of_others),
            peak=max(float(residual.max()), -float(residual.min())),
            residual=residual,
        )

    def _standardised(self, agreement: Agreement, measured: Pixels, noise: NoiseModel) -> Image:
        """Divide the error by the standard deviation that is nobody's fault, block by block."""
        error, light = agreement.error_map, self._work
        # What should have been measured.
        np.add(measured, error, out=light)
        residual, light = _in_blocks(error, self._residual), _in_blocks(light, self._light)
        np.multiply(light, np.float32(1 / BLOCK**2), out=light)
        np.subtract(light, np.float32(noise.dark), out=light)
        np.maximum(light, 0, out=light)
        # floor + slope x light + (error of the model x light)^2, by Horner's rule.
        variance = light * np.float32(MODEL_ERROR**2)
        np.add(variance, np.float32(noise.slope), out=variance)
        np.multiply(variance, light, out=variance)
        np.add(variance, np.float32(noise.floor), out=variance)
        np.divide(residual, np.sqrt(variance, out=variance), out=residual)
        self._smooth(residual, out=residual)
        left = BLOCK * self._smooth.noise_left * math.sqrt(noise.grain)
        return np.multiply(residual, np.float32(1 / left), out=residual)

    def _others(self, frames: Pixels, centre: int) -> tuple[float, float]:
        """RSP and RSE of the mean of the other frames; of it, what noise alone leaves."""
        count = len(frames) - 1
        if count == 0:
            return float("nan"), float("nan")
        thinned = frames[:, :: self._thin]
        mean, measured = (image[: thinned.shape[1]] for image in (self._work, self._frame))
        mean[:] = 0
        for number, frame in enumerate(thinned):
            if number != centre:
                np.add(mean, frame, out=mean)
        np.copyto(measured, thinned[centre])
        np.subtract(mean, mean.mean(), out=mean)
        np.subtract(measured, measured.mean(), out=measured)
        power, product = float(np.vdot(measured, measured)), float(np.vdot(mean, measured))
        others = float(np.vdot(mean, mean))
        if power == 0 or others == 0:
            return 0.0, 0.0
        rsp = product / (power * others) ** 0.5
        unexplained = power * (1 - max(rsp, 0.0) ** 2) / measured.size
        return rsp, max(unexplained * count / (count + 1), 0.0) ** 0.5


def in_the_middle(restored: Pixels, factor: int, out: Image) -> Image:
    """Sample a restored image in the middle of each measured pixel.

    Two pixels on either side of the middle are averaged, along a diagonal, or the middle one is
    taken. Averaging over the whole area would take six times as long; the blur that is fitted
    afterwards makes up for it.

    Parameters
    ----------
    restored : ndarray of uint8 or uint16, shape (sH, sW)
    factor : int
        s.
    out : ndarray of float32, shape (H, W)
        Where to put the result.
    """
    first, last = (factor - 1) // 2, factor // 2
    np.copyto(out, restored[first::factor, first::factor], casting="unsafe")
    np.add(out, restored[last::factor, last::factor], out=out)
    return np.multiply(out, np.float32(0.5), out=out)


def fit_forward_model(restored: Pixels, frame: Pixels) -> float:
    """Find the blur between restored images and measured frames, once for a recording.

    Returns
    -------
    float
        Sigma in LR pixels, at most `LARGEST_SIGMA`; 0 where the two have nothing in common.
    """
    factor = len(restored) // len(frame)
    sigma = fit_sigma(in_the_middle(restored, factor, out=np.empty(frame.shape, np.float32)), frame)
    return sigma if SMALLEST_SIGMA <= sigma <= LARGEST_SIGMA else 0.0


def peak_of_noise(shape: Sequence[int]) -> float:
    """Peak of the residual map, in standard deviations, that noise alone has in a field so large.

    Roughly: the largest of n independent values is about sqrt(2 ln n).

    Parameters
    ----------
    shape : tuple of int
        Height and width of a measured frame.
    """
    return math.sqrt(2 * math.log(max(math.prod(shape) / INDEPENDENT_AREA, 2.0)))


def _in_blocks(image: Image, out: Image) -> Image:
    """Sum up blocks; what makes no whole block is left out."""
    height, width = (BLOCK * side for side in out.shape)
    whole = image[:height, :width]
    np.add(whole[::BLOCK, ::BLOCK], whole[::BLOCK, 1::BLOCK], out=out)
    np.add(out, whole[1::BLOCK, ::BLOCK], out=out)
    return np.add(out, whole[1::BLOCK, 1::BLOCK], out=out)


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
