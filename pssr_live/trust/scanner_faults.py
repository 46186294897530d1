"""What raw frames alone tell of the scanner: rows that don't meet, brightness that is cut off."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pssr_live.trust.light import Finding, Light
from pssr_live.trust.noise import Image

# Rows may be this many pixels astray and be believed.
ROW_SHIFT_LIMITS = {Light.AMBER: 0.4, Light.RED: 1.5}
# Shifts up to this are looked for.
LARGEST_SHIFT = 4
# A shift counts from so many standard errors on.
ROW_SHIFT_ERRORS = 5.0
# What rows have in common must stand out of chance by so many standard errors.
CHANCE_ERRORS = 6.0
# Groups of rows that each tell a shift, so that its error is known.
GROUPS = 8
# Of a large frame, so many rows are enough.
MOST_ROWS = 128
SMALLEST_SIDE = 32
# Brightness is cut off where one value is so many times as frequent as any just below it,
MORE_FREQUENT = 3
VALUES_BELOW = 5
# in this part of the pixels, and in so many at least.
CUT_OFF_PART = 1e-3
CUT_OFF_PIXELS = 4

Pixels = NDArray[np.uint8 | np.uint16]


class RowShift(NamedTuple):
    """How far odd rows lie to the right of even ones, in pixels, and the standard error of that."""

    pixels: float
    error: float


def scanner_findings(frames: Pixels, centre: int) -> Iterator[Finding]:
    """Say what the scanner does wrong, whatever the engine makes of it.

    Parameters
    ----------
    frames : ndarray of uint8 or uint16, shape (n, H, W)
        Those of the window that are different frames.
    centre : int
        Which of them is restored.

    Yields
    ------
    Finding
    """
    part = cut_off(frames, centre)
    if part >= CUT_OFF_PART:
        yield Finding(
            Light.AMBER,
            "cut_off",
            f"Brightness is cut off at {int(frames[centre].max())} counts, in {100 * part:.2g} % "
            "of the pixels: lower the laser power or the detector's gain.",
        )
    shift = row_shift(frames)
    light = shift_light(shift)
    if light is not None:
        side = "right" if shift.pixels > 0 else "left"
        yield Finding(
            light,
            "row_shift",
            f"Every second row lies {abs(shift.pixels):.1f} pixels too far to the {side}: correct "
            "the phase of the bidirectional scan.",
        )


def shift_light(shift: RowShift) -> Light | None:
    """Find the worst light whose limit a shift exceeds beyond doubt; None where there is none."""
    sure = abs(shift.pixels) > ROW_SHIFT_ERRORS * shift.error
    reached = [light for light, limit in ROW_SHIFT_LIMITS.items() if abs(shift.pixels) > limit]
    return max(reached) if sure and reached else None


def row_shift(frames: Pixels) -> RowShift:
    """Tell how far odd rows are shifted against even ones, as a bidirectional scan may do it.

    Each even row is correlated with the sum of the two odd rows beside it: what slants lies as far
    to the left in one as to the right in the other. Noise of different rows has nothing in common,
    so it makes the shift uncertain, and not wrong. The error is told by leaving out one group of
    rows after the other (jackknife).

    Parameters
    ----------
    frames : ndarray of uint8 or uint16, shape (n, H, W)
        Looked at together.

    Returns
    -------
    RowShift
        The error is infinite where nothing can be told.
    """
    height, width = frames.shape[1:]
    if min(height, width) < SMALLEST_SIDE:
        return RowShift(0.0, math.inf)
    rows = min((min(height, MOST_ROWS) - 1) // (2 * GROUPS), height // (2 * GROUPS))
    # Groups spread over the frame, each of whole pairs of rows and one row more.
    tops = [2 * (group * (height - 2 * rows - 1) // (2 * (GROUPS - 1))) for group in range(GROUPS)]
    compared = [_products(frames[:, top : top + 2 * rows + 1]) for top in tops]
    products = np.array([group for group, _ in compared], dtype=np.float64)
    total = products.sum(axis=0)
    shift = _top_of(total)
    without = np.array([_top_of(total - one) for one in products])
    # Without structure one shift is as good as another.
    by_chance = math.sqrt(sum(power for _, power in compared))
    alike = total.max() > CHANCE_ERRORS * by_chance
    if not (alike and np.isfinite(shift) and np.isfinite(without).all()):
        return RowShift(0.0, math.inf)
    spread = without - without.mean()
    return RowShift(shift, math.sqrt((GROUPS - 1) / GROUPS * float(spread @ spread)))


def _products(rows: Pixels) -> tuple[list[float], float]:
    """Correlate odd rows with the even ones beside them, for each shift.

    Returns
    -------
    products : list of float
    power : float
        Variance of such a product if they had nothing in common.
    """
    light: Image = rows.sum(axis=0, dtype=np.float32)
    odd, even = light[1::2], light[:-1:2] + light[2::2]
    odd, even = (_without_level(part) for part in (odd, even))
    width = light.shape[1]
    inner = even[:, LARGEST_SHIFT : width - LARGEST_SHIFT]
    products = [
        float(np.vdot(inner, odd[:, LARGEST_SHIFT + by : width - LARGEST_SHIFT + by]))
        for by in range(-LARGEST_SHIFT, LARGEST_SHIFT + 1)
    ]
    return products, float(np.vdot(inner, inner)) * float(np.vdot(odd, odd)) / odd.size


def _without_level(rows: Image) -> Image:
    """Take off each row's mean: haze has no place that could be shifted."""
    level: Image = rows - rows.mean(axis=1, keepdims=True)
    return level


def _top_of(products: NDArray[np.float64]) -> float:
    """Place of the highest product, between whole pixels by a parabola; NaN at either end."""
    top = int(products.argmax())
    if top in {0, len(products) - 1}:
        return math.nan
    before, here, after = products[top - 1 : top + 2]
    curvature = before - 2 * here + after
    between = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return float(top - LARGEST_SHIFT + between)


def cut_off(frames: Pixels, centre: int) -> float:
    """Part of the centre frame's pixels that were brighter than their value says.

    Of light and noise a higher value is rarer than a lower one. Where the highest is many times as
    frequent as each just below it, and the highest in every frame, brighter ones were made equal:
    by the detector's end, by a converter set too narrow, or by software.

    Parameters
    ----------
    frames : ndarray of uint8 or uint16, shape (n, H, W)
    centre : int

    Returns
    -------
    float
        0 where nothing is cut off.
    """
    highest = frames.max(axis=(1, 2))
    if len(frames) < 2 or (highest != highest[centre]).any():
        return 0.0
    frame = frames[centre]
    top = int(highest[centre])
    count = int(np.count_nonzero(frame == top))
    if count < CUT_OFF_PIXELS:
        return 0.0
    occupied = np.bincount(frame.ravel())[:top]
    below = occupied[occupied > 0][-VALUES_BELOW:]
    if not below.size or count < MORE_FREQUENT * int(below.max()):
        return 0.0
    part: float = count / frame.size
    return part
