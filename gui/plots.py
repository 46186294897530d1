"""Small plots in the window's colours."""

from __future__ import annotations

import pyqtgraph as pg

from gui import theme
from gui.qt import QtCore

_MARGIN, _EMPTIEST = 0.25, 3.0


def quiet_plot(*, left_axis: bool) -> pg.PlotWidget:
    """Make a plot that answers neither mouse nor keys.

    Parameters
    ----------
    left_axis : bool
        Whether heights have numbers.

    Returns
    -------
    pyqtgraph.PlotWidget
    """
    plot = pg.PlotWidget(background=theme.BACKGROUND, enableMenu=False)
    plot.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.disableAutoRange()
    if not left_axis:
        plot.hideAxis("left")
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.LINE)
        axis.setTextPen(theme.FAINT)
        axis.enableAutoSIPrefix(False)
    return plot


class SteadyRange:
    """Keeps an axis as it is for as long as what it shows fits and fills it fairly.

    An axis that follows every frame is restless, and is most of what a plot costs.
    """

    def __init__(self) -> None:
        self._low, self._high = 0.0, 0.0

    def cover(self, lowest: float, highest: float) -> tuple[float, float] | None:
        """Take figures in.

        Parameters
        ----------
        lowest, highest : float
            Of what is drawn now.

        Returns
        -------
        (float, float) or None
            The range that the axis should change to; None to leave it.
        """
        span = max(highest - lowest, 1e-9)
        fits = self._low <= lowest and highest <= self._high
        if fits and self._high - self._low <= _EMPTIEST * span:
            return None
        self._low, self._high = lowest - _MARGIN * span, highest + _MARGIN * span
        return self._low, self._high
