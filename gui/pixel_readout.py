"""The pixel under the mouse: where it is and what was counted there."""

from __future__ import annotations

import math

from gui import theme
from gui.elided_label import ElidedLabel
from gui.image_panel import ImagePanel
from gui.preview import Preview
from gui.qt import QtCore


class PixelReadout(ElidedLabel):
    """One line; its columns stay in place.

    Parameters
    ----------
    raw, restored : ImagePanel
        Where the mouse may point at.
    """

    def __init__(self, raw: ImagePanel, restored: ImagePanel) -> None:
        super().__init__(QtCore.Qt.TextElideMode.ElideRight)
        self._panels = raw, restored
        self._pixel_size_um: float | None = None
        self._pointed: tuple[float, float] | None = None
        self._shown: Preview | None = None
        self.setFont(theme.number_font())
        self.clear()
        for panel in self._panels:
            panel.pointed.connect(self._point)
            panel.left.connect(self._unpoint)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um

    def read(self, shown: Preview | None) -> None:
        """Read the pixel under the mouse, of a frame that is shown now; None for none."""
        self._shown = shown
        if self._pointed is None:
            self.clear()
            return
        x, y = self._pointed
        raw, restored = (panel.counts_at(x, y) for panel in self._panels)
        half_width = None
        if raw is not None and shown is not None and shown.interval is not None:
            half_width = float(shown.interval.half_width[math.floor(y), math.floor(x)])
        self.show_pixel(x, y, raw, restored=restored, half_width=half_width)

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

    def _point(self, x: float, y: float) -> None:
        self._pointed = (x, y)
        self.read(self._shown)

    def _unpoint(self) -> None:
        self._pointed = None
        self.read(self._shown)
