"""Which counts are black and which are white, for both images alike."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from acquisition import PixelType
from gui import theme
from gui.channel_colours import legible
from gui.colour_maps import COLOUR_MAPS
from gui.gamma_slider import GammaSlider
from gui.limit_numbers import LimitNumbers
from gui.plots import quiet_plot
from gui.qt import QtCore, QtGui, QtWidgets

_DARKEST_PERCENTILE = 1.0
_BRIGHTEST_PERCENTILE = 99.8
AUTO = "Set black and white once, from the image shown: the raw one, unless only restored is shown"
_BINS = 256
# What is seen beside the limits where the histogram is zoomed, in parts of what lies between.
_BESIDE = 0.25


def limits_of(raw: NDArray[PixelType]) -> tuple[float, float]:
    """Find the counts that a raw frame should be shown between.

    Percentiles, so that single hot or dead pixels don't decide.

    Parameters
    ----------
    raw : ndarray of uint8 or uint16, shape (H, W)

    Returns
    -------
    low, high : float
        `high` is at least `low` + 1.
    """
    low, high = np.percentile(raw, (_DARKEST_PERCENTILE, _BRIGHTEST_PERCENTILE))
    return float(low), float(max(high, low + 1.0))


class Look(NamedTuple):
    """How the counts of one channel are shown.

    Attributes
    ----------
    low, high : float
        Counts shown darkest and brightest; the second is greater by at least 1.
    gamma : float
        See `gui.colour_maps.display_table`.
    top : int
        Where the histogram's axis ends.
    """

    low: float
    high: float
    gamma: float
    top: int


def automatic_look(raw: NDArray[PixelType], gamma: float = 1.0) -> Look:
    """Choose how a channel is shown from one of its raw frames (H, W)."""
    low, high = limits_of(raw)
    top = 255
    while top < 2.0 * high and top < np.iinfo(raw.dtype).max:
        top = 2 * top + 1
    return Look(low, high, gamma, top)


def histogram(pixels: NDArray[PixelType], top: int, first: int = 0) -> NDArray[np.float64]:
    """Count how many pixels have how many counts, on a logarithmic scale.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W)
    top : int
        The last count of the axis, so many that 256 divides its length. Brighter pixels are
        counted in the last bin.
    first : int
        The axis's first count; darker pixels are counted in no bin.

    Returns
    -------
    ndarray of float64, shape (256,)
        log10(1 + pixels in the bin).
    """
    width = (top + 1 - first) // _BINS
    if first:
        pixels = pixels[pixels >= first] - pixels.dtype.type(first)
    bins = np.minimum(pixels, top - first) // width
    heights: NDArray[np.float64] = np.log10(1.0 + np.bincount(bins.ravel(), minlength=_BINS))
    return heights


class ContrastOf(StrEnum):
    """Which of the two images the limits are of."""

    BOTH = "both images"
    RAW = "raw only"
    RESTORED = "restored only"


class Contrast(QtWidgets.QFrame):
    """The histogram of both images with limits to drag, gamma and colours.

    The limits move when they are dragged or when `set_automatically` is called, never by
    themselves.

    Signals
    -------
    changed()
        Counts are to look otherwise.
    auto_requested()
        The user wants the limits chosen from what is shown now.
    of_chosen()
        The limits are to be of other images, see `of`.
    """

    changed = QtCore.Signal()
    auto_requested = QtCore.Signal()
    of_chosen = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("contrast")
        self._top = 255
        self._images: tuple[NDArray[PixelType], NDArray[PixelType] | None] | None = None

        self._plot = quiet_plot(left_axis=False)
        # However narrow it is, no number lies on the next.
        self._plot.getAxis("bottom").setTickDensity(0.5)
        self._raw_curve = _curve(theme.RAW, filled=True)
        self._restored_curve = _curve(theme.RESTORED, filled=False)
        self._plot.addItem(self._raw_curve)
        self._plot.addItem(self._restored_curve)
        self.region = pg.LinearRegionItem(
            values=(0.0, 255.0),
            bounds=(0.0, 255.0),
            brush=pg.mkBrush(255, 255, 255, 18),
            hoverBrush=pg.mkBrush(255, 255, 255, 32),
            pen=theme.pen(theme.WARNING, 2),
            hoverPen=theme.pen(theme.WARNING, 4),
        )
        self._plot.addItem(self.region)
        self.region.sigRegionChanged.connect(self._dragged)

        self.numbers = LimitNumbers()
        self._heading = QtWidgets.QLabel("Contrast")
        self._heading.setProperty("role", "title")
        words = QtWidgets.QVBoxLayout()
        words.addWidget(self._heading)
        words.addWidget(self.numbers)
        words.addStretch(1)
        self.auto = QtWidgets.QPushButton("Auto")
        self.auto.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.auto.setToolTip(f"{AUTO} (A)")
        self.colour_map = QtWidgets.QComboBox()
        self.colour_map.addItems(COLOUR_MAPS)
        self.colour_map.setToolTip("Colours of all images")
        self.colour_map.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.gamma = GammaSlider()
        self.choose_of = QtWidgets.QComboBox()
        self.choose_of.addItems(list(ContrastOf))
        self.choose_of.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.choose_of.setToolTip(
            "Which image black and white apply to. Brightness can be compared only in both"
        )
        self.logarithmic = _switch("Log", "Heights of the histogram on a logarithmic scale")
        self.logarithmic.setChecked(True)
        self.zoomed = _switch("Zoom", "Show the histogram between black and white only")
        looks = QtWidgets.QGridLayout()
        looks.setSpacing(6)
        looks.addWidget(self.auto, 0, 0)
        looks.addWidget(self.colour_map, 0, 1)
        looks.addWidget(self.choose_of, 0, 2, 1, 2)
        looks.addWidget(self.gamma, 1, 0, 1, 2)
        looks.addWidget(self.logarithmic, 1, 2)
        looks.addWidget(self.zoomed, 1, 3)
        looks.setRowStretch(2, 1)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(words)
        layout.addWidget(self._plot, stretch=1)
        layout.addLayout(looks)
        self.auto.clicked.connect(self.auto_requested)
        self.colour_map.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.gamma.changed.connect(self.changed)
        self.choose_of.currentIndexChanged.connect(lambda _: self.of_chosen.emit())
        self.numbers.typed.connect(self._limits_typed)
        self.logarithmic.toggled.connect(self._redraw)
        self.zoomed.toggled.connect(self._redraw)
        self._rescale(255)
        self._write_numbers()
        self._redraw()

    @property
    def of(self) -> ContrastOf:
        """Which images the limits are of."""
        return list(ContrastOf)[self.choose_of.currentIndex()]

    def show_of(self, of: ContrastOf) -> None:
        """Say which images the limits are of; nothing is told."""
        self.choose_of.blockSignals(True)
        self.choose_of.setCurrentIndex(list(ContrastOf).index(of))
        self.choose_of.blockSignals(False)

    @property
    def chosen_map(self) -> str:
        """The colour map that was chosen for a single channel."""
        return COLOUR_MAPS[self.colour_map.currentIndex()]

    @property
    def limits(self) -> tuple[float, float]:
        """The counts shown as black and as white; the second is greater by at least 1."""
        low, high = self.region.getRegion()
        return float(low), float(max(high, low + 1.0))

    @property
    def look(self) -> Look:
        """How counts are shown, but for their colours."""
        return Look(*self.limits, self.gamma.gamma, self._top)

    def set_automatically(self, raw: NDArray[PixelType]) -> None:
        """Choose the limits from one raw frame (H, W), once."""
        self.show_look(automatic_look(raw, self.gamma.gamma))
        self.changed.emit()

    def show_look(self, look: Look) -> None:
        """Take over how counts are shown, which nobody is told."""
        for part in (self.region, self.gamma):
            part.blockSignals(True)
        self._rescale(look.top)
        self.region.setRegion((look.low, look.high))
        self.gamma.set_gamma(look.gamma)
        for part in (self.region, self.gamma):
            part.blockSignals(False)
        self._write_numbers()
        self._redraw()

    def show_channel(self, name: str, colour: str) -> None:
        """Say whose contrast this is; without a name there is one channel, in colours to choose.

        Parameters
        ----------
        name : str
        colour : str
            As ``#rrggbb``.
        """
        self.colour_map.setVisible(not name)
        self._heading.setText(name or "Contrast")
        theme.restyle(self._heading, f"color: {legible(colour)};" if name else "")

    def show_images(self, raw: NDArray[PixelType], restored: NDArray[PixelType] | None) -> None:
        """Draw the histograms of raw (H, W) and restored (4H, 4W), if any; the limits stay."""
        # As many restored pixels as raw ones, so that the two curves can be compared.
        step = 1 if restored is None else max(1, restored.shape[0] // raw.shape[0])
        self._images = raw, None if restored is None else restored[::step, ::step]
        self._redraw()

    def clear(self) -> None:
        """Draw no histograms; the limits stay."""
        self._images = None
        self._raw_curve.clear()
        self._restored_curve.clear()

    def _redraw(self) -> None:
        """Draw the histograms anew, along the axis that is wanted."""
        first, top = self._axis
        self._plot.setXRange(first, top + 1.0, padding=0.02)
        if self._images is None or self.isHidden():
            return
        edges = np.linspace(first, top + 1.0, _BINS + 1)
        highest = 1.0
        for pixels, curve in zip(
            self._images, (self._raw_curve, self._restored_curve), strict=True
        ):
            if pixels is None:
                curve.clear()
                continue
            heights = histogram(pixels, top, first)
            if not self.logarithmic.isChecked():
                heights = 10.0**heights - 1.0
            # What lies beyond the axis is in its last bin, and may be more than all that is seen.
            highest = max(highest, float(heights[:-1].max()))
            curve.setData(edges, heights, stepMode="center")
        if self.logarithmic.isChecked():
            highest = float(np.log10(1.0 + self._images[0].size))
        self._plot.setYRange(0.0, highest, padding=0.0)

    @property
    def _axis(self) -> tuple[int, int]:
        """The first and the last count of the histogram's axis."""
        if not self.zoomed.isChecked():
            return 0, self._top
        low, high = self.limits
        beside = _BESIDE * (high - low)
        first = max(0, int(low - beside))
        length = -(-int(high + beside + 1 - first) // _BINS) * _BINS
        return first, first + length - 1

    def _rescale(self, top: int) -> None:
        self._top = top
        self.region.setBounds((0.0, float(top)))

    def _dragged(self) -> None:
        self._write_numbers()
        self.changed.emit()

    def _limits_typed(self, low: float, high: float) -> None:
        top = self._top
        while top < high:
            top = 2 * top + 1
        self.show_look(Look(low, high, self.gamma.gamma, top))
        self.changed.emit()

    def _write_numbers(self) -> None:
        self.numbers.show_limits(*self.limits)


def _switch(words: str, explanation: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(words)
    button.setCheckable(True)
    button.setProperty("role", "small")
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
    button.setToolTip(explanation)
    return button


def _curve(colour: str, *, filled: bool) -> pg.PlotCurveItem:
    if not filled:
        return pg.PlotCurveItem(pen=theme.pen(colour, 1))
    brush = QtGui.QColor(colour)
    brush.setAlpha(90)
    return pg.PlotCurveItem(pen=theme.pen(colour, 1), fillLevel=0.0, brush=brush)
