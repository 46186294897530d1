"""The paper's crappifiers to the letter of the public release (PSSR v1), for who compares with it.

What restores best is not this: see docs/crappify.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engines import SCALE_FACTOR
from pssr_live.crappify.crappifiers import Counts, Images, whole_cells
from pssr_live.crappify.paper import AdditiveGaussian, Noise, paper_crappifier

PREFIX = "paper-exact:"
# Those whose release does not scale by the image's maximum.
_AS_BRIGHT_AS_THEY_ARE = ("no-noise", "poisson", "gaussian")
_ELECTRONS = "-em"


@dataclass(frozen=True, slots=True)
class ExactPaperCrappifier:
    """Noises one after the other, each as it stands, then v1's resampling and renormalisation.

    Attributes
    ----------
    name : str
        ``paper-exact:`` and the noises.
    noises : tuple of Noise
    renormalised : bool
        Divide each image by its new maximum and multiply it by what its maximum was before: v1
        does so for fluorescence. With white specks in nearly every image the first changes nothing,
        and the second makes dim images dimmer still.
    """

    name: str
    noises: tuple[Noise, ...]
    renormalised: bool

    @property
    def black(self) -> float:
        """Counts of HR value 0."""
        return 0.0

    @property
    def white(self) -> float:
        """Counts of HR value 1 in an image whose brightest pixel it is."""
        return 255.0

    def draw(self, rng: np.random.Generator) -> ExactPaperCrappifier:  # noqa: ARG002
        """Return itself: v1 has one setting."""
        return self

    def apply(self, hr: Images, rng: np.random.Generator) -> Counts:
        """Degrade images (..., H, W) to uint8 (..., H // 4, W // 4)."""
        image = np.rint(255.0 * np.clip(whole_cells(hr), 0.0, 1.0)) / np.float32(255.0)
        brightest = image.max(axis=(-2, -1), keepdims=True)
        for noise in self.noises:
            image = noise.add(image, rng)
        if self.renormalised:
            peak = image.max(axis=(-2, -1), keepdims=True)
            image = image / np.where(peak > 0, peak, 1.0) * brightest
        # v1 cuts the fraction off.
        counts: Counts = np.floor(255.0 * zoomed(image)).astype(np.uint8)
        return counts


def exact_paper_crappifier(name: str) -> ExactPaperCrappifier:
    """Put one together from ``paper-exact:`` and the names of its noises.

    Raises
    ------
    UserError
        If there is no noise of such a name.
    """
    noises = name.removeprefix(PREFIX)
    parts = noises.split("+")
    renormalised = not any(
        part in _AS_BRIGHT_AS_THEY_ARE or part.endswith(_ELECTRONS) for part in parts
    )
    # v1 blurs its map of variances by scikit-image, which repeats the outermost pixels.
    exact = tuple(
        replace(noise, edge="repeated") if isinstance(noise, AdditiveGaussian) else noise
        for noise in paper_crappifier(noises).noises
    )
    return ExactPaperCrappifier(name, exact, renormalised)


def zoomed(images: Images) -> Images:
    """Shrink images (..., H, W) four times as `scipy.ndimage.zoom` does with order 1.

    There is no blur before, and the first and last pixels keep their places: LR pixels lie a little
    more than four HR pixels apart, up to 1.5 off at the edges.
    """
    return _zoomed_along(_zoomed_along(images, -1), -2)


def _zoomed_along(images: Images, axis: int) -> Images:
    side = images.shape[axis]
    places = np.linspace(0, side - 1, side // SCALE_FACTOR) if side > SCALE_FACTOR else np.zeros(1)
    first = np.minimum(places.astype(int), side - 2)
    shape = [1] * images.ndim
    shape[axis] = len(places)
    part = (places - first).reshape(shape).astype(np.float32)
    low, high = images.take(first, axis), images.take(first + 1, axis)
    between: Images = low + part * (high - low)
    return between
