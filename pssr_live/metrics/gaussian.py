"""Gaussian blur in NumPy alone, with its buffers kept, for one image size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Where scipy.ndimage cuts a Gaussian.
CUT_IN_SIGMAS = 4.0

Floats = NDArray[np.float32] | NDArray[np.float64]


class GaussianBlur:
    """Blurs images of one size with one Gaussian, again and again.

    Edges are mirrored, d c b a | a b c d | d c b a, and the Gaussian is cut at four sigma, as
    ``scipy.ndimage.gaussian_filter`` does it.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the images in pixels.
    sigma : float
        In pixels; 0 leaves images as they are.
    dtype : dtype-like
        ``float32`` or ``float64``: what is calculated in.
    reach : int, optional
        Cut the Gaussian after so many pixels instead.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        sigma: float,
        dtype: DTypeLike = np.float32,
        *,
        reach: int | None = None,
    ) -> None:
        height, width = self.shape = shape
        self._reach = int(CUT_IN_SIGMAS * sigma + 0.5) if reach is None else reach
        self._weights = _weights(sigma, self._reach)
        self._rows = _mirrored(height, self._reach)
        self._columns = _mirrored(width, self._reach)
        self._tall: Floats = np.empty((height + 2 * self._reach, width), dtype)
        self._wide: Floats = np.empty((height, width + 2 * self._reach), dtype)
        self._between: Floats = np.empty((height, width), dtype)
        self._pair: Floats = np.empty((height, width), dtype)

    @property
    def noise_left(self) -> float:
        """Standard deviation that white noise of standard deviation 1 has after the blur."""
        centre, *side = self._weights
        return centre**2 + 2 * sum(weight**2 for weight in side)

    def __call__(self, image: NDArray[np.generic], out: Floats | None = None) -> Floats:
        """Blur one image.

        Parameters
        ----------
        image : ndarray of real numbers, shape (H, W)
        out : ndarray of the blur's dtype, shape (H, W), optional
            Where to put the result; may be the image itself.

        Returns
        -------
        ndarray of the blur's dtype, shape (H, W)
            `out` if it was given.
        """
        if image.shape != self.shape:
            raise ValueError(f"the blur is for images of {self.shape}, not {image.shape}")
        if out is None:
            out = np.empty_like(self._between)
        if not self._reach:
            np.copyto(out, image, casting="unsafe")
            return out
        reach, (height, width) = self._reach, self.shape
        self._tall[reach : reach + height] = image
        self._tall[:reach] = image[self._rows[:reach]]
        self._tall[reach + height :] = image[self._rows[reach:]]
        self._add_up(lambda step: self._tall[reach + step : reach + step + height], self._between)
        self._wide[:, reach : reach + width] = self._between
        self._wide[:, :reach] = self._between[:, self._columns[:reach]]
        self._wide[:, reach + width :] = self._between[:, self._columns[reach:]]
        self._add_up(lambda step: self._wide[:, reach + step : reach + step + width], out)
        return out

    def _add_up(self, shifted: Callable[[int], Floats], out: Floats) -> None:
        """Sum up the weighted image, shifted by every step to either side."""
        np.multiply(shifted(0), self._weights[0], out=out)
        for step, weight in enumerate(self._weights[1:], start=1):
            np.add(shifted(-step), shifted(step), out=self._pair)
            np.multiply(self._pair, weight, out=self._pair)
            np.add(out, self._pair, out=out)


def _weights(sigma: float, reach: int) -> list[float]:
    """Weights of the centre and of one side."""
    if sigma == 0 or reach == 0:
        return [1.0] + [0.0] * reach
    side = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    return [float(weight) for weight in side / (2 * side.sum() - side[0])]


def _mirrored(size: int, reach: int) -> NDArray[np.intp]:
    """Indices of the pixels mirrored in front of an axis, then of those behind it."""
    beyond = np.concatenate([np.arange(-reach, 0), np.arange(size, size + reach)])
    place = np.mod(beyond, 2 * size)
    mirrored: NDArray[np.intp] = np.minimum(place, 2 * size - 1 - place)
    return mirrored
