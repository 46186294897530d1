"""How counts look: contrast limits, gamma, colour map and the mark of saturated pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gui.colour_maps import display_table

# Blue, as on Leica's screens: none of the colour maps has one so bright.
SATURATED = 0xFF3264FF
_STEPS = 4096

Counts = NDArray[np.uint8 | np.uint16 | np.float32]


@dataclass(frozen=True, kw_only=True)
class Colouring:
    """Turns counts into colours on the screen, the same for every image that is compared.

    Attributes
    ----------
    low, high : float
        Counts shown darkest and brightest; `low` is less than `high`.
    colour_map : str
        See `gui.colour_maps.colours`.
    gamma : float
        See `gui.colour_maps.display_table`.
    saturated : int or None
        Pixels with so many counts or more are marked; None marks none.
    """

    low: float
    high: float
    colour_map: str = "grey"
    gamma: float = 1.0
    saturated: int | None = None

    def colour(self, pixels: Counts, out: NDArray[np.uint32]) -> None:
        """Work out the screen's colours.

        Parameters
        ----------
        pixels : ndarray of uint8, uint16 or float32, shape (H, W)
            Counts; not a number is shown darkest.
        out : ndarray of uint32, shape (H, W)
            Where they go, as 0xFFRRGGBB.
        """
        if pixels.dtype == np.float32:
            self._colour_parts(pixels.astype(np.float32, copy=False), out)
            return
        table = self._bytes if pixels.dtype == np.uint8 else self._words
        # The table has an entry for every count of the dtype, so no index is out of range; the
        # mode only spares numpy the check.
        counts: NDArray[Any] = pixels
        np.take(table, counts, out=out, mode="clip")

    def _colour_parts(self, pixels: NDArray[np.float32], out: NDArray[np.uint32]) -> None:
        """Colour parts of counts, such as a mean has, in fine steps between the limits."""
        steps = (pixels - np.float32(self.low)) * np.float32((_STEPS - 1) / (self.high - self.low))
        np.clip(np.nan_to_num(steps, copy=False), 0, _STEPS - 1, out=steps)
        np.take(self._ramp, np.rint(steps, out=steps).astype(np.uint16), out=out, mode="clip")
        if self.saturated is not None:
            np.copyto(out, np.uint32(SATURATED), where=pixels >= self.saturated)

    @cached_property
    def _ramp(self) -> NDArray[np.uint32]:
        return display_table(
            _STEPS, 0.0, _STEPS - 1.0, colour_map=self.colour_map, gamma=self.gamma
        )

    @cached_property
    def _bytes(self) -> NDArray[np.uint32]:
        return self._table(2**8)

    @cached_property
    def _words(self) -> NDArray[np.uint32]:
        return self._table(2**16)

    def _table(self, entries: int) -> NDArray[np.uint32]:
        table = display_table(
            entries, self.low, self.high, colour_map=self.colour_map, gamma=self.gamma
        )
        if self.saturated is not None:
            table[self.saturated :] = SATURATED
        return table
