"""Small plots in the window's colours."""

from __future__ import annotations

import pyqtgraph as pg

from gui import theme
from gui.qt import QtCore


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
    if not left_axis:
        plot.hideAxis("left")
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.LINE)
        axis.setTextPen(theme.FAINT)
        axis.enableAutoSIPrefix(False)
    return plot
