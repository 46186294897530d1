"""Does a restored image, made as coarse as a reference, look like it? RSP, RSE and the error map.

Culley et al., "Quantitative mapping and minimization of super-resolution optical imaging
artifacts", Nature Methods 15 (2018) (NanoJ-SQUIRREL). The restored image is blurred with a Gaussian
(the resolution scaling function), fitted to the reference with one gain and one offset, and
compared. The reference is the HR truth, or the raw frame, which has fewer pixels: the restored
image is then averaged over the area of each of them first. NumPy alone, since a live session asks
this of every frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.metrics.fourier import frequencies, tapered
from pssr_live.metrics.gaussian import GaussianBlur

# Of the Gaussian, in pixels of the reference; a fit that ends here has found no resemblance.
LARGEST_SIGMA = 10.0
SIGMA_STEPS = 101
FREQUENCY_BINS = 4096

Pixels = NDArray[np.generic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well an image, made as coarse as the reference, agrees with it.

    Attributes
    ----------
    rsp : float
        Resolution-scaled Pearson correlation, -1 to 1; 0 where either is one value everywhere.
    rse : float
        Resolution-scaled error: root mean square of the error map, in the reference's units.
    gain, offset : float
        Reference = offset + gain x blurred image, by least squares; the gain is not negative.
    sigma : float
        Of the Gaussian, in pixels of the reference.
    error_map : ndarray of float32, shape of the reference
        Scaled image minus reference: positive where the image has too much.
    """

    rsp: float
    rse: float
    gain: float
    offset: float
    sigma: float
    error_map: NDArray[np.float32]


class Squirrel:
    """Compares images with references, of one size each, again and again.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the reference in pixels.
    scale_factor : int
        Pixels of the image to one of the reference along a side.
    sigma : float
        Of the Gaussian, in pixels of the reference; see `fit_sigma`.
    reach : int, optional
        Cut the Gaussian after so many pixels, instead of after four sigma.
    """

    def __init__(
        self, shape: tuple[int, ...], scale_factor: int, sigma: float, *, reach: int | None = None
    ) -> None:
        self.sigma = sigma
        self._scale_factor = scale_factor
        self._blur = GaussianBlur(shape, sigma, reach=reach)
        self._coarse = np.empty(shape, np.float32)
        self._reference = np.empty(shape, np.float32)
        self._sums = np.empty((shape[0], shape[1] * scale_factor), np.float32)

    def compare(self, image: Pixels, reference: Pixels) -> Agreement:
        """Blur, fit and compare.

        Parameters
        ----------
        image : ndarray of real numbers, shape (sH, sW)
        reference : ndarray of real numbers, shape (H, W)

        Returns
        -------
        Agreement
            Its error map is valid until the next call.
        """
        coarse, target = self._coarse, self._reference
        if reference.shape != target.shape:
            raise ValueError(f"the reference should be {target.shape}, not {reference.shape}")
        average_cells(image, self._scale_factor, out=coarse, sums=self._sums)
        self._blur(coarse, out=coarse)
        np.copyto(target, reference, casting="unsafe")
        image_mean, reference_mean = float(coarse.mean()), float(target.mean())
        # Centred first: float32 has no digits to spare for a large offset.
        np.subtract(coarse, image_mean, out=coarse)
        np.subtract(target, reference_mean, out=target)
        image_power = float(np.vdot(coarse, coarse))
        reference_power = float(np.vdot(target, target))
        product = float(np.vdot(coarse, target))
        flat = image_power == 0 or reference_power == 0
        gain = max(product / image_power, 0.0) if image_power > 0 else 0.0
        np.multiply(coarse, gain, out=coarse)
        np.subtract(coarse, target, out=coarse)
        return Agreement(
            rsp=0.0 if flat else product / (image_power * reference_power) ** 0.5,
            rse=(float(np.vdot(coarse, coarse)) / coarse.size) ** 0.5,
            gain=gain,
            offset=reference_mean - gain * image_mean,
            sigma=self.sigma,
            error_map=coarse,
        )


def squirrel(image: Pixels, reference: Pixels, sigma: float | None = None) -> Agreement:
    """Compare one image with one reference; `Squirrel` for many.

    Parameters
    ----------
    image : ndarray of real numbers, shape (sH, sW), s a whole number
    reference : ndarray of real numbers, shape (H, W)
    sigma : float, optional
        Of the Gaussian, in pixels of the reference; fitted if it is not given.

    Raises
    ------
    ValueError
        If the image's sides are not the same whole multiple of the reference's.
    """
    if sigma is None:
        sigma = fit_sigma(image, reference)
    factor = _scale_factor(image, reference)
    return Squirrel(reference.shape, factor, sigma).compare(image, reference)


def fit_sigma(image: Pixels, reference: Pixels) -> float:
    """Find the Gaussian after which an image correlates best with a reference.

    Correlation and power are summed up once for each frequency, where a blur is a multiplication;
    every sigma is then tried on those sums.

    Parameters
    ----------
    image : ndarray of real numbers, shape (sH, sW), s a whole number
    reference : ndarray of real numbers, shape (H, W)

    Returns
    -------
    float
        In pixels of the reference, from 0 to `LARGEST_SIGMA`.
    """
    coarse = average_cells(image, _scale_factor(image, reference))
    first, second = np.fft.fft2(tapered(coarse)), np.fft.fft2(tapered(reference))
    square = frequencies(*reference.shape) ** 2
    bins = np.minimum(square * (2 * FREQUENCY_BINS), FREQUENCY_BINS - 1).astype(np.intp).ravel()

    def by_frequency(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.bincount(
            bins, values.ravel(), minlength=FREQUENCY_BINS
        ).astype(np.float64)
        return sums

    product = by_frequency((first.conj() * second).real)
    power = by_frequency(np.abs(first) ** 2)
    pixels = np.maximum(by_frequency(np.ones(square.shape)), 1)
    squared = by_frequency(square) / pixels

    def best(sigmas: NDArray[np.float64]) -> float:
        passed = np.exp(-2 * np.pi**2 * sigmas[:, None] ** 2 * squared)
        correlation = passed @ product / np.sqrt(np.maximum(passed**2 @ power, 1e-300))
        return float(sigmas[np.argmax(correlation)])

    step = LARGEST_SIGMA / (SIGMA_STEPS - 1)
    rough = best(np.linspace(0, LARGEST_SIGMA, SIGMA_STEPS))
    around = np.linspace(max(rough - step, 0), min(rough + step, LARGEST_SIGMA), SIGMA_STEPS)
    return best(around)


def average_cells(
    image: Pixels,
    scale_factor: int,
    out: NDArray[np.float32] | None = None,
    *,
    sums: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Average over cells of ``scale_factor`` x ``scale_factor`` pixels.

    Parameters
    ----------
    image : ndarray of real numbers, shape (sH, sW)
    scale_factor : int
        s.
    out : ndarray of float32, shape (H, W), optional
        Where to put the result.
    sums : ndarray of float32, shape (H, sW), optional
        Scratch memory.

    Returns
    -------
    ndarray of float32, shape (H, W)
    """
    height, width = (side // scale_factor for side in image.shape)
    if image.shape != (height * scale_factor, width * scale_factor):
        raise ValueError(f"{image.shape} pixels are not whole cells of {scale_factor}")
    if out is None:
        out = np.empty((height, width), np.float32)
    if scale_factor == 1:
        np.copyto(out, image, casting="unsafe")
        return out
    if sums is None:
        sums = np.empty((height, image.shape[1]), np.float32)
    np.copyto(sums, image[::scale_factor], casting="unsafe")
    for row in range(1, scale_factor):
        np.add(sums, image[row::scale_factor], out=sums, casting="unsafe", dtype=np.float32)
    weights = np.full(scale_factor, 1 / scale_factor**2, np.float32)
    np.matmul(sums.reshape(-1, scale_factor), weights, out=out.reshape(-1))
    return out


def _scale_factor(image: Pixels, reference: Pixels) -> int:
    factor: int = max(round(image.shape[0] / reference.shape[0]), 1)
    if image.shape != tuple(factor * side for side in reference.shape):
        raise ValueError(
            f"an image of {image.shape} pixels is not a whole multiple of {reference.shape}"
        )
    return factor
