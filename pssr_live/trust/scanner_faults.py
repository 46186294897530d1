"""What raw frames alone tell of the scanner: rows that don't meet, brightness that is cut off."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pssr_live.trust.light import Finding, Light
from pssr_live.trust.sums import Image, Pixels, products_of_rows, sum_up

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
# Of a large frame, so many pixels are enough.
MOST_ROWS = 128
MOST_PIXELS = 128 * 256
SMALLEST_SIDE = 32
# Brightness is cut off where one value is so many times as frequent as any just below it,
MORE_FREQUENT = 3
VALUES_BELOW = 5
# in this part of the pixels, and in so many at least.
CUT_OFF_PART = 1e-3
CUT_OFF_PIXELS = 4


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
            f"Brightness is cut off at {int(frames[centre].max())} counts, in {100 * part:.1f} % "
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
    most = max(min(MOST_ROWS, MOST_PIXELS // width), SMALLEST_SIDE)
    rows = min((min(height, most) - 1) // (2 * GROUPS), height // (2 * GROUPS))
    # Groups spread over the frame, each of whole pairs of rows and one row more.
    apart = 2 * ((height - 2 * rows - 1) // (2 * (GROUPS - 1)))
    frame, row, pixel = frames.strides
    groups = np.lib.stride_tricks.as_strided(
        frames,
        (len(frames), GROUPS, 2 * rows + 1, width),
        (frame, apart * row, row, pixel),
        writeable=False,
    )
    products, power = _products(sum_up(groups))
    total = products.sum(axis=0)
    shift, *without = _tops_of(np.vstack([total, total - products]))
    # Without structure one shift is as good as another.
    alike = total.max() > CHANCE_ERRORS * math.sqrt(power)
    if not (alike and np.isfinite(shift) and np.isfinite(without).all()):
        return RowShift(0.0, math.inf)
    spread = without - np.mean(without)
    return RowShift(float(shift), math.sqrt((GROUPS - 1) / GROUPS * float(spread @ spread)))


def _products(light: Image) -> tuple[NDArray[np.float64], float]:
    """Correlate odd rows with the even ones beside them, for each shift.

    Parameters
    ----------
    light : ndarray of float32, shape (groups, rows, W)

    Returns
    -------
    products : ndarray, shape (groups, shifts)
    power : float
        Variance of the sum of such products if they had nothing in common.
    """
    odd = _without_level(light[:, 1::2])
    even = _without_level(light[:, :-1:2] + light[:, 2::2])
    # So that what lies beyond the end of a row, the beginning of the next one, does not count.
    even[..., :LARGEST_SHIFT] = 0
    even[..., -LARGEST_SHIFT:] = 0
    odd, even = (part.reshape(len(light), -1) for part in (odd, even))
    inner = even[:, LARGEST_SHIFT:-LARGEST_SHIFT]
    shifted = sliding_window_view(odd, inner.shape[1], axis=1)
    products = np.vecdot(shifted, inner[:, None]).astype(np.float64)
    powers = products_of_rows(inner, inner) * products_of_rows(odd, odd)
    return products, float(powers.sum()) / odd.shape[1]


def _without_level(rows: Image) -> Image:
    """Take off each row's mean: haze has no place that could be shifted."""
    level: Image = rows - rows.mean(axis=-1, keepdims=True)
    return level


def _tops_of(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place of the highest product of each row, between whole pixels by a parabola.

    NaN at either end.
    """
    tops = products.argmax(axis=1)
    inner = np.clip(tops, 1, products.shape[1] - 2)
    before, here, after = (products[np.arange(len(products)), inner + by] for by in (-1, 0, 1))
    curvature = before - 2 * here + after
    between = np.divide(
        0.5 * (before - after), curvature, out=np.zeros(len(products)), where=curvature < 0
    )
    places: NDArray[np.float64] = np.where(tops == inner, inner - LARGEST_SHIFT + between, np.nan)
    return places


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
    frame = frames[centre]
    top = int(frame.max())
    if len(frames) < 2 or any(int(other.max()) != top for other in frames):
        return 0.0
    count = int(np.count_nonzero(frame == top))
    if count < CUT_OFF_PIXELS:
        return 0.0
    occupied = np.bincount(frame.ravel())[:top]
    below = occupied[occupied > 0][-VALUES_BELOW:]
    if not below.size or count < MORE_FREQUENT * int(below.max()):
        return 0.0
    part: float = count / frame.size
    return part
