"""Where the time from a frame to the screen goes, over the last minute."""

from __future__ import annotations

import math
from collections import deque

from gui import theme
from gui.preview import Stages
from gui.qt import QtCore, QtGui, QtWidgets

# At one status each half second: a minute, drawn anew each second.
_KEPT = 120
_DRAWN_EVERY = 2
_LEGEND_WIDTH = 140
_LOWEST_MS, _HIGHEST_MS = 1.0, 10_000.0
_STAGES = (
    ("neighbours", "#7d868f", "Waiting for the two frames after it, which the engine needs"),
    ("queue", theme.WARNING, "Waiting for the engine"),
    ("engine", theme.RESTORED, "In the engine"),
    ("display", "#b98ad6", "From the engine to the screen"),
)


class LatencyPlot(QtWidgets.QWidget):
    """A line for each stage on a logarithmic scale, from 1 ms to 10 s, with its value now."""

    def __init__(self) -> None:
        super().__init__()
        self._history: deque[Stages] = deque(maxlen=_KEPT)
        self._not_drawn = 0
        self.setMinimumSize(_LEGEND_WIDTH + 160, 76)
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Preferred
        )
        explained = "\n".join(f"{name}: {meaning}" for name, _, meaning in _STAGES)
        self.setToolTip(f"Time from a frame to the screen in ms, over the last minute\n{explained}")

    @property
    def words(self) -> list[str]:
        """The stages with their values now, as they are written beside the lines."""
        now = self._history[-1] if self._history else None
        return [
            f"{name} {_in_words(now[k] if now else None)}" for k, (name, *_) in enumerate(_STAGES)
        ]

    def add(self, stages: Stages) -> None:
        """Go on with the lines."""
        self._history.append(stages)
        self._not_drawn += 1
        if len(self._history) == 1 or self._not_drawn == _DRAWN_EVERY:
            self._not_drawn = 0
            self.update()

    def clear(self) -> None:
        """Begin anew, for a new session."""
        self._history.clear()
        self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002, D102 - Qt's name
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        area = QtCore.QRectF(self.rect()).adjusted(0.5, 2.5, -_LEGEND_WIDTH - 0.5, -2.5)
        painter.fillRect(area, QtGui.QColor(theme.SURFACE))
        painter.setPen(QtGui.QPen(QtGui.QColor(theme.LINE), 1.0))
        for decade in (10.0, 100.0, 1000.0):
            height = _height(decade, area)
            painter.drawLine(QtCore.QLineF(area.left(), height, area.right(), height))
        painter.setFont(_small(self.font()))
        row = area.height() / len(_STAGES)
        for k, (words, (_, colour, _)) in enumerate(zip(self.words, _STAGES, strict=True)):
            # No thicker: Qt then takes three times as long for the line.
            painter.setPen(QtGui.QPen(QtGui.QColor(colour), 1.0))
            painter.drawPolyline(self._line(k, area))
            beside = QtCore.QRectF(area.right() + 10, area.top() + k * row, _LEGEND_WIDTH, row)
            painter.drawText(beside, QtCore.Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _line(self, stage: int, area: QtCore.QRectF) -> QtGui.QPolygonF:
        step = area.width() / (_KEPT - 1)
        left = area.right() - step * (len(self._history) - 1)
        return QtGui.QPolygonF(
            [
                QtCore.QPointF(left + step * k, _height(value, area))
                for k, stages in enumerate(self._history)
                if (value := stages[stage]) is not None
            ]
        )


def _height(milliseconds: float, area: QtCore.QRectF) -> float:
    clipped = min(max(milliseconds, _LOWEST_MS), _HIGHEST_MS)
    part = math.log(clipped / _LOWEST_MS) / math.log(_HIGHEST_MS / _LOWEST_MS)
    return area.bottom() - part * area.height()


def _in_words(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "–"
    if milliseconds >= 1000.0:
        return f"{milliseconds / 1000.0:.1f} s"
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"


def _small(font: QtGui.QFont) -> QtGui.QFont:
    smaller = QtGui.QFont(font)
    smaller.setPointSize(10)
    return smaller
