"""A line, a rectangle or a point that the user draws on the images; it stands in both at once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

from gui import theme
from gui.drawing_view import DrawingView
from gui.drawn_place import DrawnPlace
from gui.qt import QtCore, QtGui, QtWidgets

_GRIP_PX = 10.0
_REACH_PX = 7.0


class MarkedPlace(NamedTuple):
    """Two points in LR pixels from the upper left: ends, opposite corners, or twice the same."""

    x0: float
    y0: float
    x1: float
    y1: float


# Which of a place's four numbers a grip moves.
_ALL = (0, 1, 2, 3)
_LINE_GRIPS = ((0, 1), (2, 3))
_RECTANGLE_GRIPS = ((0, 1), (2, 1), (2, 3), (0, 3))
_CROSS_PX = 9.0


class MarkerShape(Enum):
    """What is drawn."""

    LINE = "line"
    RECTANGLE = "rectangle"
    POINT = "point"


class Marker(DrawnPlace[MarkedPlace, "_MarkerItem"]):
    """A line, a rectangle or a point, moved by its grips or as a whole.

    Parameters
    ----------
    views : sequence of DrawingView
        Where it stands.
    shape : MarkerShape
    """

    def __init__(self, views: Sequence[DrawingView], shape: MarkerShape) -> None:
        self.shape = shape
        super().__init__(views, [_MarkerItem(self) for _ in views])
        for view, item in zip(views, self.items, strict=True):
            view.sigRangeChanged.connect(item.follow_zoom)

    def move(
        self, start: MarkedPlace, grip: tuple[int, ...], *, dx: float, dy: float, end: bool
    ) -> None:
        """Move some of its numbers, from where they were when the drag began."""
        if grip == _ALL:
            # As a whole it stops at the edge, instead of being squeezed there.
            left, right = sorted((start.x0, start.x1))
            top, bottom = sorted((start.y0, start.y1))
            dx = min(max(dx, -left), self._field.right() - right)
            dy = min(max(dy, -top), self._field.bottom() - bottom)
        moved = (
            number + ((dx, dy)[which % 2] if which in grip else 0.0)
            for which, number in enumerate(start)
        )
        self.put(MarkedPlace(*moved), finished=end)

    def _drawn_between(self, start: QtCore.QPointF, end: QtCore.QPointF) -> MarkedPlace | None:
        if self.shape is MarkerShape.POINT:
            start = end
        elif start == end:
            return None
        return MarkedPlace(start.x(), start.y(), end.x(), end.y())

    def _inside(self, place: MarkedPlace) -> MarkedPlace:
        right, bottom = self._field.right(), self._field.bottom()
        x0, x1 = (min(max(x, 0.0), right) for x in (place.x0, place.x1))
        y0, y1 = (min(max(y, 0.0), bottom) for y in (place.y0, place.y1))
        return MarkedPlace(x0, y0, x1, y1)

    def _show(self) -> None:
        super()._show()
        for item in self.items:
            item.follow()


class _MarkerItem(QtWidgets.QGraphicsObject):
    """Draws the marker in one view, and is dragged by its grips or as a whole."""

    def __init__(self, marker: Marker) -> None:
        super().__init__()
        self._marker = marker
        self._outline = QtGui.QPainterPath()
        self._lr_per_screen = 1.0
        self._dragged: tuple[MarkedPlace, tuple[int, ...]] | None = None
        self._hovered = False

    def follow(self) -> None:
        """Draw the marker where it lies now."""
        place = self._marker.place
        if place is None or not self.isVisible():
            return
        outline = QtGui.QPainterPath(QtCore.QPointF(place.x0, place.y0))
        if self._marker.shape is MarkerShape.POINT:
            reach = _CROSS_PX * self._lr_per_screen
            for across, down in ((reach, 0.0), (0.0, reach)):
                outline.moveTo(place.x0 - across, place.y0 - down)
                outline.lineTo(place.x0 + across, place.y0 + down)
        elif self._marker.shape is MarkerShape.RECTANGLE:
            for x, y in ((place.x1, place.y0), (place.x1, place.y1), (place.x0, place.y1)):
                outline.lineTo(x, y)
            outline.closeSubpath()
        else:
            outline.lineTo(place.x1, place.y1)
        self.prepareGeometryChange()
        self._outline = outline
        self.update()

    def follow_zoom(self, view: DrawingView) -> None:
        """Keep the grips as large on the screen as they were."""
        self.prepareGeometryChange()
        self._lr_per_screen = view.viewRect().width() / max(view.width(), 1.0)
        self.follow()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802 - Qt's name
        margin = 2.0 * _GRIP_PX * self._lr_per_screen
        return self._outline.boundingRect().adjusted(-margin, -margin, margin, margin)

    def shape(self) -> QtGui.QPainterPath:
        stroker = QtGui.QPainterPathStroker()
        stroker.setWidth(2.0 * _REACH_PX * self._lr_per_screen)
        shape = stroker.createStroke(self._outline)
        for grip in self._grips():
            shape.addEllipse(self._at(grip), *[_GRIP_PX * self._lr_per_screen] * 2)
        return shape

    def paint(
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QtWidgets.QWidget | None = None,  # noqa: ARG002
    ) -> None:
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        # Dark under bright, to be seen on any image.
        for colour, width in (("black", 4.0), (theme.WARNING, 2.5 if self._hovered else 1.5)):
            painter.setPen(theme.pen(colour, width))
            painter.drawPath(self._outline)
        painter.setBrush(QtGui.QColor(theme.WARNING))
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        for grip in self._grips():
            painter.drawEllipse(self._at(grip), *[0.45 * _GRIP_PX * self._lr_per_screen] * 2)

    def hoverEvent(self, event: Any) -> None:  # noqa: N802 - pyqtgraph's name
        hovered = not event.isExit() and event.acceptDrags(QtCore.Qt.MouseButton.LeftButton)
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def mouseDragEvent(self, event: Any) -> None:  # noqa: N802 - pyqtgraph's name
        place = self._marker.place
        if event.button() != QtCore.Qt.MouseButton.LeftButton or place is None:
            return
        event.accept()
        start = self.mapFromScene(event.buttonDownScenePos())
        if event.isStart():
            self._dragged = (place, self._grip_at(start))
        if self._dragged is not None:
            way = self.mapFromScene(event.scenePos()) - start
            self._marker.move(*self._dragged, dx=way.x(), dy=way.y(), end=event.isFinish())

    def _grips(self) -> tuple[tuple[int, ...], ...]:
        shape = self._marker.shape
        if shape is MarkerShape.POINT:
            return (_ALL,)
        return _RECTANGLE_GRIPS if shape is MarkerShape.RECTANGLE else _LINE_GRIPS

    def _at(self, grip: tuple[int, ...]) -> QtCore.QPointF:
        place = self._marker.place or MarkedPlace(0.0, 0.0, 0.0, 0.0)
        return QtCore.QPointF(place[grip[0]], place[grip[1]])

    def _grip_at(self, point: QtCore.QPointF) -> tuple[int, ...]:
        reach = 1.5 * _GRIP_PX * self._lr_per_screen
        near = [
            (QtCore.QLineF(point, self._at(grip)).length(), grip)
            for grip in self._grips()
            if QtCore.QLineF(point, self._at(grip)).length() < reach
        ]
        return min(near)[1] if near else _ALL
