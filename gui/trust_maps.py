"""The maps that can lie over the restored image: their colours, and what these mean in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gui.preview import Preview

# Of every map's scale, from its lowest to its highest value.
LEVELS = 256
# In standard deviations; noise alone takes a pixel in 370 beyond the first.
FIRST_SHOWN_SD, LAST_SHOWN_SD = 3.0, 7.0
# More restored than was measured, and less. Told apart without red and green.
MORE = ((255, 220, 80), (255, 120, 0))
LESS = ((120, 220, 255), (0, 110, 255))
# Off by the whole range of brightness, nothing is known.
LARGEST_SHOWN_ERROR = 1.0
# Those of viridis, which rise in brightness by equal steps for all eyes.
CERTAIN_TO_UNCERTAIN = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
# Neither a colour of the residual map nor of a usual channel.
UNRESOLVED = (235, 60, 235)


class TrustMap(StrEnum):
    """Which map lies over the restored image."""

    RESIDUAL = "trust overlay"
    UNCERTAINTY = "predicted uncertainty"
    UNRESOLVED = "cannot be told apart"


class MapScale(NamedTuple):
    """From a map's values to colours.

    Attributes
    ----------
    lowest, highest : float
        Beyond these values colours stay the same; the same for every frame.
    ticks : tuple of (float, str)
        Values to be named beside the colours.
    about : str
        What it is, in a sentence.
    colours : callable
        Given the opacity, 0 to 1, of the strongest colour, returns the colours from the lowest to
        the highest value: ndarray of uint32, shape (256,), 0xAARRGGBB, not premultiplied.
    values : callable
        Given a `Preview`, returns its map, an ndarray of float32 of shape (H, W), or None.
    words : callable
        Given a `Preview`, says what the colours mean, or that it has no map; rich text.
    """

    lowest: float
    highest: float
    ticks: tuple[tuple[float, str], ...]
    about: str
    colours: Callable[[float], NDArray[np.uint32]]
    values: Callable[[Preview], NDArray[np.float32] | None]
    words: Callable[[Preview], str]


def _residual_colours(opacity: float) -> NDArray[np.uint32]:
    """Up to `FIRST_SHOWN_SD` all is transparent."""
    deviations = np.linspace(-LAST_SHOWN_SD, LAST_SHOWN_SD, LEVELS)
    part = (np.abs(deviations) - FIRST_SHOWN_SD) / (LAST_SHOWN_SD - FIRST_SHOWN_SD)
    strength = np.where(part < 0.0, 0.0, 0.35 + 0.65 * np.clip(part, 0.0, 1.0))
    near, far = (
        np.where(deviations[:, None] > 0.0, more, less)
        for more, less in zip(MORE, LESS, strict=True)
    )
    return _packed(near + (far - near) * np.clip(part, 0.0, 1.0)[:, None], strength * opacity)


def _residual_of(preview: Preview) -> NDArray[np.float32] | None:
    return preview.trust_map() if preview.trust_map is not None else None


def _about_residual(preview: Preview) -> str:
    if preview.trust_map is None:
        return "No trust map for this frame"
    less, more = (f"#{r:02x}{g:02x}{b:02x}" for (r, g, b) in (LESS[1], MORE[1]))
    return (
        f'Restored shows <span style="color:{less}">less</span> or '
        f'<span style="color:{more}">more</span> than was measured'
    )


def _uncertainty_colours(opacity: float) -> NDArray[np.uint32]:
    """As strong everywhere: a colour that the image shines through would not be the legend's."""
    places = np.linspace(0.0, 1.0, LEVELS)
    stops = np.linspace(0.0, 1.0, len(CERTAIN_TO_UNCERTAIN))
    mixed = [
        np.interp(places, stops, channel) for channel in zip(*CERTAIN_TO_UNCERTAIN, strict=True)
    ]
    return _packed(np.stack(mixed, axis=1), np.full(LEVELS, opacity))


def _uncertainty_of(preview: Preview) -> NDArray[np.float32] | None:
    found = preview.interval
    return found.half_width / np.float32(found.span) if found is not None else None


def _about_uncertainty(preview: Preview) -> str:
    if preview.interval is None:
        return "No predicted uncertainty for this frame:<br>start with --uncertainty to see it"
    return (
        "How far off this engine expects to be<br>"
        f"for {100 * preview.interval.level:.0f} % of pixels, in % of the brightness range;<br>"
        "it knows only samples like its training"
    )


def _unresolved_colours(opacity: float) -> NDArray[np.uint32]:
    """All or nothing: a place is marked, or it is not."""
    marked = np.linspace(0.0, 1.0, LEVELS) > 0.5
    return _packed(np.tile(np.array(UNRESOLVED, np.float64), (LEVELS, 1)), marked * opacity)


def _unresolved_of(preview: Preview) -> NDArray[np.float32] | None:
    return preview.unresolved_map() if preview.unresolved_map is not None else None


def _about_unresolved(preview: Preview) -> str:
    if preview.unresolved_map is None:
        return "Not known for this frame"
    return (
        '<span style="color:#{:02x}{:02x}{:02x}">Cannot be told apart</span>: too few photons '
        "for a small gap<br>in this one frame, or lines that are too dense"
    ).format(*UNRESOLVED)


def _packed(colours: NDArray[np.floating], opacity: NDArray[np.floating]) -> NDArray[np.uint32]:
    """Put colours of 0 to 255, shape (n, 3), and opacities of 0 to 1 into one number each."""
    red, green, blue = colours.round().astype(np.uint32).T
    alpha = (opacity * 255.0).round().astype(np.uint32)
    table: NDArray[np.uint32] = (alpha << 24) | (red << 16) | (green << 8) | blue
    return table


SCALES: Mapping[TrustMap, MapScale] = MappingProxyType(
    {
        TrustMap.RESIDUAL: MapScale(
            -LAST_SHOWN_SD,
            LAST_SHOWN_SD,
            ((-7.0, "−7"), (-3.0, "−3"), (3.0, "+3"), (7.0, "+7 sd")),
            "How far the restored image lies from the measured one, in standard deviations of the "
            "noise; no colour means no contradiction, not proof",
            _residual_colours,
            _residual_of,
            _about_residual,
        ),
        TrustMap.UNCERTAINTY: MapScale(
            0.0,
            LARGEST_SHOWN_ERROR,
            ((0.0, "0"), (0.25, "±25"), (0.5, "±50"), (1.0, "±100 %")),
            "The error that this engine expects. It is not checked against the measurement, and "
            "says nothing about samples unlike its training",
            _uncertainty_colours,
            _uncertainty_of,
            _about_uncertainty,
        ),
        TrustMap.UNRESOLVED: MapScale(
            0.0,
            1.0,
            ((0.25, "not marked"), (0.75, "marked")),
            "Structure in which a gap two raw pixels wide, there in this frame only, may be filled "
            "in, and places where the raw frames show finer structure than the restored one",
            _unresolved_colours,
            _unresolved_of,
            _about_unresolved,
        ),
    }
)
