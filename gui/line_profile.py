"""Counts along a line, raw and restored."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from acquisition.line import line_profile
from gui import theme
from gui.colouring import Counts
from gui.marker import MarkedPlace
from gui.places import line_in
from gui.plots import SteadyRange, quiet_plot
from gui.qt import QtWidgets


class LineProfile(QtWidgets.QWidget):
    """Draws the profiles of the frame that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._pixel_size_um: float | None = None
        self._heights = SteadyRange()
        self._length = 0.0
        self.plot = quiet_plot(left_axis=True)
        self.raw = pg.PlotCurveItem(pen=theme.pen(theme.RAW, 1))
        self.restored = pg.PlotCurveItem(pen=theme.pen(theme.RESTORED, 1))
        for curve in (self.raw, self.restored):
            self.plot.addItem(curve)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.set_pixel_size(None)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um
        unit = "px" if pixel_size_um is None else "µm"
        self.plot.setLabel("bottom", f"along the line, {unit}", color=theme.FAINT)

    def clear(self) -> None:
        """Draw nothing."""
        self.raw.clear()
        self.restored.clear()

    def show_images(self, raw: Counts, restored: Counts | None, place: MarkedPlace) -> None:
        """Draw what lies under a line.

        Parameters
        ----------
        raw, restored : ndarray, (H, W) and any other size
            Both cover the same field of view; None where there is no restored one.
        place : MarkedPlace
            The line's ends, in raw pixels.
        """
        height, width = raw.shape
        length = float(np.hypot(place.x1 - place.x0, place.y1 - place.y0))
        length *= self._pixel_size_um or 1.0
        self.restored.setVisible(restored is not None)
        profiles = [
            line_profile(image, line_in(image, place, height=height, width=width))
            for image in (raw, restored)
            if image is not None
        ]
        for profile, curve in zip(profiles, (self.raw, self.restored), strict=False):
            curve.setData(np.linspace(0.0, length, len(profile)), profile)
        lowest = min(float(profile.min()) for profile in profiles)
        highest = max(float(profile.max()) for profile in profiles)
        if heights := self._heights.cover(lowest, highest):
            self.plot.setYRange(*heights, padding=0.0)
        if length != self._length:
            self._length = length
            self.plot.setXRange(0.0, max(length, 1e-6), padding=0.01)
