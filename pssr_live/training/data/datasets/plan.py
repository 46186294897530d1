"""Which tiles are cut, and how each is degraded: decided by the seed and the tile's number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pssr_live.crappify import Crappifier, HRFile, in_units
from pssr_live.errors import UserError

# The paper's largest set for fluorescence; more than this only when asked for.
MOST_TILES = 5000
# Below this standard deviation, of 0..1, a tile shows next to nothing.
EMPTY_SPREAD = 0.02
LOOKS = 4

# What a tile's random numbers are for; 0 is the split's.
_PLACE, _NOISE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One tile: where it comes from, and its crappifier with the setting drawn.

    Attributes as those of `manifest.Tile`.
    """

    number: int
    first_frame: int
    y: int
    x: int
    crappifier: Crappifier


def random_numbers(seed: int, number: int, purpose: int) -> np.random.Generator:
    """Return a tile's own random numbers, so that the order in which tiles are made is nothing."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, number)))


def count_tiles(files: Sequence[HRFile], frames: int, tile: int) -> list[int]:
    """Count how many tiles cover each movie once: as many as fit a frame, at every time.

    Parameters
    ----------
    files : sequence of HRFile
    frames : int
        In a stack.
    tile : int
        Side in pixels.
    """
    return [
        len(file.starts(frames)) * max(1, round(file.shape[1] * file.shape[2] / tile**2))
        for file in files
    ]


def allot(covers: Sequence[int], tiles: int | None) -> list[int]:
    """Share tiles out among movies, in proportion to what covers each, and at least one to each.

    Parameters
    ----------
    covers : sequence of int
        See `count_tiles`.
    tiles : int, optional
        In all; by default their sum, and no more than `MOST_TILES`.

    Raises
    ------
    UserError
        If there are fewer tiles than movies.
    """
    total = tiles if tiles is not None else max(len(covers), min(sum(covers), MOST_TILES))
    if total < len(covers):
        raise UserError(
            f"{total} tiles are fewer than the {len(covers)} movies.",
            f"Use more: --tiles {len(covers)}.",
        )
    # The method of largest remainders.
    spare = total - len(covers)
    shares = np.array(covers) / sum(covers) * spare
    whole = np.floor(shares).astype(int)
    for place in np.argsort(whole - shares, kind="stable")[: spare - whole.sum()]:
        whole[place] += 1
    return [1 + int(count) for count in whole]


def plan_movie(
    counts: NDArray[Any],
    levels: tuple[float, float],
    numbers: Sequence[int],
    *,
    starts: NDArray[np.intp],
    frames: int,
    tile: int,
    crappifiers: Sequence[Crappifier],
    seed: int,
) -> list[Cut]:
    """Draw the tiles of one movie.

    Parameters
    ----------
    counts : ndarray, shape (T, H, W)
    levels : tuple of float
        Counts of the HR values 0 and 1. Of a few places at random the first is taken that shows
        something.
    numbers : sequence of int
        Of its tiles, in the dataset.
    starts : ndarray of int
        Frames at which a stack may begin, so that it spans no gap.
    frames, tile : int
        Of a stack, and side in pixels.
    crappifiers : sequence of Crappifier
        One is drawn, and then a setting of it.
    seed : int
    """
    cuts = []
    for number in numbers:
        rng = random_numbers(seed, number, _PLACE)
        for _ in range(LOOKS):
            first = int(starts[rng.integers(len(starts))])
            y, x = (_corner(side, tile, rng) for side in counts.shape[1:])
            centre = cut_out(counts[first + frames // 2], y, x, tile=tile)
            if in_units(centre, *levels).std() > EMPTY_SPREAD:
                break
        crappifier = crappifiers[int(rng.integers(len(crappifiers)))].draw(rng)
        cuts.append(Cut(number=number, first_frame=first, y=y, x=x, crappifier=crappifier))
    return cuts


def cut_out(images: NDArray[Any], y: int, x: int, *, tile: int) -> NDArray[Any]:
    """Cut a square out of images (..., H, W), mirrored where they end before it does."""
    height, width = images.shape[-2:]
    inside = images[..., max(y, 0) : y + tile, max(x, 0) : x + tile]
    beyond = [
        (max(-start, 0), max(start + tile - side, 0)) for start, side in ((y, height), (x, width))
    ]
    if any(map(any, beyond)):
        inside = np.pad(inside, [(0, 0)] * (images.ndim - 2) + beyond, mode="reflect")
    return inside


def degrade(cut: Cut, hr: NDArray[np.float32], seed: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Make the LR frames of a tile, each with noise of its own.

    Parameters
    ----------
    cut : Cut
    hr : ndarray of float32, shape (frames, tile, tile)
        0 is black, 1 the peak.
    seed : int
    """
    return cut.crappifier.apply(hr, random_numbers(seed, cut.number, _NOISE))


def _corner(side: int, tile: int, rng: np.random.Generator) -> int:
    """Draw where a tile begins along one axis; in the middle where the frame is smaller."""
    return int(rng.integers(side - tile + 1)) if side > tile else (side - tile) // 2
