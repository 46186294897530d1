"""The line between two images that lie one over the other."""

from __future__ import annotations

import pyqtgraph as pg

from gui import theme
from gui.qt import QtCore

_NARROWEST = 0.02


class Curtain(QtCore.QObject):
    """A vertical line to drag, which stays where it is on the screen while the image moves.

    Signals
    -------
    moved(float)
        It is now at this x, in LR pixels.

    Parameters
    ----------
    view : pg.ViewBox
        Where it hangs.
    """

    moved = QtCore.Signal(float)

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self._view = view
        self._part = 0.5
        self.line = pg.InfiniteLine(
            angle=90,
            movable=True,
            pen=theme.pen(theme.WARNING, 1),
            hoverPen=theme.pen(theme.WARNING, 3),
        )
        self.line.addMarker("<|>", position=0.5, size=16)
        self.line.setZValue(3.0)
        self.line.hide()
        view.addItem(self.line, ignoreBounds=True)
        self.line.sigDragged.connect(self._dragged)
        view.sigRangeChanged.connect(self._follow)

    @property
    def part(self) -> float:
        """Where it is: 0 for the view's left edge, 1 for its right."""
        return self._part

    def set_part(self, part: float) -> None:
        """Put it somewhere between the view's left edge, 0, and its right, 1."""
        self._part = min(max(part, _NARROWEST), 1.0 - _NARROWEST)
        self._follow()

    def set_visible(self, *, visible: bool) -> None:
        """Hang it up, or take it away."""
        self.line.setVisible(visible)
        self._follow()

    def _dragged(self) -> None:
        seen = self._view.viewRect()
        self.set_part((self.line.value() - seen.left()) / seen.width())

    def _follow(self) -> None:
        if not self.line.isVisible():
            return
        seen = self._view.viewRect()
        x = seen.left() + self._part * seen.width()
        self.line.setValue(x)
        self.moved.emit(x)
