"""Drawn scenes of which is known what is one and what is two: gaps, lines, a star, points.

Sizes are in HR pixels. A scene is bright to 1 on dark ground; it is scanned as the simulated
microscope scans: a blur that makes an HR image of 0.16 µm one of 0.28 µm, at 0.049 µm a pixel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from engines import SCALE_FACTOR
from pssr_live.crappify import Detector

SIDE = 512
CELL = 64
FRAMES = 5
HR_SIGMA = 1.39
SCAN_BLUR = 2.0
# Half the width of a tubule or line before it is blurred.
HALF_WIDTH = 1.5
STAR_SPOKES = 36
POINT_PEAK = 1.0

Image = NDArray[np.float32]
Counts = NDArray[np.uint16]


class Placed(NamedTuple):
    """Something drawn: its middle (y, x) and the direction that it runs in (y, x)."""

    middle: NDArray[np.float64]
    along: NDArray[np.float64]

    @property
    def across(self) -> NDArray[np.float64]:
        """At right angles to it."""
        return np.array([-self.along[1], self.along[0]])


def scan(film: Image, photons: float, rng: np.random.Generator) -> tuple[Counts, Detector]:
    """Scan a film (5, SIDE, SIDE), or a still one (1, SIDE, SIDE) five times."""
    detector = Detector(photons=photons, blur=SCAN_BLUR)
    counts = detector.apply(np.broadcast_to(film, (FRAMES, *film.shape[1:])), rng)
    return counts.astype(np.uint16), detector


def in_cells(rng: np.random.Generator, side: int) -> list[Placed]:
    """One of something in every cell of a grid, turned at random and a little out of the middle."""
    placed = []
    for top in range(0, SIDE, side):
        for left in range(0, SIDE, side):
            turn = rng.uniform(0, np.pi)
            middle = np.array([top, left]) + side / 2 - 0.5 + rng.uniform(-2, 2, 2)
            placed.append(Placed(middle, np.array([np.sin(turn), np.cos(turn)])))
    return placed


def tubules(places: list[Placed], widths: NDArray[np.float64]) -> Image:
    """Straight tubules with a gap in their middle, of one width in each frame; 0 for none."""
    film = np.zeros((len(widths), SIDE, SIDE), np.float32)
    for place in places:
        window, along, across = _around(place, CELL // 2)
        body = _inside(np.abs(across), HALF_WIDTH) * _inside(np.abs(along), CELL / 2 - 6)
        for frame, width in zip(film, widths, strict=True):
            gap = _inside(np.abs(along), width / 2) if width else 0.0
            frame[window] += body * (1 - gap)
    return _blurred(film)


def lines(places: list[Placed], count: int, period: float, *, cell: int) -> Image:
    """Bundles of parallel lines."""
    film = np.zeros((1, SIDE, SIDE), np.float32)
    for place in places:
        window, along, across = _around(place, cell // 2)
        for offset in offsets(count, period):
            film[0][window] += _inside(np.abs(across - offset), HALF_WIDTH) * _inside(
                np.abs(along), cell / 2 - 14
            )
    return _blurred(film)


def offsets(count: int, period: float) -> NDArray[np.float64]:
    """Where the lines of a bundle lie, across it."""
    return (np.arange(count) - (count - 1) / 2) * period


def grating(period: float, turn: float) -> Image:
    """A cosine over the whole field, half bright."""
    y, x = np.mgrid[:SIDE, :SIDE]
    wave = np.cos(2 * np.pi / period * (y * np.sin(turn) + x * np.cos(turn)))
    return (0.5 + 0.5 * wave)[None].astype(np.float32)


def siemens_star() -> Image:
    """Spokes that get finer towards the middle; half bright."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    wave = 0.5 + 0.5 * np.cos(STAR_SPOKES * np.arctan2(y, x))
    radius = np.hypot(y, x)
    # Finer than four HR pixels nothing is drawn.
    wave[radius < 4 * STAR_SPOKES / (2 * np.pi)] = 0.5
    wave[radius > SIDE / 2 - 8] = 0.0
    return wave[None].astype(np.float32)


def points(rng: np.random.Generator) -> tuple[Image, NDArray[np.float64]]:
    """Single points as narrow as the HR point spread, and where they are, (N, 2)."""
    places = np.array([place.middle for place in in_cells(rng, CELL)])
    places += rng.uniform(-12, 12, places.shape)
    image = np.zeros((1, SIDE, SIDE), np.float32)
    y, x = np.mgrid[:SIDE, :SIDE]
    for row, column in places:
        top, left = int(row) - 8, int(column) - 8
        window = (slice(max(top, 0), top + 17), slice(max(left, 0), left + 17))
        distance = (y[window] - row) ** 2 + (x[window] - column) ** 2
        image[0][window] += POINT_PEAK * np.exp(-distance / (2 * HR_SIGMA**2))
    return image, places


def _around(
    place: Placed, reach: int
) -> tuple[tuple[slice, slice], NDArray[np.float64], NDArray[np.float64]]:
    """The pixels round a place, and how far along and across it they lie."""
    top, left = (int(side) - reach for side in place.middle)
    window = tuple(slice(max(low, 0), min(low + 2 * reach, SIDE)) for low in (top, left))
    y, x = np.mgrid[window]
    dy, dx = y - place.middle[0], x - place.middle[1]
    along = dy * place.along[0] + dx * place.along[1]
    across = dy * place.across[0] + dx * place.across[1]
    return (window[0], window[1]), along, across


def _inside(distance: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    return np.clip(limit - distance + 0.5, 0, 1)


def _blurred(film: Image) -> Image:
    """Blur by the HR point spread, and make the ridge of a lone line 1."""
    line = np.zeros((33, 1), np.float32)
    line[:, 0] = _inside(np.abs(np.arange(33) - 16.0), HALF_WIDTH)
    ridge = gaussian_filter(line, (HR_SIGMA, 0))[16, 0]
    return np.stack([gaussian_filter(frame, HR_SIGMA) for frame in film]) / np.float32(ridge)


assert SIDE % (CELL * SCALE_FACTOR) == 0
