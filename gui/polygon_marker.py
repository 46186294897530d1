"""A polygon that the user draws on the images; it stands in both at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg

from gui import theme
from gui.drawing_view import DrawingView
from gui.qt import QtCore

_CORNERS_AT_FIRST = 8

# Its corners in LR pixels from the upper left corner of the field, x and y.
Polygon = tuple[tuple[float, float], ...]


class PolygonMarker(QtCore.QObject):
    """What is drawn: a drag makes an octagon, whose corners are then moved, added and removed.

    Signals
    -------
    changed(bool)
        It lies elsewhere, and whether the mouse has let go.

    Parameters
    ----------
    views : sequence of DrawingView
        Where it stands.
    """

    changed = QtCore.Signal(bool)

    def __init__(self, views: Sequence[DrawingView]) -> None:
        super().__init__()
        self.place: Polygon | None = None
        self._field = QtCore.QRectF()
        self._views = views
        self._shown = False
        self._follows = False
        pen, hovered = theme.pen(theme.WARNING, 1.5), theme.pen(theme.WARNING, 2.5)
        self.items = [
            pg.PolyLineROI(
                [], closed=True, pen=pen, hoverPen=hovered, handlePen=pen, handleHoverPen=hovered
            )
            for _ in views
        ]
        for view, item in zip(views, self.items, strict=True):
            item.setZValue(2.5)
            item.hide()
            view.addItem(item, ignoreBounds=True)
            view.drawn.connect(self._draw)
            item.sigRegionChanged.connect(lambda one: self._was_moved(one, finished=False))
            item.sigRegionChangeFinished.connect(lambda one: self._was_moved(one, finished=True))

    def set_field(self, field: QtCore.QRectF) -> None:
        """Say how large the field of view is, in LR pixels; what is measured stays inside."""
        if field == self._field:
            return
        self._field = field
        if self.place is not None:
            self.put(self.place, finished=True)

    def set_shown(self, *, shown: bool) -> None:
        """Show it and let it be drawn, or neither."""
        self._shown = shown
        if shown:
            for view in self._views:
                view.drawing = self.place is None
        self._show()

    def remove(self) -> None:
        """Take it away; the next drag draws another."""
        self.place = None
        self.set_shown(shown=self._shown)

    def put(self, place: Polygon, *, finished: bool) -> None:
        """Lay it somewhere; corners outside the field of view are brought back to its edge."""
        self.place = self._inside(place)
        for item in self.items:
            self._lay(item, self.place)
        self._show()
        self.changed.emit(finished)

    def _inside(self, place: Polygon) -> Polygon:
        right, bottom = self._field.right(), self._field.bottom()
        return tuple((min(max(x, 0.0), right), min(max(y, 0.0), bottom)) for x, y in place)

    def _lay(self, item: pg.PolyLineROI, place: Polygon) -> None:
        self._follows = True
        try:
            item.setPos((0.0, 0.0))
            item.setPoints(place)
        finally:
            self._follows = False

    def _was_moved(self, item: pg.PolyLineROI, *, finished: bool) -> None:
        if self._follows or self.place is None:
            return
        corners = [item.mapToParent(handle.pos()) for handle in item.getHandles()]
        moved = tuple((corner.x(), corner.y()) for corner in corners)
        self.place = self._inside(moved)
        for other in self.items:
            if other is not item:
                self._lay(other, moved)
        self.changed.emit(finished)

    def _draw(self, start: QtCore.QPointF, end: QtCore.QPointF, finished: bool) -> None:  # noqa: FBT001 - a Qt slot
        if not self._shown or start == end:
            return
        self.put(_octagon(start, end), finished=finished)
        if finished:
            for view in self._views:
                view.drawing = False

    def _show(self) -> None:
        for item in self.items:
            item.setVisible(self._shown and self.place is not None)


def _octagon(start: QtCore.QPointF, end: QtCore.QPointF) -> Polygon:
    """Inscribe one in the rectangle between two corners."""
    centre, half = (start + end) / 2.0, (end - start) / 2.0
    turns = [math.tau * (corner + 0.5) / _CORNERS_AT_FIRST for corner in range(_CORNERS_AT_FIRST)]
    return tuple(
        (centre.x() + half.x() * math.cos(turn), centre.y() + half.y() * math.sin(turn))
        for turn in turns
    )
