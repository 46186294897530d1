"""Which colour each channel is shown in."""

from __future__ import annotations

from collections.abc import Sequence

from acquisition import Channel
from gui.qt import QtGui

RGB = tuple[int, int, int]

# Green and magenta, then cyan and yellow: pairs that colour-blind eyes tell apart, as they don't
# green and red.
_DEFAULTS: tuple[RGB, ...] = (
    (0, 255, 0),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 0),
    (255, 128, 0),
    (96, 128, 255),
    (255, 255, 255),
)
_DARKEST = 64
_LEGIBLE = 0.45


def colours_of(channels: Sequence[Channel]) -> list[str]:
    """Choose a colour for each channel.

    Parameters
    ----------
    channels : sequence of Channel

    Returns
    -------
    list of str
        As ``#rrggbb``: what the microscope says, where that can be seen and told from the others;
        else a default that none of them has.
    """
    said = [channel.colour for channel in channels]
    usable = [
        colour if colour and max(colour) >= _DARKEST and said.count(colour) == 1 else None
        for colour in said
    ]
    free = [colour for colour in _DEFAULTS if colour not in usable]
    chosen: list[RGB] = []
    for colour in usable:
        chosen.append(colour or (free.pop(0) if free else _DEFAULTS[len(chosen) % len(_DEFAULTS)]))
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in chosen]


def legible(colour: str) -> str:
    """Lighten a colour until words in it can be read on the dark window."""
    mixed = QtGui.QColor(colour)
    share = 0.0
    while _luminance(mixed) < _LEGIBLE and share < 1.0:
        share += 0.1
        red, green, blue = bytes.fromhex(colour.removeprefix("#"))
        mixed = QtGui.QColor(*(round(one + share * (255 - one)) for one in (red, green, blue)))
    return str(mixed.name())


def _luminance(colour: QtGui.QColor) -> float:
    return float(0.299 * colour.redF() + 0.587 * colour.greenF() + 0.114 * colour.blueF())
