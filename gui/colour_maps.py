"""From counts to colours on the screen: contrast limits and colour map in one table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A colour map is a few stops (position 0 to 1, red, green, blue), straight lines between them.
# Brightness rises along each, so that more counts never look like fewer.
_STOPS: dict[str, tuple[tuple[float, int, int, int], ...]] = {
    "grey": ((0.0, 0, 0, 0), (1.0, 255, 255, 255)),
    "green": ((0.0, 0, 0, 0), (1.0, 0, 255, 0)),
    "magenta": ((0.0, 0, 0, 0), (1.0, 255, 0, 255)),
    "fire": (
        (0.0, 0, 0, 0),
        (0.2, 50, 0, 120),
        (0.4, 160, 10, 110),
        (0.6, 235, 80, 20),
        (0.8, 255, 190, 20),
        (1.0, 255, 255, 255),
    ),
    "cyan": ((0.0, 0, 0, 0), (1.0, 0, 255, 255)),
    "red": ((0.0, 0, 0, 0), (1.0, 255, 0, 0)),
    # As matplotlib has them, but for black where there is no light. All eyes see their steps.
    "inferno": (
        (0.0, 0, 0, 0),
        (0.125, 31, 12, 72),
        (0.25, 85, 15, 109),
        (0.375, 136, 34, 106),
        (0.5, 186, 54, 85),
        (0.625, 227, 89, 51),
        (0.75, 249, 140, 10),
        (0.875, 249, 201, 50),
        (1.0, 252, 255, 164),
    ),
    "viridis": (
        (0.0, 0, 0, 0),
        (0.06, 70, 18, 98),
        (0.125, 71, 44, 122),
        (0.25, 59, 81, 139),
        (0.375, 44, 113, 142),
        (0.5, 33, 144, 141),
        (0.625, 39, 173, 129),
        (0.75, 92, 200, 99),
        (0.875, 170, 220, 50),
        (1.0, 253, 231, 37),
    ),
}

COLOUR_MAPS = tuple(_STOPS)


def colours(name: str) -> NDArray[np.uint8]:
    """Work out the 256 colours of a map, dark to bright.

    Parameters
    ----------
    name : str
        One of `COLOUR_MAPS`, or ``#rrggbb``: from black to that colour.

    Returns
    -------
    ndarray of uint8, shape (256, 3)
    """
    stops = np.array(_STOPS[name] if name in _STOPS else _from_black(name))
    positions = np.linspace(0.0, 1.0, 256)
    channels = [np.interp(positions, stops[:, 0], stops[:, 1 + c]) for c in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def display_table(
    entries: int, low: float, high: float, *, colour_map: str, gamma: float = 1.0
) -> NDArray[np.uint32]:
    """Work out the screen's colour for each count a pixel can have.

    Parameters
    ----------
    entries : int
        How many counts there are, from 0 up.
    low, high : float
        Counts shown as the map's darkest and brightest colour; `low` is less than `high`.
    colour_map : str
        See `colours`.
    gamma : float
        Brightness is (how far the count lies between the limits) to this power: less than 1 lifts
        what is dim.

    Returns
    -------
    ndarray of uint32, shape (entries,)
        Opaque colours, 0xFFRRGGBB, as Qt's 32-bit images hold them.
    """
    places = np.clip((np.arange(entries) - low) / (high - low), 0.0, 1.0)
    if gamma != 1.0:
        places **= gamma
    red, green, blue = colours(colour_map).astype(np.uint32).T
    packed = np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue
    table: NDArray[np.uint32] = packed[(places * 255.0).round().astype(np.intp)]
    return table


def _from_black(colour: str) -> tuple[tuple[float, int, int, int], ...]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return (0.0, 0, 0, 0), (1.0, red, green, blue)
