"""Where a restored frame can't show what lasts one frame only: there were too few photons.

A gap in a tubule, or a bridge, that is there in one frame of five is seen by that frame alone, and
its noise hides it. What an engine draws there is what the other frames say, or its habit. How noisy
is too noisy was measured on drawn tubules: docs/trust.md, "Too few photons for one frame".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.trust.fine_structure import TILE
from pssr_live.trust.light import Finding, Light
from pssr_live.trust.noise import Image, NoiseModel

# Standard deviation of a pixel's noise, in parts of its height over the background. Beyond it
# the bundled engines show less than a third of the gaps of two LR pixels that are there in one
# frame only.
MOST_NOISE = 0.36
# What is brighter than this part of the range of brightness is structure.
STRUCTURE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolvability:
    """Where one or two, joined or broken, can't be told in one restored frame.

    Attributes
    ----------
    dark, bright : float
        Counts of the background, and of the brightest structures.
    level : float
        Counts from which on a gap that is there in this frame only can be told from none.
    fused : tuple of (int, int)
        Row and column, in raw pixels, of the middles of tiles of `TILE` raw pixels a side in which
        the raw frames show finer structure than the restored one.
    """

    dark: float
    bright: float
    level: float
    fused: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls,
        noise: NoiseModel,
        dark: float,
        bright: float,
        *,
        fused: Sequence[tuple[int, int]] = (),
    ) -> Resolvability:
        """Find the level for this noise: the brighter, the smaller a part of it the noise is."""
        most = MOST_NOISE**2
        root = math.sqrt(noise.slope**2 + 4 * most * noise.floor)
        level = noise.dark + (noise.slope + root) / (2 * most)
        return cls(dark=dark, bright=bright, level=level, fused=tuple(fused))

    @property
    def nowhere(self) -> bool:
        """Whether not even the brightest structures are bright enough."""
        return self.level > self.bright

    def findings(self) -> Iterator[Finding]:
        """Say what of it speaks against the frame."""
        if self.fused:
            row, column = self.fused[0]
            yield Finding(
                Light.AMBER,
                "fine_structure",
                "The raw frames show structure as fine as their pixels that the restored frame "
                f"lacks, near row {row}, column {column} of the raw frame: what looks even "
                "there may be dense lines that cannot be told apart.",
            )
        if self.nowhere:
            yield Finding(
                Light.AMBER,
                "resolvability",
                "Too few photons to trust what lasts one frame only: a gap two raw pixels wide may "
                "be filled in, even in the brightest structures. Believe what several frames show.",
            )

    def map_of(self, restored: NDArray[np.uint8 | np.uint16], shape: tuple[int, int]) -> Image:
        """Mark what is structure and can't be told apart.

        Parameters
        ----------
        restored : ndarray of uint8 or uint16, shape (sH, sW)
        shape : tuple of int
            Height and width of the raw frame.

        Returns
        -------
        ndarray of float32, shape (H, W)
            1 there, elsewhere 0.
        """
        height, width = shape
        factor = restored.shape[0] // height
        cells = restored[: height * factor, : width * factor]
        levels = cells.reshape(height, factor, width, factor).mean(axis=(1, 3), dtype=np.float32)
        structure = levels > self.dark + STRUCTURE * (self.bright - self.dark)
        # A flank of what is bright enough is no dim structure.
        marked = _highest_beside(levels) < self.level
        for row, column in self.fused:
            rows, columns = (
                slice(max(middle - TILE // 2, 0), middle + TILE // 2) for middle in (row, column)
            )
            marked[rows, columns] = True
        marks: Image = (marked & structure).astype(np.float32)
        return marks


def _highest_beside(levels: Image) -> Image:
    """Find the highest of each pixel and the eight round it."""
    padded = np.pad(levels, 1, mode="edge")
    rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    highest: Image = np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return highest
