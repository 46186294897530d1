"""Counts along a line, raw and restored, of each channel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from acquisition import line_profile
from gui import theme
from gui.channel_curves import ChannelCurves
from gui.colouring import Counts
from gui.marker import MarkedPlace
from gui.measured_words import as_csv
from gui.places import line_in
from gui.plots import SteadyRange, quiet_plot
from gui.qt import QtWidgets

# A raw image, or the mean that stands in its place, and the restored one, if there is one.
ImagePair = tuple[Counts, Counts | None]


class LineProfile(QtWidgets.QWidget):
    """Draws the profiles of the frame that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._pixel_size_um: float | None = None
        self._heights = SteadyRange()
        self._length = 0.0
        self.plot = quiet_plot(left_axis=True)
        self.plot.setLabel("left", "counts", color=theme.FAINT)
        self.curves = ChannelCurves(self.plot)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.set_pixel_size(None)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um
        unit = "px" if pixel_size_um is None else "µm"
        self.plot.setLabel("bottom", f"along the line, {unit}", color=theme.FAINT)

    def table(self) -> str:
        """Return what is drawn as a CSV file's content."""
        unit = "px" if self._pixel_size_um is None else "um"
        columns = ("channel", "image", f"along_{unit}", "counts")
        return as_csv(columns, self.curves.points())

    def clear(self) -> None:
        """Draw nothing."""
        self.curves.clear()

    def show_images(self, images: Mapping[int, ImagePair], place: MarkedPlace) -> None:
        """Draw what lies under a line.

        Parameters
        ----------
        images : mapping of int to (ndarray, ndarray or None)
            By channel: raw, (H, W), and restored of any other size; all cover the same field of
            view. At least one.
        place : MarkedPlace
            The line's ends, in raw pixels.
        """
        length = float(np.hypot(place.x1 - place.x0, place.y1 - place.y0))
        length *= self._pixel_size_um or 1.0
        self.curves.show_only(images)
        lowest, highest = np.inf, -np.inf
        for channel, pair in images.items():
            height, width = pair[0].shape
            for image, curve in zip(pair, self.curves.of(channel), strict=True):
                if image is None:
                    curve.clear()
                    continue
                profile = line_profile(image, line_in(image, place, height=height, width=width))
                curve.setData(np.linspace(0.0, length, len(profile)), profile)
                lowest = min(lowest, float(profile.min()))
                highest = max(highest, float(profile.max()))
        if heights := self._heights.cover(lowest, highest):
            self.plot.setYRange(*heights, padding=0.0)
        if length != self._length:
            self._length = length
            self.plot.setXRange(0.0, max(length, 1e-6), padding=0.01)
