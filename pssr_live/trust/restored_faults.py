"""Faults of a restored image as a whole, or along a line, that no single place gives away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pssr_live.trust.light import Finding, Light
from pssr_live.trust.sums import Image, Pixels, sum_up

# Limits: well above what good frames of the recordings reach that docs/trust.md names.
LINE_LIMIT = 1.6
# In brighter frames than this (noise at the brightest structures over their height), what the
# forward model gets wrong along a line is more than noise; there single places tell enough.
LEAST_NOISE = 0.2
# A line of ten LR pixels is looked at in three places, two blocks apart, in eight directions.
STEPS = ((0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (2, -1), (2, -2), (1, -2))
EDGE = 2
# Standard deviation of the sum of three such places of the residual map, where there is noise.
THREE_PLACES = 1.9
GHOST_LIMIT = 12.0
GHOST_OVER_OTHERS = 6.2
# Blocks: a part of the frame so large is enough, and nearer copies are blur.
GHOST_SIDE = 64
# The part where there is most is told from every so many blocks.
THINNED = 8
NEAREST_GHOST = 4
SMALLEST_GHOST_SIDE = 24
# What is wider than so many blocks is haze, and lies everywhere.
HAZE = 24.0
PATTERN_LIMIT = 0.005
CELL = 4
# Of a large frame, so many cells are enough.
PATTERN_ROWS = 64
PATTERN_CELLS = 64 * 160
# Movements that are too near, forth and back.
_NEAR = np.arange(1 - NEAREST_GHOST, NEAREST_GHOST)


class Ghost(NamedTuple):
    """How much the residual is a copy of the restored image, moved by something.

    Attributes
    ----------
    strength : float
        In standard deviations of what noise gives.
    over_others : float
        In robust standard deviations of all other movements.
    move : tuple of int
        Rows and columns of blocks.
    """

    strength: float
    over_others: float
    move: tuple[int, int]


def restored_findings(
    restored: Pixels,
    residual: Image,
    blocks: Image,
    *,
    span: float,
    noise: float,
    noise_peak: float,
) -> Iterator[Finding]:
    """Say what is wrong with a restored image.

    Parameters
    ----------
    restored : ndarray of uint8 or uint16, shape (4H, 4W)
    residual : ndarray of float32, shape (H // 2, W // 2)
        See `pssr_live.trust.reprojection.Reprojection`.
    blocks : ndarray of float32, shape (H // 2, W // 2)
        The restored image in such blocks.
    span : float
        Counts from the darkest to the brightest of the measured window.
    noise : float
        See `pssr_live.trust.window_figures.WindowFigures`.
    noise_peak : float
        Of the residual map in a field so large, by noise alone.

    Yields
    ------
    Finding
    """
    limit = noise_peak + LINE_LIMIT
    if noise >= LEAST_NOISE and abs(line := longest_line(residual, limit)) > limit:
        what, was = ("shows", "was not measured") if line > 0 else ("lacks", "was measured")
        yield Finding(
            Light.AMBER,
            "line",
            f"The restored frame {what} a thin line, about ten pixels long, that {was}: "
            f"{abs(line):.0f} times the noise.",
        )
    ghost = find_ghost(residual, blocks)
    if ghost is not None and ghost.over_others > GHOST_OVER_OTHERS:
        yield Finding(
            Light.AMBER,
            "ghost",
            "The restored frame has a dim copy of itself, shifted by "
            f"{2 * abs(ghost.move[0])} rows and {2 * abs(ghost.move[1])} columns of the raw frame, "
            "that was not measured.",
        )
    strength = pattern(restored) / max(span, 1.0)
    if strength > PATTERN_LIMIT:
        yield Finding(
            Light.AMBER,
            "pattern",
            f"A pattern that repeats with every raw pixel lies over the restored frame, "
            f"{100 * strength:.1f} % of its brightness: the engine makes it up.",
        )


def longest_line(residual: Image, limit: float = 0.0) -> float:
    """Largest sum along a short straight line of the residual map, in standard deviations.

    A bridge is too thin for a single place to stand out of the noise; along it they add up.

    Parameters
    ----------
    residual : ndarray of float32, shape (H // 2, W // 2)
    limit : float
        Where no line has more, the result may be too small. So only lines through places with a
        third of it are looked at, which are few.

    Returns
    -------
    float
        Negative for a line that is lacking.
    """
    edge = EDGE + max(down for down, _ in STEPS)
    height, width = residual.shape
    if min(height, width) <= 2 * edge:
        return 0.0
    # A little less than a third, for what rounding adds.
    places = np.flatnonzero(np.abs(residual) >= 0.33 * THREE_PLACES * limit)
    down, right = np.array(STEPS).T
    # The place may be the first, the middle or the last of three.
    rows, columns = (
        (axis[:, None, None] + np.array([-1, 0, 1])[:, None] * step)
        for axis, step in zip(np.divmod(places, width), (down, right), strict=True)
    )
    inside = (edge <= rows) & (rows < height - edge) & (edge <= columns) & (columns < width - edge)
    middle, along = (rows * width + columns)[inside], (inside * (down * width + right))[inside]
    if not len(middle):
        return 0.0
    values = residual.ravel()
    sums = values[middle - along] + values[middle + along] + values[middle]
    return float(sums[np.abs(sums).argmax()]) / THREE_PLACES


def find_ghost(residual: Image, blocks: Image) -> Ghost | None:
    """Look for a dim copy of the restored image in the residual map, moved anywhere.

    Parameters
    ----------
    residual, blocks
        See `restored_findings`.

    Returns
    -------
    Ghost or None
        None in fields too small to tell, and where none is stronger than `GHOST_LIMIT`.
    """
    side = min(*residual.shape, GHOST_SIDE)
    if side < SMALLEST_GHOST_SIDE:
        return None
    top, left = _where_most_is(blocks, side)
    part = slice(top, top + side), slice(left, left + side)
    both = np.stack([blocks[part], residual[part]])
    spectrum, product = np.fft.rfft2(both)
    spectrum *= _without_haze(side)
    # Each column stands for two, but for the first and, of an even number, the last.
    single = spectrum[:, :: side // 2] if side % 2 == 0 else spectrum[:, :1]
    power = 2 * float(np.vdot(spectrum, spectrum).real) - float(np.vdot(single, single).real)
    if power <= 0:
        return None
    product *= np.conj(spectrum, out=spectrum)
    alike = np.fft.irfft2(product, s=(side, side))
    alike *= side / math.sqrt(power)
    np.abs(alike, out=alike)
    near = _NEAR[:, None], _NEAR
    blur = alike[near]
    alike[near] = 0
    place = np.unravel_index(int(alike.argmax()), alike.shape)
    strength = float(alike[place])
    if strength <= GHOST_LIMIT:
        return None
    alike[near] = blur
    typical = float(np.median(alike)) / 0.6745
    move = tuple(int(step) if step <= side // 2 else int(step) - side for step in place)
    return Ghost(strength, strength / max(typical, 1e-6), (move[0], move[1]))


def _where_most_is(image: Image, side: int) -> tuple[int, int]:
    """Find the square of an image whose brightness differs most; its upper left corner."""
    if image.shape == (side, side):
        return 0, 0
    light = image[::THINNED, ::THINNED]
    power, part = np.square(light - light.mean()), side // THINNED
    down, across = (_sums_of(part, length) for length in light.shape)
    square = down @ power @ across.T
    top, left = np.unravel_index(int(square.argmax()), square.shape)
    return tuple(
        min(THINNED * int(place), length - side)
        for place, length in zip((top, left), image.shape, strict=True)
    )


@lru_cache(maxsize=4)
def _sums_of(part: int, length: int) -> Image:
    """Make the matrix that sums up so many neighbours each."""
    size = length - part + 1, length
    sums: Image = np.tri(*size, part - 1, np.float32) - np.tri(*size, -1, np.float32)
    sums.flags.writeable = False
    return sums


@lru_cache(maxsize=1)
def _without_haze(side: int) -> Image:
    """What a spectrum of this size is multiplied by: 0 for what is wide."""
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)
    fine: Image = (np.hypot(rows, columns) >= 1 / HAZE).astype(np.float32)
    fine.flags.writeable = False
    return fine


def pattern(restored: Pixels) -> float:
    """How much the sixteen pixels of a raw one differ on average in (4H, 4W), in counts.

    Structure lies anywhere, so over a whole frame they are alike; a network's pixel shuffle may
    leave a checkerboard.
    """
    height, width = (side // CELL for side in restored.shape)
    step = max(height // PATTERN_ROWS, round(height * width / PATTERN_CELLS), 1)
    cells = restored[: CELL * height, : CELL * width].reshape(height, CELL, width * CELL)[::step]
    rows = sum_up(cells) / np.float32(len(cells))
    return float(rows.reshape(CELL, width, CELL).mean(axis=1).std())
