"""A place that the user draws on the images; it stands in both at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gui.drawing_view import DrawingView
from gui.qt import QtCore, QtWidgets

_PlaceT = TypeVar("_PlaceT")
_ItemT = TypeVar("_ItemT", bound=QtWidgets.QGraphicsObject)


class DrawnPlace(QtCore.QObject, Generic[_PlaceT, _ItemT]):
    """What is drawn: while there is none yet, a drag in a view draws it.

    Signals
    -------
    changed(bool)
        It lies elsewhere, and whether the mouse has let go.

    Parameters
    ----------
    views : sequence of DrawingView
        Where it stands.
    items : list of QGraphicsObject
        What draws it, one in each view.

    Attributes
    ----------
    place : tuple or None
        In LR pixels from the upper left corner of the field; None before it is drawn.
    """

    changed = QtCore.Signal(bool)

    def __init__(self, views: Sequence[DrawingView], items: list[_ItemT]) -> None:
        super().__init__()
        self.place: _PlaceT | None = None
        self.items = items
        self._field = QtCore.QRectF()
        self._views = views
        self._shown = False
        for view, item in zip(views, items, strict=True):
            item.setZValue(2.5)
            item.hide()
            view.addItem(item, ignoreBounds=True)
            view.drawn.connect(self._draw)

    def set_field(self, field: QtCore.QRectF) -> None:
        """Say how large the field of view is, in LR pixels; what is drawn stays inside."""
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

    def put(self, place: _PlaceT, *, finished: bool) -> None:
        """Lay it somewhere; what lies outside the field of view is brought back to its edge."""
        self.place = self._inside(place)
        self._lay(self.place)
        self._show()
        self.changed.emit(finished)

    def _drawn_between(self, start: QtCore.QPointF, end: QtCore.QPointF) -> _PlaceT | None:
        """Make what a drag draws; None where it draws nothing."""
        raise NotImplementedError

    def _inside(self, place: _PlaceT) -> _PlaceT:
        """Bring back what lies outside the field of view."""
        raise NotImplementedError

    def _lay(self, place: _PlaceT) -> None:
        """Let the items lie there."""

    def _draw(self, start: QtCore.QPointF, end: QtCore.QPointF, finished: bool) -> None:  # noqa: FBT001 - a Qt slot
        place = self._drawn_between(start, end)
        if not self._shown or place is None:
            return
        self.put(place, finished=finished)
        if finished:
            for view in self._views:
                view.drawing = False

    def _show(self) -> None:
        for item in self.items:
            item.setVisible(self._shown and self.place is not None)
