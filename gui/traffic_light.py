"""Whether the restored frames may be believed: a light, and the reason in plain words."""

from __future__ import annotations

from gui import theme
from gui.elided_label import ElidedLabel
from gui.preview import Light
from gui.qt import QtCore, QtGui, QtWidgets

_COLOURS: dict[Light, str] = {"green": theme.GOOD, "amber": theme.WARNING, "red": theme.ALARM}
_ALL_WELL = "No problem found in the restored image"
_OF_THE_NEWEST = "About the newest frames, not these: "
_SIDE = 16


class TrafficLight(QtWidgets.QWidget):
    """Shows nothing while nobody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.lamp = _Lamp()
        self.reason = ElidedLabel(QtCore.Qt.TextElideMode.ElideRight)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.lamp)
        layout.addWidget(self.reason, stretch=1)

    def show_light(self, light: Light, reason: str, *, older_shown: bool = False) -> None:
        """Show a light with its reason.

        Parameters
        ----------
        light : {"green", "amber", "red", ""}
            Empty for none.
        reason : str
            In plain words; a green light needs none.
        older_shown : bool
            Whether the images shown are older than those it speaks of.
        """
        self.lamp.show_light(light)
        words = reason or (_ALL_WELL if light == "green" else "")
        self.reason.show_text(f"{_OF_THE_NEWEST}{words}" if words and older_shown else words)
        colour = _COLOURS.get(light, theme.TEXT) if light in ("amber", "red") else theme.TEXT
        theme.restyle(self.reason, f"color: {colour};")


class _Lamp(QtWidgets.QWidget):
    """Its shape says as much as its colour: not all eyes tell red from green."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(_SIDE, _SIDE)
        self.light: Light = ""

    def show_light(self, light: Light) -> None:
        if light != self.light:
            self.light = light
            self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        if not self.light:
            return
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.setBrush(QtGui.QColor(_COLOURS[self.light]))
        if self.light == "green":
            painter.drawEllipse(1, 1, _SIDE - 2, _SIDE - 2)
        elif self.light == "amber":
            corners = ((_SIDE / 2, 0.0), (_SIDE, _SIDE - 1.0), (0.0, _SIDE - 1.0))
            painter.drawPolygon(QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in corners]))
        else:
            painter.drawRect(1, 1, _SIDE - 2, _SIDE - 2)
        painter.end()
