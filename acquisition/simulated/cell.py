"""The cell that mitochondria live in: outline, nucleus, and where they like to be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated.motion import Floats, smooth_step

CELL_RADIUS_UM = 33.0
NUCLEUS_RADII_UM = (7.0, 9.5)


class Cell(NamedTuple):
    """An outline r(angle) = radius x (1 + waves) round an elliptic nucleus.

    Attributes
    ----------
    x_um, y_um : float
        Centre of the nucleus.
    radius_um : float
        Mean radius of the outline.
    waves, phases : ndarray, shape (n,)
        Amplitudes and phases of its 2nd, 3rd, … harmonic.
    nucleus_um : tuple of float
        Half-axes of the nucleus.
    nucleus_angle : float
        Its direction in radians.
    """

    x_um: float
    y_um: float
    radius_um: float
    waves: NDArray[np.float64]
    phases: NDArray[np.float64]
    nucleus_um: tuple[float, float]
    nucleus_angle: float

    @classmethod
    def grow(cls, random: np.random.Generator, x_um: float, y_um: float) -> Cell:
        """Draw a cell round a given centre."""
        short, long = NUCLEUS_RADII_UM
        return cls(
            x_um,
            y_um,
            CELL_RADIUS_UM * random.uniform(0.9, 1.15),
            random.normal(0, 1, 5) * np.array([0.14, 0.1, 0.07, 0.04, 0.03]),
            random.uniform(0, 2 * np.pi, 5),
            (short * random.uniform(0.9, 1.1), long * random.uniform(0.9, 1.1)),
            random.uniform(0, np.pi),
        )

    def inside(self, x_um: NDArray[np.floating], y_um: NDArray[np.floating]) -> Floats:
        """How far inside the outline: 1 in the middle, 0 on the outline, negative outside."""
        dx, dy = x_um - self.x_um, y_um - self.y_um
        angle = np.arctan2(dy, dx)
        harmonics = np.arange(2, 2 + len(self.waves))
        edge = np.ones_like(angle)
        for wave, phase, harmonic in zip(self.waves, self.phases, harmonics, strict=True):
            edge += wave * np.cos(harmonic * angle + phase)
        depth: Floats = (1 - np.hypot(dx, dy) / (self.radius_um * np.maximum(edge, 0.3))).astype(
            np.float32
        )
        return depth

    def beyond_nucleus(self, x_um: NDArray[np.floating], y_um: NDArray[np.floating]) -> Floats:
        """Distance from the centre in nuclear radii: 1 on the nuclear envelope."""
        dx, dy = x_um - self.x_um, y_um - self.y_um
        cosine, sine = np.cos(self.nucleus_angle), np.sin(self.nucleus_angle)
        long = (dx * cosine + dy * sine) / self.nucleus_um[1]
        short = (dy * cosine - dx * sine) / self.nucleus_um[0]
        distance: Floats = np.hypot(long, short).astype(np.float32)
        return distance

    def liking(self, x_um: NDArray[np.floating], y_um: NDArray[np.floating]) -> Floats:
        """Where mitochondria are found, 0 to 1: dense round the nucleus, sparse at the edge."""
        distance = self.beyond_nucleus(x_um, y_um)
        dense = np.exp(-0.5 * ((distance - 1.1) / 0.9) ** 2)
        allowed = smooth_step(self.inside(x_um, y_um), 0.03, 0.15) * (distance > 1.05)
        liked: Floats = ((0.22 + 0.78 * dense) * allowed).astype(np.float32)
        return liked

    def cytoplasm(self, x_um: NDArray[np.floating], y_um: NDArray[np.floating]) -> Floats:
        """Dim light from dye that is in no mitochondrion: thicker, so brighter, in the middle."""
        depth = self.inside(x_um, y_um)
        nucleus = 1 - 0.6 * smooth_step(-self.beyond_nucleus(x_um, y_um), -1.12, -0.88)
        thickness = 0.3 + 0.7 * np.exp(-0.3 * self.beyond_nucleus(x_um, y_um) ** 2)
        light: Floats = smooth_step(depth, 0.0, 0.05) * thickness * nucleus
        return light.astype(np.float32)
