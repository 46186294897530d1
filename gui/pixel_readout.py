"""The pixel under the mouse: where it is and what was counted there."""

from __future__ import annotations

import math

from gui import theme
from gui.qt import QtWidgets


class PixelReadout(QtWidgets.QLabel):
    """One line; its columns stay in place."""

    def __init__(self) -> None:
        super().__init__()
        self._pixel_size_um: float | None = None
        self.setFont(theme.number_font())
        self.clear()

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um

    def show_pixel(self, x: float, y: float, raw: int | None, restored: int | None) -> None:
        """Write down a place in LR pixels and the counts of both images there.

        Parameters
        ----------
        x, y : float
            LR pixels from the upper left corner.
        raw, restored : int or None
            Counts; None outside the images, which shows no pixel at all.
        """
        if raw is None or restored is None:
            self.clear()
            return
        place = f"x {math.floor(x):5d} px   y {math.floor(y):5d} px"
        if self._pixel_size_um is not None:
            x_um, y_um = x * self._pixel_size_um, y * self._pixel_size_um
            place += f"   {x_um:8.2f} µm {y_um:8.2f} µm"
        self.setText(f"{place}   raw {raw:5d}   restored {restored:5d}")

    def clear(self) -> None:
        """Show no pixel."""
        self.setText("Point at an image to read its pixels")
