"""What a window is like, in figures that do not depend on a detector's counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

from engines import IntensityScale
from pssr_live.metrics import SIGNAL_PERCENTILE
from pssr_live.trust.noise import NoiseModel, fit_noise, percentiles

FRAMES = 5
# Pixels are summed up in blocks of this side before frames are compared.
BLOCK = 2
DARK_PERCENTILE, BRIGHT_PERCENTILE = 5.0, 99.5
# Noise and percentiles are told from blocks that are about so many along each side.
SAMPLED_SIDE = 80
# Detectors end at one less than a power of two; below this many bits it is chance.
FEWEST_BITS = 6
# Structure, and its changes, count as far as they stand out of the noise by this.
STANDARD_ERRORS = 3.0
# Of the noise itself, this part is not known.
NOISE_UNKNOWN = 0.05
WIDEST = 50.0
# Structure is what differs within a cell of so many blocks a side.
HAZE = 4
# Of the bands of rows that are a cell high, some are passed over in large frames.
BAND = HAZE * BLOCK
MOST_BANDS = 7
SMALLEST_SIDE = BAND

Pixels = NDArray[np.uint8 | np.uint16]
Image = NDArray[np.float32]

# Of n frames, every order in which they may be walked through, up to its reverse.
_ORDERS = {
    count: np.array([order for order in permutations(range(count)) if order[0] < order[-1]])
    for count in range(2, FRAMES + 1)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFigures:
    """What a window is like.

    Attributes
    ----------
    snr : float
        How far the brightest structure (the 99.9 percentile) stands above the background (the
        darkest quarter), in the noise that one frame has there; all told from blocks of 2 x 2.
    noise : float
        Standard deviation at the brightest structures, in parts of their height.
    saturated : float
        Part of the centre frame's pixels at the detector's end.
    contrast : float
        Part of the range of brightness that lies above the median: near 1 for bright structures on
        dark background, below one half for dark ones on a bright background.
    width : float
        How wide structures are at least, in LR pixels; 1.4 sigma for a Gaussian spot. NaN where
        noise leaves nothing to measure.
    change : float
        How much of the structures' power changes from frame to frame at least, noise aside: 1 less
        the correlation of neighbouring frames.
    disorder : float
        The part of that change, at least, which there would not be if the frames stood in another
        order.
    black, white : float
        Where the darkest and the brightest lie in network units: about 0 and 1 where the
        recording's intensity scale fits.
    """

    snr: float
    noise: float
    saturated: float
    contrast: float
    width: float
    change: float
    disorder: float
    black: float
    white: float


class WindowMeter:
    """Measures windows of one frame size, again and again.

    Parameters
    ----------
    shape : tuple of int
        Height and width of a frame, at least 8.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        height, width = shape
        if min(shape) < SMALLEST_SIDE:
            raise ValueError(f"frames of {height} x {width} pixels are too small to be measured")
        self._bands, self._band_step = height // BAND, max(round(height / BAND / MOST_BANDS), 1)
        bands = len(range(0, self._bands, self._band_step))
        blocks = (bands * HAZE, width // BLOCK)
        self._sums = np.empty((FRAMES, *blocks), np.float32)
        self._checks = np.empty((FRAMES, *blocks), np.float32)
        columns = BLOCK * blocks[1]
        self._light = np.empty((FRAMES, bands, BAND, columns), np.float32)
        self._total, self._step = np.empty((2, FRAMES, bands, HAZE, columns), np.float32)
        # Every so many rows and columns of blocks are enough for noise and percentiles.
        self._thin = tuple(max(round(side / SAMPLED_SIDE), 1) for side in blocks)

    def measure(
        self, frames: Pixels, centre: int, intensity: IntensityScale
    ) -> tuple[WindowFigures, NoiseModel]:
        """Measure one window.

        Parameters
        ----------
        frames : ndarray of uint8 or uint16, shape (n, H, W), n from 2 to 5
            Those of the window that are different frames, in order.
        centre : int
            Which of them is restored.
        intensity : IntensityScale
            The recording's.

        Returns
        -------
        WindowFigures
        NoiseModel
            Of one frame.
        """
        sums, checks = self._in_blocks(frames)
        rows, columns = self._thin
        thin_sums, thin_checks = (blocks[:, ::rows, ::columns] for blocks in (sums, checks))
        levels = thin_sums.mean(axis=0)
        np.multiply(levels, np.float32(1 / BLOCK**2), out=levels)
        noise = fit_noise(levels, _variances(thin_checks), _variances(thin_sums))
        dark, median, bright, brightest = percentiles(
            levels, (DARK_PERCENTILE, 50.0, BRIGHT_PERCENTILE, SIGNAL_PERCENTILE)
        )
        span = max(bright - dark, noise.floor**0.5)
        block_noise = BLOCK**2 * noise.grain * noise.at(float(levels.mean()))
        change, disorder = _changes(sums, block_noise)
        figures = WindowFigures(
            snr=(brightest - noise.dark) / math.sqrt(noise.floor),
            noise=noise.at(bright) ** 0.5 / span,
            saturated=_saturated(frames[centre]),
            contrast=(bright - median) / span,
            width=_width(sums, block_noise),
            change=change,
            disorder=disorder,
            black=(dark - intensity.offset) / intensity.gain,
            white=(bright - intensity.offset) / intensity.gain,
        )
        return figures, noise

    def _in_blocks(self, frames: Pixels) -> tuple[Image, Image]:
        """Sum up blocks of some bands: all four pixels, and one diagonal less the other."""
        count, bands, columns = len(frames), self._bands, self._light.shape[-1]
        rows = frames[:, : bands * BAND, :columns].reshape(count, bands, BAND, columns)
        light, total, step, *results = (
            buffer[:count]
            for buffer in (self._light, self._total, self._step, self._sums, self._checks)
        )
        # All converted first: in one step with adding up NumPy takes several times as long.
        np.copyto(light, rows[:, :: self._band_step])
        upper, lower = light[:, :, ::BLOCK], light[:, :, 1::BLOCK]
        np.add(upper, lower, out=total)
        np.subtract(upper, lower, out=step)
        sums, checks = (blocks.reshape(*total.shape[:-1], columns // BLOCK) for blocks in results)
        np.add(total[..., ::BLOCK], total[..., 1::BLOCK], out=sums)
        np.subtract(step[..., ::BLOCK], step[..., 1::BLOCK], out=checks)
        return results[0], results[1]


def _variances(blocks: Image) -> Image:
    """Estimate the variance of a pixel's noise from how blocks differ between frames.

    What stands still cancels between the frames. In blocks that are one diagonal less the other,
    structure that is wider than a pixel cancels as well, even if it moves.
    """
    squares = np.zeros(blocks.shape[1:], np.float32)
    for before, after in pairwise(blocks):
        step = after - before
        np.multiply(step, step, out=step)
        np.add(squares, step, out=squares)
    return np.multiply(squares, np.float32(1 / (2 * BLOCK**2 * (len(blocks) - 1))), out=squares)


def _changes(sums: Image, noise: float) -> tuple[float, float]:
    """Change and disorder of what is no noise, see `WindowFigures`.

    Products of a frame with itself hold the variance of its noise; of different frames they don't.

    Parameters
    ----------
    sums : ndarray of float32, shape (n, h, w)
        Frames in blocks.
    noise : float
        Variance of a block.
    """
    fine, noise = _without_haze(sums), noise * (1 - 1 / HAZE**2)
    count, pixels = len(fine), fine[0].size
    flat = fine.reshape(count, -1)
    products = (flat @ flat.T).astype(np.float64) / pixels
    selves = np.diag(products)
    error = STANDARD_ERRORS * noise / math.sqrt(pixels)
    power = float(selves.mean()) - noise
    if power <= error + NOISE_UNKNOWN * noise:
        return 0.0, 0.0
    earlier = np.arange(count - 1)
    apart = selves[:, None] + selves - 2 * products - 2 * noise
    steps = float(apart[earlier, earlier + 1].mean())
    change = (steps - 2 * error) / (2 * power)
    orders = _ORDERS[count]
    shortest = float(apart[orders[:, :-1], orders[:, 1:]].mean(axis=1).min())
    disorder = (steps - shortest - 2 * error) / max(steps, 2 * error)
    return max(change, 0.0), min(max(disorder, 0.0), 1.0)


def _without_haze(sums: Image) -> Image:
    """Take the mean of each cell off: what is wider hides how fine structures move."""
    count, height, width = sums.shape
    rows, columns = height // HAZE, width // HAZE
    whole = sums[:, :, : columns * HAZE]
    part = np.full(HAZE, 1 / HAZE, np.float32)
    means = np.matmul(whole.reshape(count, -1, columns, HAZE), part)
    means = means.reshape(count, rows, HAZE, columns).mean(axis=2)
    spread = np.repeat(means, HAZE, axis=2)[:, :, None]
    fine: Image = whole.reshape(count, rows, HAZE, columns * HAZE) - spread
    return fine


def _width(sums: Image, noise: float) -> float:
    """Width from how steep structures are, told from products of neighbouring frames."""
    flat = sums.reshape(len(sums), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    error = STANDARD_ERRORS * noise / math.sqrt(flat.shape[1])
    power = _shared(flat)
    if power <= error:
        return float("nan")
    # Along rows only: between two bands of rows there may be others.
    slopes = error + _shared(np.diff(sums, axis=2).reshape(len(sums), -1))
    return BLOCK / math.sqrt(max(slopes / power, (BLOCK / WIDEST) ** 2))


def _shared(flat: Image) -> float:
    """Mean product of neighbouring frames, pixel by pixel."""
    products = [float(np.vdot(one, two)) for one, two in pairwise(flat)]
    return sum(products) / (len(products) * len(flat[0]))


def _saturated(frame: Pixels) -> float:
    """Part of the pixels at a value that a detector may end at."""
    top = int(frame.max())
    if top < 2**FEWEST_BITS - 1 or top & (top + 1):
        return 0.0
    return float(np.count_nonzero(frame == top)) / frame.size
