"""A view that pans and zooms, and lets the mouse draw while it is asked to."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from gui.qt import QtCore


class DrawingView(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows a plane with y downwards and square pixels.

    Signals
    -------
    drawn(QPointF, QPointF, bool)
        The mouse was dragged from one place to another, and whether it has let go; twice the same
        place where it was clicked.

    Attributes
    ----------
    drawing : bool
        Whether the left button draws; otherwise it pans.
    """

    drawn = QtCore.Signal(QtCore.QPointF, QtCore.QPointF, bool)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False)
        self.drawing = False

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: N802, D102
        if not self.drawing or event.button() != QtCore.Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        start = self.mapSceneToView(event.buttonDownScenePos())
        end = self.mapSceneToView(event.scenePos())
        self.drawn.emit(start, end, event.isFinish())

    def mouseClickEvent(self, event: Any) -> None:  # noqa: N802, D102
        if not self.drawing or event.button() != QtCore.Qt.MouseButton.LeftButton:
            super().mouseClickEvent(event)
            return
        event.accept()
        place = self.mapSceneToView(event.scenePos())
        self.drawn.emit(place, place, True)
