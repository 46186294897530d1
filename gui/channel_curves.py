"""A raw and a restored curve of each channel in a plot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import pyqtgraph as pg

from gui import theme
from gui.channel_colours import legible
from gui.qt import QtGui

_FAINT_ALPHA = 120


class CurvePair(NamedTuple):
    """The curves of one channel."""

    raw: pg.PlotCurveItem
    restored: pg.PlotCurveItem


class ChannelCurves:
    """Draws one channel in the colours of raw and restored, several each in its own.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        Where they are drawn.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self._colours: Sequence[str] = ()
        self._pairs: dict[int, CurvePair] = {}

    def set_colours(self, colours: Sequence[str]) -> None:
        """Say which colour each channel has, as ``#rrggbb``."""
        self._colours = colours
        for channel, pair in self._pairs.items():
            self._paint(channel, pair)

    def of(self, channel: int) -> CurvePair:
        """Return the curves of a channel."""
        if channel not in self._pairs:
            pair = self._pairs[channel] = CurvePair(pg.PlotCurveItem(), pg.PlotCurveItem())
            for curve in pair:
                self._plot.addItem(curve)
            self._paint(channel, pair)
        return self._pairs[channel]

    def points(self) -> Iterator[tuple[int, str, float, float]]:
        """Go through what is drawn: channel, ``raw`` or ``restored``, and the two figures."""
        for channel, pair in self._pairs.items():
            for image, curve in zip(pair._fields, pair, strict=True):
                xs, ys = curve.getData()
                if xs is not None:
                    for x, y in zip(xs, ys, strict=True):
                        yield channel, image, float(x), float(y)

    def show_only(self, channels: Collection[int]) -> None:
        """Draw nothing of other channels than these."""
        for channel, pair in self._pairs.items():
            if channel not in channels:
                for curve in pair:
                    curve.clear()

    def clear(self) -> None:
        """Draw nothing."""
        self.show_only(())

    def _paint(self, channel: int, pair: CurvePair) -> None:
        if channel >= len(self._colours) or len(self._colours) == 1:
            pair.raw.setPen(theme.pen(theme.RAW, 1))
            pair.restored.setPen(theme.pen(theme.RESTORED, 1))
            return
        colour = legible(self._colours[channel])
        faint = QtGui.QColor(colour)
        faint.setAlpha(_FAINT_ALPHA)
        pen = theme.pen(colour, 1)
        pair.restored.setPen(pen)
        pen.setColor(faint)
        pair.raw.setPen(pen)
