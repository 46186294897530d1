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


class FineTiles(NamedTuple):
    """How much of the fine structure of tiles is restored; arrays with an entry for each.

    Attributes
    ----------
    middles : list of (int, int)
        Row and column of each tile's middle, in raw pixels.
    shared : ndarray, shape (n,)
        Power of what the frames share, in standard errors of it.
    kept : ndarray, shape (n,)
        Part of it that the restored image shows: 0 none, 1 or more all.
    light : ndarray, shape (n,)
        Mean counts of the tile.
    total : ndarray of float32, shape (n, TILE - 2, TILE - 2)
        The fine structure, summed over the frames.
    """

    middles: list[tuple[int, int]]
    shared: NDArray[np.float64]
    kept: NDArray[np.float64]
    light: NDArray[np.float64]
    total: Image


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
    tiles = fine_tiles(frames, restored)
    if tiles is None:
        return
    suspect = (
        (tiles.shared > STANDARD_ERRORS)
        & (tiles.kept < LEAST_KEPT)
        & (tiles.light - dark > LEAST_LIGHT * span)
    )
    # The spectrum takes most of the time, and is seldom asked for.
    for place in sorted(np.flatnonzero(suspect), key=lambda place: tiles.kept[place]):
        if _peak(tiles.total[place]) > LINES_IN_SPECTRUM:
            row, column = tiles.middles[place]
            yield Finding(
                Light.AMBER,
                "fine_structure",
                "The raw frames show structure as fine as their pixels that the restored frame "
                f"lacks, round row {row}, column {column} of the raw frame: what looks even there "
                "may be dense lines that cannot be told apart.",
            )
            return


def fine_tiles(frames: Pixels, restored: Pixels) -> FineTiles | None:
    """Look at tiles spread over the frame, all at once; None where there is nothing to compare.

    The noise of different frames has nothing in common, so the product of two of them holds the
    power of what they share, and the product of one with the restored image what that shows of it.
    """
    count, height, width = frames.shape
    if count < 2 or min(height, width) < TILE:
        return None
    corners = [(top, left) for top in _starts(height) for left in _starts(width)]
    seen: Image = np.stack(
        [frames[:, top : top + TILE, left : left + TILE] for top, left in corners]
    ).astype(np.float32)
    factor = restored.shape[0] // height
    image = _in_the_middle(restored, corners, factor)

    fine, shown = _fine(seen), _fine(image)
    total: Image = fine.sum(axis=1)
    size = total[0].size
    pairs = count * (count - 1) * size
    selves = np.square(fine).sum(axis=(1, 2, 3), dtype=np.float64)
    power = (np.square(total).sum(axis=(1, 2), dtype=np.float64) - selves) / pairs
    # Neighbours are not independent once the mean of four is taken off: half as many count.
    error = selves / (count * size) * math.sqrt(4 / pairs)
    both = (total * shown).sum(axis=(1, 2), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(power > 0, both / (count * size * power), 1.0)
        shared = np.where(error > 0, power / error, 0.0)
    light = seen.mean(axis=(1, 2, 3), dtype=np.float64)
    middles = [(top + TILE // 2, left + TILE // 2) for top, left in corners]
    return FineTiles(middles, shared, kept, light, total)


def _in_the_middle(restored: Pixels, corners: list[tuple[int, int]], factor: int) -> Image:
    """Sample the restored image in the middle of each raw pixel of each tile."""
    first, last = (factor - 1) // 2, factor // 2
    side = factor * TILE
    parts = np.stack(
        [
            restored[factor * top :, factor * left :][:side, :side][start::factor, start::factor]
            for top, left in corners
            for start in (first, last)
        ]
    ).astype(np.float32)
    image: Image = parts[0::2] + parts[1::2]
    image *= np.float32(0.5)
    return image


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
