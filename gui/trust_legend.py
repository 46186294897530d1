"""What the colours of the map over the restored image mean, and how strong they are."""

from __future__ import annotations

from gui import theme
from gui.preview import Preview
from gui.qt import QtCore, QtGui, QtWidgets
from gui.trust_maps import LEVELS, SCALES, MapScale, TrustMap


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
        self.hide()

    @property
    def strength(self) -> float:
        """The opacity chosen, 0 to 1."""
        return self.slider.value() / 100.0

    def explain(self, scale: MapScale, preview: Preview) -> None:
        """Say what a map's colours mean, or that this frame has no such map."""
        self.setToolTip(scale.about)
        self.words.setText(scale.words(preview))
        self.bar.show_scale(scale)
        self.place()

    def place(self) -> None:
        """Go to the image's lower left corner."""
        self.adjustSize()
        self.move(8, self._image.height() - self.height() - 8)

    def _chosen(self) -> None:
        self.strength_chosen.emit(self.strength)


class _ColourBar(QtWidgets.QWidget):
    """The colours of a map with their values."""

    def __init__(self) -> None:
        super().__init__()
        self._scale: MapScale = SCALES[TrustMap.RESIDUAL]
        self.setFixedSize(210, 34)
        self.setStyleSheet("background: transparent; font-size: 10pt;")

    def show_scale(self, scale: MapScale) -> None:
        """Show the colours of this map."""
        self._scale = scale
        self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        painter = QtGui.QPainter(self)
        scale, colours = self._scale, self._scale.colours(1.0)
        width = self.width() - 1
        for x in range(self.width()):
            colour = QtGui.QColor.fromRgba(int(colours[round(x * (LEVELS - 1) / width)]))
            painter.fillRect(x, 0, 1, 12, colour)
        painter.setPen(QtGui.QColor(theme.TEXT))
        for value, text in scale.ticks:
            middle = (value - scale.lowest) / (scale.highest - scale.lowest) * width
            wide = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(middle - wide / 2.0, 0.0), width - wide)
            painter.drawText(QtCore.QPointF(left, self.height() - 5.0), text)
        painter.end()
