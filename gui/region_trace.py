"""The mean of a region over time, raw and restored, and how it bleaches."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from gui import theme
from gui.colouring import Counts
from gui.decimated_series import DecimatedSeries
from gui.marker import MarkedPlace
from gui.places import region_of
from gui.plots import SteadyRange, quiet_plot
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets

_BACKGROUND_PERCENTILE = 5.0
_FIRST_POINTS = 5
_DRAW_INTERVAL_MS = 250


class RegionTrace(QtWidgets.QWidget):
    """Draws the course from the oldest frame kept on, for as long as it is open.

    Attributes
    ----------
    bleaching : QPushButton
        Chooses per cent instead of counts; whoever holds the trace places it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._course = DecimatedSeries()
        self._timed = True
        self._place: MarkedPlace | None = None
        self._backgrounds = (0.0, 0.0)
        self._heights, self._times = SteadyRange(), SteadyRange()
        self._draw_timer = QtCore.QTimer(self)
        self._draw_timer.setSingleShot(True)
        self._draw_timer.setInterval(_DRAW_INTERVAL_MS)
        self._draw_timer.timeout.connect(self._draw)
        self.plot = quiet_plot(left_axis=True)
        self._label_times()
        self.plot.setLabel("left", "counts", color=theme.FAINT)
        self.raw = pg.PlotCurveItem(pen=theme.pen(theme.RAW, 1))
        self.restored = pg.PlotCurveItem(pen=theme.pen(theme.RESTORED, 1))
        for curve in (self.raw, self.restored):
            self.plot.addItem(curve)
        self.bleaching = QtWidgets.QPushButton("Bleaching, %")
        self.bleaching.setCheckable(True)
        self.bleaching.setProperty("role", "small")
        self.bleaching.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.bleaching.setToolTip(
            "Background subtracted (the darkest 5 % of the frame when the region was drawn), "
            f"in % of the first {_FIRST_POINTS} points"
        )
        self.bleaching.toggled.connect(self._choose)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    @property
    def course(self) -> DecimatedSeries:
        """What is drawn, in counts."""
        return self._course

    def begin(self, place: MarkedPlace, previews: Iterable[Preview]) -> None:
        """Trace a region, beginning with frames that were kept.

        Parameters
        ----------
        place : MarkedPlace
            Opposite corners, in LR pixels.
        previews : iterable of Preview
            Oldest first.
        """
        self._place = place
        self._course.clear()
        for preview in previews:
            self._note(preview, place)
        self._draw()

    def add(self, preview: Preview) -> None:
        """Take a new frame into the course."""
        if self._place is not None:
            self._note(preview, self._place)
            if not self._draw_timer.isActive():
                self._draw_timer.start()

    def clear(self) -> None:
        """Forget the course; the region stays."""
        self._course.clear()
        self._draw()

    def _note(self, preview: Preview, place: MarkedPlace) -> None:
        if len(self._course) == 0:
            self._backgrounds = (_background(preview.raw), _background(preview.restored))
        height, width = preview.raw.shape
        raw, restored = (
            math.nan
            if image is None
            else _mean(region_of(image, place, height=height, width=width))
            for image in (preview.raw, preview.restored)
        )
        if math.isfinite(preview.acquired) is not self._timed:
            # Frames of which nobody knows the time are counted instead.
            self._timed = not self._timed
            self._course.clear()
            self._label_times()
        self._course.add(preview.acquired if self._timed else float(preview.index), raw, restored)

    def _draw(self) -> None:
        relative = self.bleaching.isChecked()
        course = self._course
        drawn_figures = []
        for curve, figures, background in (
            (self.raw, course.raw, self._backgrounds[0]),
            (self.restored, course.restored, self._backgrounds[1]),
        ):
            drawn = bleaching(figures, background) if relative else figures
            there = np.isfinite(drawn).all()
            curve.setVisible(bool(there))
            if there:
                curve.setData(course.times, drawn)
                drawn_figures.append(drawn)
        if len(course):
            self._fit(course.times, np.stack(drawn_figures))

    def _fit(self, times: NDArray[np.float64], figures: NDArray[np.float64]) -> None:
        if heights := self._heights.cover(float(figures.min()), float(figures.max())):
            self.plot.setYRange(*heights, padding=0.0)
        if self._course.together != self._together:
            self._label_times()
        if span := self._times.cover(float(times[0]), float(times[-1])):
            self.plot.setXRange(float(times[0]), span[1], padding=0.0)

    def _label_times(self) -> None:
        self._together = self._course.together
        each = f"; each point is the mean of {self._together} frames" if self._together > 1 else ""
        axis = "time, s" if self._timed else "frame"
        self.plot.setLabel("bottom", f"{axis}{each}", color=theme.FAINT)

    def _choose(self, relative: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.plot.setLabel("left", "% of start" if relative else "counts", color=theme.FAINT)
        self._draw()


def bleaching(means: NDArray[np.float64], background: float) -> NDArray[np.float64]:
    """Background-subtracted means in per cent of their start.

    Parameters
    ----------
    means : ndarray of float64, shape (n,)
        Of a region, in counts.
    background : float
        Counts where there is no light.

    Returns
    -------
    ndarray of float64, shape (n,)
        100 at the start, which is the mean of the first five; 0 everywhere if that is not brighter
        than the background.
    """
    signal = means - background
    start = float(signal[:_FIRST_POINTS].mean()) if len(signal) else 0.0
    return 100.0 * signal / start if start > 0.0 else np.zeros_like(signal)


def _mean(region: Counts) -> float:
    # A sum of 16-bit counts fits into 64 bits, which numpy adds faster than it does floats.
    return float(region.sum(dtype=np.uint64)) / region.size


def _background(image: Counts | None) -> float:
    if image is None:
        return math.nan
    step = max(1, image.shape[0] // 256)
    return float(np.percentile(image[::step, ::step], _BACKGROUND_PERCENTILE))
