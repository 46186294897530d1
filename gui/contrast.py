"""Which counts are black and which are white, for both images alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from acquisition import PixelType
from gui import theme
from gui.channel_colours import legible
from gui.colour_maps import COLOUR_MAPS
from gui.colouring import Colouring
from gui.gamma_slider import GammaSlider
from gui.plots import quiet_plot
from gui.qt import QtCore, QtGui, QtWidgets

_DARKEST_PERCENTILE = 1.0
_BRIGHTEST_PERCENTILE = 99.8
_BINS = 256


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
    """Choose how a channel is shown from one of its raw frames."""
    low, high = limits_of(raw)
    top = 255
    while top < 2.0 * high and top < np.iinfo(raw.dtype).max:
        top = 2 * top + 1
    return Look(low, high, gamma, top)


def histogram(pixels: NDArray[PixelType], top: int) -> NDArray[np.float64]:
    """Count how many pixels have how many counts, on a logarithmic scale.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W)
    top : int
        The last count of the axis, one less than a power of two, at least 255. Brighter pixels
        are counted in the last bin.

    Returns
    -------
    ndarray of float64, shape (256,)
        log10(1 + pixels in the bin).
    """
    width = (top + 1) // _BINS
    bins = np.minimum(pixels, top) // width
    heights: NDArray[np.float64] = np.log10(1.0 + np.bincount(bins.ravel(), minlength=_BINS))
    return heights


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
    """

    changed = QtCore.Signal()
    auto_requested = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("contrast")
        self._top = 255
        self._channel_colour = ""
        self._edges = np.zeros(0)

        self._plot = quiet_plot(left_axis=False)
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

        self._numbers = QtWidgets.QLabel()
        self._numbers.setFont(theme.number_font())
        self._numbers.setToolTip("Counts shown darkest and brightest, in both images")
        self._heading = QtWidgets.QLabel("Contrast")
        self._heading.setProperty("role", "title")
        words = QtWidgets.QVBoxLayout()
        words.addWidget(self._heading)
        words.addWidget(self._numbers)
        words.addStretch(1)
        self.auto = QtWidgets.QPushButton("Auto")
        self.auto.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.auto.setToolTip("Set black and white once, from the raw image now shown (A)")
        self.colour_map = QtWidgets.QComboBox()
        self.colour_map.addItems(COLOUR_MAPS)
        self.colour_map.setToolTip("Colours of all images")
        self.colour_map.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.gamma = GammaSlider()
        looks = QtWidgets.QGridLayout()
        looks.setSpacing(6)
        looks.addWidget(self.auto, 0, 0)
        looks.addWidget(self.colour_map, 0, 1)
        looks.addWidget(self.gamma, 1, 0, 1, 2)
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
        self._rescale(255)
        self._write_numbers()

    @property
    def limits(self) -> tuple[float, float]:
        """The counts shown as black and as white; the second is greater by at least 1."""
        low, high = self.region.getRegion()
        return float(low), float(max(high, low + 1.0))

    @property
    def look(self) -> Look:
        """How counts are shown, but for their colours."""
        return Look(*self.limits, self.gamma.gamma, self._top)

    def colouring(self, saturated: int | None) -> Colouring:
        """Say how counts look.

        Parameters
        ----------
        saturated : int or None
            Counts from which on pixels are marked; None marks none.
        """
        colour_map = self._channel_colour or COLOUR_MAPS[self.colour_map.currentIndex()]
        low, high = self.limits
        return Colouring(
            low=low,
            high=high,
            colour_map=colour_map,
            gamma=self.gamma.gamma,
            saturated=saturated,
        )

    def set_automatically(self, raw: NDArray[PixelType]) -> None:
        """Choose the limits from one raw frame, once."""
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

    def show_channel(self, name: str, colour: str) -> None:
        """Say whose contrast this is; without a name there is one channel, in colours to choose.

        Parameters
        ----------
        name : str
        colour : str
            As ``#rrggbb``.
        """
        self._channel_colour = colour if name else ""
        self.colour_map.setVisible(not name)
        self._heading.setText(name or "Contrast")
        theme.restyle(self._heading, f"color: {legible(colour)};" if name else "")

    def show_images(self, raw: NDArray[PixelType], restored: NDArray[PixelType] | None) -> None:
        """Draw the histograms of both images, or of the one there is; the limits stay."""
        self._plot.setYRange(0.0, np.log10(1.0 + raw.size), padding=0.0)
        self._raw_curve.setData(self._edges, histogram(raw, self._top), stepMode="center")
        if restored is None:
            self._restored_curve.clear()
            return
        # As many restored pixels as raw ones, so that the two curves can be compared.
        step = max(1, restored.shape[0] // raw.shape[0])
        some = restored[::step, ::step]
        self._restored_curve.setData(self._edges, histogram(some, self._top), stepMode="center")

    def clear(self) -> None:
        """Draw no histograms; the limits stay."""
        self._raw_curve.clear()
        self._restored_curve.clear()

    def _rescale(self, top: int) -> None:
        self._top = top
        self._edges = np.linspace(0.0, top + 1.0, _BINS + 1)
        self.region.setBounds((0.0, float(top)))
        self._plot.setXRange(0.0, top + 1.0, padding=0.02)

    def _dragged(self) -> None:
        self._write_numbers()
        self.changed.emit()

    def _write_numbers(self) -> None:
        low, high = self.limits
        self._numbers.setText(f"black {low:6.0f}\nwhite {high:6.0f}")


def _curve(colour: str, *, filled: bool) -> pg.PlotCurveItem:
    if not filled:
        return pg.PlotCurveItem(pen=theme.pen(colour, 1))
    brush = QtGui.QColor(colour)
    brush.setAlpha(90)
    return pg.PlotCurveItem(pen=theme.pen(colour, 1), fillLevel=0.0, brush=brush)
