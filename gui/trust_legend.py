"""What the colours of the trust overlay mean, and how strong they are."""

from __future__ import annotations

from gui import theme
from gui.qt import QtCore, QtGui, QtWidgets
from gui.trust_overlay import (
    FIRST_SHOWN_SD,
    LAST_SHOWN_SD,
    LESS,
    LEVELS,
    MORE,
    trust_colours,
)


class TrustLegend(QtWidgets.QFrame):
    """Says what the colours mean, and how strong they are.

    Signals
    -------
    strength_chosen(float)
        Opacity, 0 to 1.
    """

    strength_chosen = QtCore.Signal(float)

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._image = parent
        self.setObjectName("legend")
        self.setToolTip(
            "How far the restored image lies from the measured one, in standard deviations of the "
            "noise; no colour is no contradiction, but no proof either"
        )
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.slider.setRange(0, 100)
        self.slider.setValue(70)
        self.slider.setToolTip("Opacity of the overlay")
        self.slider.setFixedWidth(80)
        self.words = QtWidgets.QLabel()
        self.words.setProperty("role", "caption")
        self.bar = _ColourBar()
        layout = QtWidgets.QGridLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addWidget(self.words, 0, 0, 1, 2)
        layout.addWidget(self.bar, 1, 0)
        layout.addWidget(self.slider, 1, 1)
        self.slider.valueChanged.connect(self._chosen)
        self.say(known=True)
        self.hide()

    @property
    def strength(self) -> float:
        """The opacity chosen, 0 to 1."""
        return self.slider.value() / 100.0

    def say(self, *, known: bool) -> None:
        """Say what the colours mean, or that there are no figures."""
        less, more = (f"#{r:02x}{g:02x}{b:02x}" for (r, g, b) in (LESS[1], MORE[1]))
        self.words.setText(
            f'Restored shows <span style="color:{less}">less</span> or '
            f'<span style="color:{more}">more</span> than was measured'
            if known
            else "No figures of trust for this frame"
        )
        self.place()

    def place(self) -> None:
        """Go to the image's lower left corner."""
        self.adjustSize()
        self.move(8, self._image.height() - self.height() - 8)

    def _chosen(self) -> None:
        self.strength_chosen.emit(self.strength)


class _ColourBar(QtWidgets.QWidget):
    """The colours of the overlay with their standard deviations."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(210, 34)
        self.setStyleSheet("background: transparent; font-size: 10pt;")

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        painter = QtGui.QPainter(self)
        colours = trust_colours(1.0)
        width = self.width() - 1
        for x in range(self.width()):
            colour = QtGui.QColor.fromRgba(int(colours[round(x * (LEVELS - 1) / width)]))
            painter.fillRect(x, 0, 1, 12, colour)
        painter.setPen(QtGui.QColor(theme.TEXT))
        for deviations in (-LAST_SHOWN_SD, -FIRST_SHOWN_SD, FIRST_SHOWN_SD, LAST_SHOWN_SD):
            middle = (deviations + LAST_SHOWN_SD) / (2.0 * LAST_SHOWN_SD) * width
            text = f"{deviations:+.0f}".replace("-", "−") + " sd" * (deviations == LAST_SHOWN_SD)
            wide = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(middle - wide / 2.0, 0.0), width - wide)
            painter.drawText(QtCore.QPointF(left, self.height() - 5.0), text)
        painter.end()
