"""Whether the restored image, scanned again, would give the frame that was measured.

The restored image is looked at in the middle of each LR pixel, summed up in blocks of 2 x 2 of
them, as the centre frame is, blurred, and fitted to it with one gain and one offset
(`pssr_live.metrics.squirrel`). What is left over must look like the noise of one frame. Where it
does not, the restored image shows something that was not measured, or leaves out something that
was. In blocks, since structures are several LR pixels wide and noise one; and since it has to be
done for every frame, beside an engine that uses every core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.metrics import GaussianBlur, Squirrel, fit_sigma
from pssr_live.trust.noise import Image, NoiseModel

# A resolution scaling function wider than this, in LR pixels, would hide what it should show.
LARGEST_SIGMA = 1.0
# A blur as narrow as this, in LR pixels, changes next to nothing.
SMALLEST_SIGMA = 0.3
# LR pixels a side.
BLOCK = 2
# The residual map is blurred by this many blocks, together about 1.5 LR pixels.
MAP_SIGMA = 0.7
MAP_REACH = 2
# Area in LR pixels of which the map then has one independent value.
INDEPENDENT_AREA = 28.0
ROWS_OF_OTHERS = 48
ROWS_AT_A_TIME = 64
# The forward model itself is off by about so much of the light: a scanner's point spread is no
# Gaussian, its sampling neither points nor areas. Below some photons noise is far larger.
MODEL_ERROR = 0.1

Pixels = NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprojection:
    """How well a restored image agrees with the frame that was measured, in blocks.

    Attributes
    ----------
    rsp : float
        Pearson correlation of the two; noise in the measured frame alone keeps it below 1.
    rse : float
        Root mean square of their difference, in counts of the mean of a block.
    rsp_relative : float
        `rsp` over that of the mean of the other frames of the window.
    rse_relative : float
        `rse` over what noise alone leaves of a sample that stands still. About 1 is as good as it
        gets; less means that the image follows the noise of the measured frame, or motion that a
        mean of frames can't. NaN in a window of one frame, as `rsp_relative`.
    peak : float
        Largest value of the residual map, to either side.
    residual : ndarray of float32, shape (H // 2, W // 2)
        Restored less measured, smoothed, in standard deviations: noise alone has one
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

    Attributes
    ----------
    sampled : ndarray of float32, shape (H, W)
        The restored image compared last, see `in_the_middle`.
    blocks : ndarray of float32, shape (H // 2, W // 2)
        That, summed up.
    """

    def __init__(self, shape: tuple[int, int], scale_factor: int, sigma: float) -> None:
        self.sigma = sigma
        self._scale_factor = scale_factor
        height, width = blocks = shape[0] // BLOCK, shape[1] // BLOCK
        self._squirrel = Squirrel(blocks, 1, _of_three_weights(sigma / BLOCK), reach=1)
        self._smooth = GaussianBlur(blocks, MAP_SIGMA, reach=MAP_REACH)
        # Of large frames some rows of blocks are enough to tell what a mean of frames reaches.
        self._thin = max(round(height / ROWS_OF_OTHERS), 1)
        self.sampled = np.empty(shape, np.float32)
        self._pairs = np.empty((height, BLOCK * width), np.float32)
        self.blocks, self._measured, self._light, self._residual = np.empty(
            (4, height, width), np.float32
        )

    def compare(
        self, restored: Pixels, frames: Pixels, centre: int, *, noise: NoiseModel
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
        coarse = in_the_middle(restored, self._scale_factor, out=self.sampled)
        sums = _in_blocks(coarse, self._pairs, out=self.blocks)
        measured = _in_blocks(frames[centre], self._pairs, out=self._measured)
        agreement = self._squirrel.compare(sums, measured)
        residual = self._standardised(agreement.error_map, measured, noise)
        rsp_of_others, rse_of_others = self._others(frames, centre)
        return Reprojection(
            rsp=agreement.rsp,
            rse=agreement.rse / BLOCK**2,
            rsp_relative=_ratio(agreement.rsp, rsp_of_others),
            rse_relative=_ratio(agreement.rse, rse_of_others),
            peak=max(float(residual.max()), -float(residual.min())),
            residual=residual,
        )

    def _standardised(self, error: Image, measured: Image, noise: NoiseModel) -> Image:
        """Divide the error by the standard deviation that is nobody's fault, block by block."""
        light, residual = self._light, self._residual
        # What should have been measured, a pixel.
        np.add(measured, error, out=light)
        np.multiply(light, np.float32(1 / BLOCK**2), out=light)
        np.subtract(light, np.float32(noise.dark), out=light)
        np.maximum(light, 0, out=light)
        # floor + slope x light + (error of the model x light)^2, by Horner's rule.
        variance = np.multiply(light, np.float32(MODEL_ERROR**2), out=residual)
        np.add(variance, np.float32(noise.slope), out=variance)
        np.multiply(variance, light, out=variance)
        np.add(variance, np.float32(noise.floor), out=variance)
        np.divide(error, np.sqrt(variance, out=variance), out=residual)
        self._smooth(residual, out=residual)
        left = BLOCK * self._smooth.noise_left * math.sqrt(noise.grain)
        return np.multiply(residual, np.float32(1 / left), out=residual)

    def _others(self, frames: Pixels, centre: int) -> tuple[float, float]:
        """RSP and RSE of the mean of the other frames; of it, what noise alone leaves."""
        count = len(frames) - 1
        if count == 0:
            return float("nan"), float("nan")
        height, width = (BLOCK * side for side in self._residual.shape)
        first, second = (frames[:, row : height : BLOCK * self._thin, :width] for row in (0, 1))
        pairs = np.add(first, second, dtype=np.float32, casting="unsafe")
        blocks = pairs[..., ::BLOCK] + pairs[..., 1::BLOCK]
        measured = blocks[centre]
        mean = blocks.sum(axis=0) - measured
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
    near = np.empty((ROWS_AT_A_TIME, restored.shape[1]), restored.dtype)
    for row in range(0, len(out), ROWS_AT_A_TIME):
        part = out[row : row + ROWS_AT_A_TIME]
        rows, there = near[: len(part)], slice(factor * row, factor * (row + len(part)))
        # Every fourth pixel of memory far away takes longer than a copy of whole rows before.
        np.copyto(rows, restored[there][first::factor])
        np.copyto(part, rows[:, first::factor], casting="unsafe")
        np.copyto(rows, restored[there][last::factor])
        np.add(part, rows[:, last::factor], out=part)
    return np.multiply(out, np.float32(0.5), out=out)


def fit_forward_model(restored: Pixels, frame: Pixels) -> float:
    """Find the blur between restored images and measured frames, once for a recording.

    Parameters
    ----------
    restored : ndarray of uint8 or uint16, shape (sH, sW)
    frame : ndarray of uint8 or uint16, shape (H, W)
        In the same counts.

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


def _in_blocks(image: Image | Pixels, pairs: Image, out: Image) -> Image:
    """Sum up blocks, by way of pairs of rows; what makes no whole block is left out."""
    height, width = (BLOCK * side for side in out.shape)
    whole = image[:height, :width]
    np.add(whole[::BLOCK], whole[1::BLOCK], out=pairs, dtype=np.float32, casting="unsafe")
    return np.add(pairs[:, ::BLOCK], pairs[:, 1::BLOCK], out=out)


def _of_three_weights(sigma: float) -> float:
    """Sigma of the Gaussian of which three samples have the variance of a narrow one.

    A Gaussian much narrower than a pixel has next to nothing of its width at whole pixels. With
    weights w, 1 - 2 w, w the variance is 2 w.
    """
    side = sigma**2 / 2
    return math.sqrt(-0.5 / math.log(side / (1 - 2 * side))) if side else 0.0


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
