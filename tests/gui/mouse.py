"""Real mouse events for image panels."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.image_panel import ImagePanel
from gui.qt import QtCore, QtGui, QtWidgets

LEFT = QtCore.Qt.MouseButton.LeftButton


def turn_wheel(panel: ImagePanel, steps: int) -> None:
    viewport = panel.graphics.viewport()
    at = QtCore.QPointF(viewport.width() / 3, viewport.height() / 4)
    QtWidgets.QApplication.sendEvent(
        viewport,
        QtGui.QWheelEvent(
            at,
            viewport.mapToGlobal(at),
            QtCore.QPoint(),
            QtCore.QPoint(0, 120 * steps),
            QtCore.Qt.MouseButton.NoButton,
            QtCore.Qt.KeyboardModifier.NoModifier,
            QtCore.Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def drag(qtbot: QtBot, panel: ImagePanel, dx: int, dy: int) -> None:
    start = panel.graphics.viewport().rect().center()
    drag_from(qtbot, panel, start, start + QtCore.QPoint(dx, dy))


def drag_from(qtbot: QtBot, panel: ImagePanel, start: QtCore.QPoint, end: QtCore.QPoint) -> None:
    viewport = panel.graphics.viewport()
    qtbot.mouseMove(viewport, start)
    qtbot.wait(20)  # pyqtgraph leaves out moves that follow at once
    qtbot.mousePress(viewport, LEFT, pos=start)
    for part in (1, 2, 3, 4):
        qtbot.mouseMove(viewport, start + (end - start) * part / 4)
        qtbot.wait(20)
    qtbot.mouseRelease(viewport, LEFT, pos=end)


def colour_at(panel: ImagePanel, x: float, y: float) -> QtGui.QColor:
    """What is drawn at a place in LR pixels."""
    return panel.graphics.grab().toImage().pixelColor(in_picture(panel, x, y))


def in_picture(panel: ImagePanel, x: float, y: float) -> QtCore.QPoint:
    """Where that is in a picture of the panel, which a fine screen draws with more pixels."""
    at = panel.view.mapViewToScene(QtCore.QPointF(x, y)) * panel.devicePixelRatioF()
    return QtCore.QPoint(int(at.x()), int(at.y()))


def on_screen(panel: ImagePanel, x: float, y: float) -> QtCore.QPoint:
    return panel.graphics.mapFromScene(panel.view.mapViewToScene(QtCore.QPointF(x, y)))
