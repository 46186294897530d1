"""Faults of a restored image as a whole, or along a line, that no single place gives away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pssr_live.trust.light import Finding, Light
from pssr_live.trust.noise import Image

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
GHOST_SIDE = 128
NEAREST_GHOST = 4
SMALLEST_GHOST_SIDE = 24
# What is wider than so many blocks is haze, and lies everywhere.
HAZE = 24.0
PATTERN_LIMIT = 0.005
CELL = 4
PATTERN_ROWS = 64

Pixels = NDArray[np.uint8 | np.uint16]


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
    restored: Pixels, residual: Image, *, span: float, noise: float, noise_peak: float
) -> Iterator[Finding]:
    """Say what is wrong with a restored image.

    Parameters
    ----------
    restored : ndarray of uint8 or uint16, shape (4H, 4W)
    residual : ndarray of float32, shape (H // 2, W // 2)
        See `pssr_live.trust.reprojection.Reprojection`.
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
    if noise >= LEAST_NOISE and abs(line := longest_line(residual)) - noise_peak > LINE_LIMIT:
        what, was = ("shows", "was not measured") if line > 0 else ("lacks", "was measured")
        yield Finding(
            Light.AMBER,
            "line",
            f"The restored frame {what} something as long as ten pixels that {was}, "
            f"{abs(line):.0f} standard deviations.",
        )
    ghost = find_ghost(residual, restored)
    if ghost is not None and (
        ghost.strength > GHOST_LIMIT and ghost.over_others > GHOST_OVER_OTHERS
    ):
        yield Finding(
            Light.AMBER,
            "ghost",
            "The restored frame shows itself once more, dimly, "
            f"{2 * abs(ghost.move[0])} rows and {2 * abs(ghost.move[1])} columns of the raw frame "
            "away. That was not measured.",
        )
    strength = pattern(restored) / max(span, 1.0)
    if strength > PATTERN_LIMIT:
        yield Finding(
            Light.AMBER,
            "pattern",
            f"A pattern that repeats with every raw pixel lies over the restored frame, "
            f"{100 * strength:.1g} % of its brightness: the engine makes it up.",
        )


def longest_line(residual: Image) -> float:
    """Largest sum along a short straight line of the residual map, in standard deviations.

    A bridge is too thin for a single place to stand out of the noise; along it they add up.
    """
    reach = 2
    height, width = residual.shape
    if min(height, width) <= 2 * (reach + EDGE):
        return 0.0
    inner = slice(reach, height - reach), slice(reach, width - reach)
    middle, line = residual[inner], np.empty((height - 2 * reach, width - 2 * reach), np.float32)
    highest, lowest = 0.0, 0.0
    for down, right in STEPS:
        before = residual[
            reach - down : height - reach - down, reach - right : width - reach - right
        ]
        after = residual[
            reach + down : height - reach + down, reach + right : width - reach + right
        ]
        np.add(before, after, out=line)
        np.add(line, middle, out=line)
        part = line[EDGE:-EDGE, EDGE:-EDGE]
        highest, lowest = max(highest, float(part.max())), min(lowest, float(part.min()))
    largest = highest if highest > -lowest else lowest
    return largest / THREE_PLACES


def find_ghost(residual: Image, restored: Pixels) -> Ghost | None:
    """Look for a dim copy of the restored image in the residual map, moved anywhere.

    Returns
    -------
    Ghost or None
        None in fields too small to tell.
    """
    side = min(*residual.shape, GHOST_SIDE)
    if side < SMALLEST_GHOST_SIDE:
        return None
    top, left = ((length - side) // 2 for length in residual.shape)
    scale = len(restored) // len(residual)
    middle = scale // 2 - 1
    image = restored[middle::scale, middle::scale][top : top + side, left : left + side]
    spectrum = np.fft.rfft2(image.astype(np.float32))
    spectrum[_is_haze(side)] = 0
    power = float(np.square(np.fft.irfft2(spectrum, s=(side, side))).mean())
    if power == 0:
        return None
    part = residual[top : top + side, left : left + side]
    alike = np.fft.irfft2(np.fft.rfft2(part) * spectrum.conj(), s=(side, side))
    alike /= math.sqrt(power) * side
    typical = float(np.median(np.abs(alike))) / 0.6745
    near = np.minimum(np.arange(side), side - np.arange(side)) < NEAREST_GHOST
    alike[np.ix_(near, near)] = 0
    place = np.unravel_index(int(np.abs(alike).argmax()), alike.shape)
    move = tuple(int(step) if step <= side // 2 else int(step) - side for step in place)
    strength = float(abs(alike[place]))
    return Ghost(strength, strength / max(typical, 1e-6), (move[0], move[1]))


def _is_haze(side: int) -> NDArray[np.bool_]:
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)
    wide: NDArray[np.bool_] = np.hypot(rows, columns) < 1 / HAZE
    return wide


def pattern(restored: Pixels) -> float:
    """How much the sixteen restored pixels of a raw one differ on average, in counts.

    Structure lies anywhere, so over a whole frame they are alike; a network's pixel shuffle may
    leave a checkerboard.
    """
    height, width = (side // CELL for side in restored.shape)
    step = max(height // PATTERN_ROWS, 1)
    cells = restored[: CELL * height, : CELL * width].reshape(height, CELL, width * CELL)[::step]
    rows = cells.sum(axis=0, dtype=np.float32) / len(cells)
    return float(rows.reshape(CELL, width, CELL).mean(axis=1).std())
