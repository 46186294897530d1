"""Crappifiers: functions that turn HR images into what a fast, dim scan would have given.

Every crappifier is linear optics and sampling followed by noise. Along each axis the linear part is
a matrix, so that blurring and 4x4 sampling together are two small matrix products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from engines import SCALE_FACTOR

# A Gaussian is cut where scipy.ndimage and scikit-image cut it.
CUT_IN_SIGMAS = 4.0

Images = NDArray[np.float32]
Counts = NDArray[np.uint8] | NDArray[np.uint16]
Sampling = Literal["area", "point"]
# What a blur takes to lie beyond an edge: d c b a | a b c d, or a a a a | a b c d.
Edge = Literal["mirrored", "repeated"]


class Crappifier(Protocol):
    """One way to degrade, with one setting.

    Attributes
    ----------
    name : str
        What the command line, recipes and manifests call it.
    black, white : float
        Expected counts of HR values 0 and 1 in a wide even area.
    """

    @property
    def name(self) -> str:
        """See above."""
        ...

    @property
    def black(self) -> float:
        """See above."""
        ...

    @property
    def white(self) -> float:
        """See above."""
        ...

    def draw(self, rng: np.random.Generator) -> Crappifier:
        """Draw a setting, as training does for each stack."""
        ...

    def apply(self, hr: Images, rng: np.random.Generator) -> Counts:
        """Degrade images, each with noise of its own.

        Parameters
        ----------
        hr : ndarray of float32, shape (..., H, W)
            0 is black, 1 the peak. H and W at least 4; a remainder beyond a multiple of 4 is cut.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray of uint8 or uint16, shape (..., H // 4, W // 4)
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltPepperGaussian:
    """The paper's best for fluorescence, with the numbers of its public release (PSSR v1).

    Gaussian noise whose variance follows the blurred image, and specks, both at HR, before the
    image is made four times smaller by order-1 interpolation. v1 has the two steps in either order,
    and a version with and one without the anti-aliasing blur that scikit-image does before it
    shrinks an image. v1 then divides by the maximum and goes back to 8 bits; with specks of value 1
    in every frame that division changes nothing and is left out.

    Attributes
    ----------
    variance : float
        Of the noise, for each unit of blurred image (v1: 0.5).
    variance_blur : float
        Sigma of that blur in HR pixels (v1: 5).
    specks : float
        Part of the pixels turned to 1, and then to 0 (v1: 0.005 each).
    noise_first : bool
        Noise before specks.
    anti_aliasing : bool
        Blur with sigma 1.5 HR pixels before shrinking.
    """

    name: ClassVar[str] = "salt-pepper+additive-gaussian"

    variance: float = 0.5
    variance_blur: float = 5.0
    specks: float = 0.005
    noise_first: bool = False
    anti_aliasing: bool = True

    @property
    def black(self) -> float:
        """Counts of HR value 0."""
        return 0.0

    @property
    def white(self) -> float:
        """Counts of HR value 1."""
        return 255.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a setting about v1's, in any of its versions."""
        return cls(
            variance=float(rng.uniform(0.15, 0.6)),
            specks=float(rng.uniform(0.0, 0.008)),
            noise_first=bool(rng.random() < 0.5),
            anti_aliasing=bool(rng.random() < 0.85),
        )

    def apply(self, hr: Images, rng: np.random.Generator) -> Counts:
        """Degrade images to uint8; see `Crappifier`."""
        image = np.clip(whole_cells(hr), 0.0, 1.0)
        steps = [self._add_specks, self._add_noise]
        for step in reversed(steps) if self.noise_first else steps:
            image = step(image, rng)
        sigma = (SCALE_FACTOR - 1) / 2 if self.anti_aliasing else 0.0
        shrunk = sample(image, sigma, "point")
        counts: Counts = np.rint(255.0 * np.clip(shrunk, 0.0, 1.0)).astype(np.uint8)
        return counts

    def _add_noise(self, image: Images, rng: np.random.Generator) -> Images:
        variance = self.variance * blur(image, self.variance_blur)
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        noise *= np.sqrt(variance)
        noise += image
        return np.clip(noise, 0.0, 1.0, out=noise)

    def _add_specks(self, image: Images, rng: np.random.Generator) -> Images:
        image = image.copy()
        for value in (1.0, 0.0):
            count = rng.binomial(image.size, self.specks)
            image.reshape(-1)[rng.integers(image.size, size=count)] = value
        return image


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A scanner's own physics: a wider point spread, coarse sampling, photons, read noise.

    Counts = offset + gain x (Poisson(photons x light) + Gaussian(read noise)).

    Attributes
    ----------
    photons : float
        Mean photons in an LR pixel where the light is 1.
    blur : float
        Sigma, in HR pixels, of the blur that the larger pinhole adds.
    sampling : {"area", "point"}
        Each LR pixel gathers light over its whole area, or at its centre alone.
    read_noise : float
        Standard deviation in photons.
    gain : float
        Counts to a photon.
    offset : float
        Counts without light.
    bits : {8, 12, 16}
        Counts end at 2 to this power - 1; 8 gives uint8, the others uint16.
    """

    name: ClassVar[str] = "detector"

    photons: float = 12.0
    blur: float = 1.6
    sampling: Sampling = "area"
    read_noise: float = 0.4
    gain: float = 40.0
    offset: float = 100.0
    bits: Literal[8, 12, 16] = 16

    @property
    def black(self) -> float:
        """Counts of HR value 0."""
        return self.offset

    @property
    def white(self) -> float:
        """Counts of HR value 1."""
        return self.offset + self.gain * self.photons

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a setting: 3 to 100 photons at the peak, 8 or 12 bits, any plausible optics."""
        photons = log_uniform(rng, 3.0, 100.0)
        bits: Literal[8, 12] = 8 if rng.random() < 0.3 else 12
        peak = log_uniform(rng, 40.0, 200.0) if bits == 8 else log_uniform(rng, 60.0, 3000.0)
        return cls(
            photons=photons,
            blur=float(rng.uniform(0.8, 2.6)),
            sampling="area" if rng.random() < 0.7 else "point",
            read_noise=float(rng.uniform(0.0, 1.0)),
            gain=peak / photons,
            offset=float(rng.uniform(0.0, 20.0 if bits == 8 else 200.0)),
            bits=bits,
        )

    def apply(self, hr: Images, rng: np.random.Generator) -> Counts:
        """Degrade images to uint8 (8 bits) or uint16; see `Crappifier`."""
        light = sample(whole_cells(hr), self.blur, self.sampling)
        electrons = rng.poisson(self.photons * np.maximum(light, 0.0)).astype(np.float32)
        electrons += np.float32(self.read_noise) * rng.standard_normal(light.shape, np.float32)
        counts = np.rint(self.offset + self.gain * electrons)
        counts = np.clip(counts, 0, 2**self.bits - 1)
        lr: Counts = counts.astype(np.uint8 if self.bits == 8 else np.uint16)
        return lr


# What an engine is trained on unless told otherwise.
CRAPPIFIERS: Mapping[str, Crappifier] = MappingProxyType(
    {crappifier.name: crappifier for crappifier in (SaltPepperGaussian(), Detector())}
)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform between those of `low` and `high`."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def blur(images: Images, sigma: float, edge: Edge = "mirrored") -> Images:
    """Gaussian blur of images (..., H, W)."""
    height, width = images.shape[-2:]
    return _along_both(_gaussian(height, sigma, edge), images, _gaussian(width, sigma, edge))


def sample(images: Images, sigma: float, sampling: Sampling) -> Images:
    """Blur images (..., H, W) and make every 4x4 cell one LR pixel, (..., H // 4, W // 4).

    A point sample is interpolated (order 1) at the centre of the cell.
    """
    height, width = images.shape[-2:]
    rows, columns = _optics(height, sigma, sampling), _optics(width, sigma, sampling)
    return _along_both(rows, images, columns)


def _along_both(rows: Images, images: Images, columns: Images) -> Images:
    """Apply one matrix along the rows of images (..., H, W), and one along their columns."""
    result: Images = np.matmul(np.matmul(rows, images), columns.T)
    return result


def whole_cells(hr: Images) -> Images:
    """Cut images (..., H, W) to whole LR pixels."""
    height, width = (side - side % SCALE_FACTOR for side in hr.shape[-2:])
    if height == 0 or width == 0:
        raise ValueError(f"{hr.shape[-2]} x {hr.shape[-1]} pixels are less than one LR pixel")
    return np.asarray(hr[..., :height, :width], dtype=np.float32)


@lru_cache(maxsize=32)
def _gaussian(size: int, sigma: float, edge: Edge = "mirrored") -> Images:
    """Matrix (size, size) that blurs along one axis."""
    if sigma == 0:
        return np.eye(size, dtype=np.float32)
    reach = int(CUT_IN_SIGMAS * sigma + 0.5)
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    weights /= weights.sum()
    place = np.arange(size)[:, None] + steps
    if edge == "mirrored":
        place = np.mod(place, 2 * size)
        place = np.minimum(place, 2 * size - 1 - place)
    place = np.clip(place, 0, size - 1)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (np.arange(size)[:, None], place), np.broadcast_to(weights, place.shape))
    return matrix.astype(np.float32)


def _optics(size: int, sigma: float, sampling: Sampling) -> Images:
    """Matrix (size // 4, size) that blurs and samples along one axis."""
    cells = _gaussian(size, sigma).reshape(size // SCALE_FACTOR, SCALE_FACTOR, size)
    # The middle of a cell lies between its second and third pixel.
    inner = cells if sampling == "area" else cells[:, 1:3]
    matrix: Images = inner.mean(axis=1)
    return matrix
