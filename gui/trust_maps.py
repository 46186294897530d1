"""The maps that can lie over the restored image: their colours, and what these mean in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gui.preview import Preview

# Of every map's scale, from its lowest to its highest value.
LEVELS = 256
# Of a map's own opacity, what is shown at all has at least this part.
_FAINTEST = 0.35


class TrustMap(StrEnum):
    """Which map lies over the restored image."""

    RESIDUAL = "trust overlay"
    UNCERTAINTY = "predicted uncertainty"


class MapScale(ABC):
    """From a map's values to colours, told apart without red and green.

    Attributes
    ----------
    lowest, highest : float
        Beyond these values colours stay the same.
    ticks : tuple of (float, str)
        Values to be named beside the colours.
    about : str
        What it is, in a sentence.
    """

    lowest: float
    highest: float
    ticks: tuple[tuple[float, str], ...]
    about: str

    @abstractmethod
    def colours(self, opacity: float) -> NDArray[np.uint32]:
        """Work out the colours from the lowest to the highest value.

        Parameters
        ----------
        opacity : float
            0 to 1, of what has the strongest colour.

        Returns
        -------
        ndarray of uint32, shape (256,)
            0xAARRGGBB, not premultiplied.
        """

    @abstractmethod
    def values(self, preview: Preview) -> NDArray[np.float32] | None:
        """Take the map of a frame, shape (H, W), a pixel for each LR pixel; None if it has none."""

    @abstractmethod
    def words(self, preview: Preview) -> str:
        """Say what the colours mean over a frame, or that it has no map; rich text."""


class ResidualScale(MapScale):
    """What the measurement says against the restored image, in standard deviations."""

    # Noise alone takes a pixel in 370 beyond it; up to here all is transparent.
    first = 3.0
    highest = 7.0
    lowest = -highest
    ticks = ((-7.0, "−7"), (-3.0, "−3"), (3.0, "+3"), (7.0, "+7 sd"))
    about = (
        "How far the restored image lies from the measured one, in standard deviations of the "
        "noise; no colour is no contradiction, but no proof either"
    )
    # More restored than was measured, and less.
    _more = ((255, 220, 80), (255, 120, 0))
    _less = ((120, 220, 255), (0, 110, 255))

    def colours(self, opacity: float) -> NDArray[np.uint32]:  # noqa: D102 - as for all maps
        deviations = np.linspace(self.lowest, self.highest, LEVELS)
        part = (np.abs(deviations) - self.first) / (self.highest - self.first)
        near, far = (
            np.where(deviations[:, None] > 0, more, less)
            for more, less in zip(self._more, self._less, strict=True)
        )
        mixed = near + (far - near) * np.clip(part, 0.0, 1.0)[:, None]
        return _packed(mixed, opacity * _strength(part))

    def values(self, preview: Preview) -> NDArray[np.float32] | None:  # noqa: D102
        return preview.trust_map() if preview.trust_map is not None else None

    def words(self, preview: Preview) -> str:  # noqa: D102
        if preview.trust_map is None:
            return "No figures of trust for this frame"
        less, more = (f"#{r:02x}{g:02x}{b:02x}" for (r, g, b) in (self._less[1], self._more[1]))
        return (
            f'Restored shows <span style="color:{less}">less</span> or '
            f'<span style="color:{more}">more</span> than was measured'
        )


class UncertaintyScale(MapScale):
    """How far off the engine itself expects to be, in parts of the frame's range of brightness."""

    lowest = 0.0
    # The same for every frame and engine: what is more certain looks more certain. Off by the whole
    # range, nothing is known.
    highest = 1.0
    ticks = ((0.0, "0"), (0.25, "±25"), (0.5, "±50"), (1.0, "±100 %"))
    about = (
        "What this engine expects of itself. It is no check against the measurement, and says "
        "nothing of a sample unlike its training"
    )
    # Those of viridis, which rise in brightness by equal steps for all eyes.
    _stops = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))

    def colours(self, opacity: float) -> NDArray[np.uint32]:  # noqa: D102 - as for all maps
        part = np.linspace(0.0, 1.0, LEVELS)
        places = np.linspace(0.0, 1.0, len(self._stops))
        mixed = [np.interp(part, places, channel) for channel in zip(*self._stops, strict=True)]
        # As strong everywhere: a colour that the image shows through would not be the legend's.
        return _packed(np.stack(mixed, axis=1), np.full(LEVELS, opacity))

    def values(self, preview: Preview) -> NDArray[np.float32] | None:  # noqa: D102
        found = preview.interval
        return found.half_width / np.float32(found.span) if found is not None else None

    def words(self, preview: Preview) -> str:  # noqa: D102
        if preview.interval is None:
            return "Nobody asked this engine how far off it may be:<br>start with --uncertainty"
        return (
            "How far off this engine expects to be<br>"
            f"for {100 * preview.interval.level:.0f} % of pixels, in % of the brightness range;<br>"
            "it knows only samples like its training"
        )


SCALES: dict[TrustMap, MapScale] = {
    TrustMap.RESIDUAL: ResidualScale(),
    TrustMap.UNCERTAINTY: UncertaintyScale(),
}


def _strength(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Show nothing below 0, and what is shown so that it can be seen."""
    return np.where(part < 0.0, 0.0, _FAINTEST + (1 - _FAINTEST) * np.clip(part, 0.0, 1.0))


def _packed(colours: NDArray[np.float64], opacity: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Put colours of 0 to 255, shape (n, 3), and opacities of 0 to 1 into one number each."""
    red, green, blue = colours.round().astype(np.uint32).T
    alpha = (opacity * 255.0).round().astype(np.uint32)
    table: NDArray[np.uint32] = (alpha << 24) | (red << 16) | (green << 8) | blue
    return table
