"""The crappifiers that the paper compares, by name, and any sequence of them: ``a+b``.

All add their noise to HR images of 0..1 and then shrink them four times by order-1 interpolation.
What they do is that of the public release (PSSR v1); where the text of Fang et al. (Nature Methods
2021) says otherwise, the docstring says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol, Self

import numpy as np

from engines import SCALE_FACTOR
from pssr_live.crappify.crappifiers import Counts, Edge, Images, blur, sample, whole_cells
from pssr_live.errors import UserError

_PHOTONS_OF_A_WHITE_PIXEL = 255.0
_ANTI_ALIASING_SIGMA = (SCALE_FACTOR - 1) / 2


class Noise(Protocol):
    """One kind of noise on HR images."""

    def draw(self, rng: np.random.Generator) -> Self:
        """Draw a setting about this one, as training does for each stack."""
        ...

    def add(self, image: Images, rng: np.random.Generator) -> Images:
        """Add it to images (..., H, W) of 0..1; the result is cut to 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class Poisson:
    """Photon noise of an 8-bit image whose counts are photons."""

    photons: float = _PHOTONS_OF_A_WHITE_PIXEL

    def draw(self, rng: np.random.Generator) -> Self:
        """Draw half to twice the photons."""
        return replace(self, photons=float(self.photons * 2 ** rng.uniform(-1, 1)))

    def add(self, image: Images, rng: np.random.Generator) -> Images:
        """Count photons."""
        counts = rng.poisson(self.photons * image) / np.float32(self.photons)
        lit: Images = np.clip(counts.astype(np.float32), 0.0, 1.0)
        return lit


@dataclass(frozen=True, slots=True)
class Gaussian:
    """The same Gaussian noise everywhere; `sigma` in parts of full brightness."""

    sigma: float

    def draw(self, rng: np.random.Generator) -> Self:
        """Draw half to one and a half times as much."""
        return replace(self, sigma=float(self.sigma * rng.uniform(0.5, 1.5)))

    def add(self, image: Images, rng: np.random.Generator) -> Images:
        """Add it."""
        noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(self.sigma)
        return np.clip(image + noise, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class AdditiveGaussian:
    """Gaussian noise whose variance follows the blurred image.

    The text gives mean 0 and a "sigma" of 3 (EM) or 5 (fluorescence); in v1 that is the width in HR
    pixels of the blur that makes the map of variances, `variance_blur`, not that of the noise.
    """

    variance: float
    variance_blur: float
    edge: Edge = "mirrored"

    def draw(self, rng: np.random.Generator) -> Self:
        """Draw a third to one and a quarter times as much variance."""
        return replace(self, variance=float(self.variance * rng.uniform(0.3, 1.2)))

    def add(self, image: Images, rng: np.random.Generator) -> Images:
        """Add it."""
        spread = np.sqrt(np.float32(self.variance) * blur(image, self.variance_blur, self.edge))
        noise = spread * rng.standard_normal(image.shape, dtype=np.float32)
        noisy: Images = np.clip(image + noise, 0.0, 1.0)
        return noisy


@dataclass(frozen=True, slots=True)
class SaltAndPepper:
    """White pixels, then black ones, `part` of all each (v1: 0.5 %)."""

    part: float = 0.005

    def draw(self, rng: np.random.Generator) -> Self:
        """Draw none to one and a half times as many."""
        return replace(self, part=float(self.part * rng.uniform(0.0, 1.5)))

    def add(self, image: Images, rng: np.random.Generator) -> Images:
        """Sow them."""
        image = image.copy()
        for value in (1.0, 0.0):
            count = rng.binomial(image.size, self.part)
            image.reshape(-1)[rng.integers(image.size, size=count)] = value
        return image


# The paper's names; "-em" marks the numbers it uses for electron microscopy.
NOISES: Mapping[str, Noise] = MappingProxyType(
    {
        "poisson": Poisson(),
        "gaussian": Gaussian(sigma=0.025),
        "gaussian-em": Gaussian(sigma=0.15),
        "additive-gaussian": AdditiveGaussian(variance=0.5, variance_blur=5.0),
        "additive-gaussian-em": AdditiveGaussian(variance=0.05, variance_blur=3.0),
        "salt-pepper": SaltAndPepper(),
    }
)
NO_NOISE = "no-noise"


@dataclass(frozen=True, slots=True)
class PaperCrappifier:
    """Noises one after the other, then 4x4 downsampling to 8 bits.

    Attributes
    ----------
    name : str
        Those of its noises, joined by ``+``; ``no-noise`` for none.
    noises : tuple of Noise
        In the order in which they are added.
    anti_aliasing : bool
        Blur with sigma 1.5 HR pixels before shrinking, as scikit-image does.
    """

    name: str
    noises: tuple[Noise, ...]
    anti_aliasing: bool = True

    @property
    def black(self) -> float:
        """Counts of HR value 0."""
        return 0.0

    @property
    def white(self) -> float:
        """Counts of HR value 1."""
        return 255.0

    def draw(self, rng: np.random.Generator) -> PaperCrappifier:
        """Draw a setting about this one."""
        return replace(
            self,
            noises=tuple(noise.draw(rng) for noise in self.noises),
            anti_aliasing=bool(rng.random() < 0.85),
        )

    def apply(self, hr: Images, rng: np.random.Generator) -> Counts:
        """Degrade images (..., H, W) to uint8 (..., H // 4, W // 4)."""
        image = np.clip(whole_cells(hr), 0.0, 1.0)
        for noise in self.noises:
            image = noise.add(image, rng)
        shrunk = sample(image, _ANTI_ALIASING_SIGMA if self.anti_aliasing else 0.0, "point")
        counts: Counts = np.rint(255.0 * np.clip(shrunk, 0.0, 1.0)).astype(np.uint8)
        return counts


def paper_crappifier(name: str) -> PaperCrappifier:
    """Put a crappifier together from the names of its noises.

    Parameters
    ----------
    name : str
        ``no-noise``, or names in `NOISES` joined by ``+``.

    Returns
    -------
    PaperCrappifier

    Raises
    ------
    UserError
        If there is no noise of such a name.
    """
    if name == NO_NOISE:
        return PaperCrappifier(name, ())
    parts = name.split("+")
    for part in parts:
        if part not in NOISES:
            raise UserError(
                f"There is no crappifier called {part!r}.",
                f"Use detector, {NO_NOISE}, or one or more of {', '.join(NOISES)}, joined by +.",
            )
    return PaperCrappifier(name, tuple(NOISES[part] for part in parts))
