"""A polygon that the user draws on the images; it stands in both at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg

from gui import theme
from gui.drawing_view import DrawingView
from gui.drawn_place import DrawnPlace
from gui.qt import QtCore

_CORNERS_AT_FIRST = 8

# Its corners in LR pixels from the upper left corner of the field, x and y.
Polygon = tuple[tuple[float, float], ...]


class PolygonMarker(DrawnPlace[Polygon, pg.PolyLineROI]):
    """A drag makes an octagon, whose corners are then moved, added and removed.

    Parameters
    ----------
    views : sequence of DrawingView
        Where it stands.
    """

    def __init__(self, views: Sequence[DrawingView]) -> None:
        self._follows = False
        pen, hovered = theme.pen(theme.WARNING, 1.5), theme.pen(theme.WARNING, 2.5)
        items = [
            pg.PolyLineROI(
                [], closed=True, pen=pen, hoverPen=hovered, handlePen=pen, handleHoverPen=hovered
            )
            for _ in views
        ]
        super().__init__(views, items)
        for item in items:
            item.sigRegionChanged.connect(lambda one: self._was_moved(one, finished=False))
            item.sigRegionChangeFinished.connect(lambda one: self._was_moved(one, finished=True))

    def _drawn_between(self, start: QtCore.QPointF, end: QtCore.QPointF) -> Polygon | None:
        return _octagon(start, end) if start != end else None

    def _inside(self, place: Polygon) -> Polygon:
        right, bottom = self._field.right(), self._field.bottom()
        return tuple((min(max(x, 0.0), right), min(max(y, 0.0), bottom)) for x, y in place)

    def _lay(self, place: Polygon) -> None:
        for item in self.items:
            self._lay_item(item, place)

    def _lay_item(self, item: pg.PolyLineROI, place: Polygon) -> None:
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
                self._lay_item(other, moved)
        self.changed.emit(finished)


def _octagon(start: QtCore.QPointF, end: QtCore.QPointF) -> Polygon:
    """Inscribe one in the rectangle between two corners."""
    centre, half = (start + end) / 2.0, (end - start) / 2.0
    turns = [math.tau * (corner + 0.5) / _CORNERS_AT_FIRST for corner in range(_CORNERS_AT_FIRST)]
    return tuple(
        (centre.x() + half.x() * math.cos(turn), centre.y() + half.y() * math.sin(turn))
        for turn in turns
    )
