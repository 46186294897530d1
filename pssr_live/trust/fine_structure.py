"""Whether what is as fine as the raw pixels is still there in the restored image.

Parallel lines and nets near the limit of what raw pixels hold are easily made an even patch by a
network. The residual map does not see it: in blocks of several pixels they are even. Here it is
told from what all frames of a window share, pixel by pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pssr_live.trust.light import Finding, Light
from pssr_live.trust.noise import Image

# Raw pixels a side of the tiles that are looked at, and how many along each side at most.
TILE = 32
MOST_TILES = 6
# Fine structure counts that stands out of the noise by so many standard errors,
STANDARD_ERRORS = 8.0
# in tiles of which so much of the frame's range of brightness is light.
LEAST_LIGHT = 0.15
# So much of it must be left.
LEAST_KEPT = 0.5
# Lines are in few places of a tile's spectrum: the highest is so many times the mean. A camera's
# own pattern of more and less sensitive pixels is everywhere in it, and no engine should keep it.
LINES_IN_SPECTRUM = 35.0

_TAPER: Image = np.outer(*[np.hanning(TILE)[1:-1].astype(np.float32)] * 2)

Pixels = NDArray[np.uint8 | np.uint16]


class FineTile(NamedTuple):
    """How much of a tile's fine structure is restored.

    Attributes
    ----------
    row, column : int
        Of the tile's middle, in raw pixels.
    shared : float
        Power of what the frames share, in standard errors of it.
    kept : float
        Part of it that the restored image shows: 0 none, 1 or more all.
    light : float
        Mean counts of the tile.
    peak : float
        Highest of the power spectrum of what is shared, over the mean.
    """

    row: int
    column: int
    shared: float
    kept: float
    light: float
    peak: float


def fine_structure_findings(
    frames: Pixels, restored: Pixels, *, dark: float, span: float
) -> Iterator[Finding]:
    """Say where raw frames show fine structure that the restored image lacks.

    Parameters
    ----------
    frames : ndarray of uint8 or uint16, shape (n, H, W)
        Those of the window that are different frames.
    restored : ndarray of uint8 or uint16, shape (sH, sW)
    dark, span : float
        Counts of the background, and from there to the brightest.

    Yields
    ------
    Finding
        At most one, of the tile where least is left.
    """
    lost = [
        tile
        for tile in fine_tiles(frames, restored)
        if tile.shared > STANDARD_ERRORS
        and tile.kept < LEAST_KEPT
        and tile.peak > LINES_IN_SPECTRUM
        and tile.light - dark > LEAST_LIGHT * span
    ]
    if lost:
        worst = min(lost, key=lambda tile: tile.kept)
        yield Finding(
            Light.AMBER,
            "fine_structure",
            "The raw frames show structure as fine as their pixels that the restored frame lacks, "
            f"round row {worst.row}, column {worst.column} of the raw frame: what looks even there "
            "may be dense lines that cannot be told apart.",
        )


def fine_tiles(frames: Pixels, restored: Pixels) -> Iterator[FineTile]:
    """Look at tiles spread over the frame.

    The noise of different frames has nothing in common, so the product of two of them holds the
    power of what they share, and the product of one with the restored image what that shows of it.
    """
    count, height, width = frames.shape
    if count < 2 or min(height, width) < TILE:
        return
    factor = restored.shape[0] // height
    first, last = (factor - 1) // 2, factor // 2
    for top in _starts(height):
        for left in _starts(width):
            seen = frames[:, top : top + TILE, left : left + TILE].astype(np.float32)
            part = restored[
                factor * top : factor * (top + TILE), factor * left : factor * (left + TILE)
            ]
            image: Image = part[first::factor, first::factor].astype(np.float32)
            image += part[last::factor, last::factor]
            image *= np.float32(0.5)
            yield _compared(seen, image, (top + TILE // 2, left + TILE // 2))


def _compared(seen: Image, image: Image, middle: tuple[int, int]) -> FineTile:
    count = len(seen)
    fine, shown = _fine(seen), _fine(image)
    total = fine.sum(axis=0)
    selves = float(np.square(fine).sum())
    pairs = count * (count - 1) * total.size
    power = (float(np.square(total).sum()) - selves) / pairs
    # Neighbours are not independent once the mean of four is taken off: half as many count.
    error = selves / (count * total.size) * math.sqrt(4 / pairs)
    kept = float(np.vdot(total, shown)) / (count * total.size * power) if power > 0 else 1.0
    shared = power / error if error > 0 else 0.0
    return FineTile(*middle, shared, kept, float(seen.mean()), _peak(total))


def _peak(fine: Image) -> float:
    """Highest of the power spectrum of a tile over its mean."""
    spectrum: Image = np.square(np.abs(np.fft.rfft2(fine * _TAPER)))
    return float(spectrum.max()) / max(float(spectrum.mean()), 1e-9)


def _fine(images: Image) -> Image:
    """Take off each pixel the mean of the four beside it."""
    beside = images[..., :-2, 1:-1] + images[..., 2:, 1:-1]
    beside += images[..., 1:-1, :-2]
    beside += images[..., 1:-1, 2:]
    fine: Image = images[..., 1:-1, 1:-1] - np.float32(0.25) * beside
    return fine


def _starts(side: int) -> list[int]:
    """Where tiles begin along a side."""
    tiles = min(side // TILE, MOST_TILES)
    return [round(place) for place in np.linspace(0, side - TILE, tiles)]
