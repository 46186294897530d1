"""The pixel under the mouse: where it is and what was counted there."""

from __future__ import annotations

import math

from gui import theme
from gui.elided_label import ElidedLabel
from gui.qt import QtCore


class PixelReadout(ElidedLabel):
    """One line; its columns stay in place."""

    def __init__(self) -> None:
        super().__init__(QtCore.Qt.TextElideMode.ElideRight)
        self._pixel_size_um: float | None = None
        self.setFont(theme.number_font())
        self.clear()

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um

    def show_pixel(
        self,
        x: float,
        y: float,
        raw: float | None,
        *,
        restored: float | None,
        half_width: float | None = None,
    ) -> None:
        """Write down a place in LR pixels and the counts of both images there.

        Parameters
        ----------
        x, y : float
            LR pixels from the upper left corner.
        raw, restored : float or None
            Counts; raw ones are None outside the images, which shows no pixel at all, restored ones
            where there is no restored image.
        half_width : float or None
            How far off the engine expects the restored counts to be; None if it does not say.
        """
        if raw is None:
            self.clear()
            return
        place = f"x {math.floor(x):4d} y {math.floor(y):4d} px"
        if self._pixel_size_um is not None:
            x_um, y_um = x * self._pixel_size_um, y * self._pixel_size_um
            place += f"  {x_um:7.2f} {y_um:7.2f} µm"
        counts = f"{raw:5.0f}" if float(raw).is_integer() else f"{raw:7.1f}"
        expected = f" ± {half_width:.0f}" if half_width is not None else ""
        words = "" if restored is None else f"  restored {restored:5.0f}{expected}"
        self.show_text(f"{place}   raw {counts}{words}")

    def clear(self) -> None:
        """Show no pixel."""
        self.show_text("Point at an image to read its pixels")
