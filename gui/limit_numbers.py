"""Black and white as numbers, to read and to type."""

from __future__ import annotations

from gui import theme
from gui.qt import QtCore, QtWidgets

_MOST = 65535


class LimitNumbers(QtWidgets.QWidget):
    """Two numbers of counts.

    Signals
    -------
    typed(float, float)
        The user typed others, of which the second is greater by at least 1.
    """

    typed = QtCore.Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.black, self.white = _number("black"), _number("white")
        rows = QtWidgets.QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        for row, (words, number) in enumerate((("black", self.black), ("white", self.white))):
            rows.addWidget(QtWidgets.QLabel(words), row, 0)
            rows.addWidget(number, row, 1)
            number.valueChanged.connect(self._typed)
            number.lineEdit().returnPressed.connect(number.clearFocus)

    def show_limits(self, low: float, high: float) -> None:
        """Write them down; nothing is told."""
        for number, counts in ((self.black, low), (self.white, high)):
            number.blockSignals(True)
            number.setValue(round(counts))
            number.blockSignals(False)

    def _typed(self) -> None:
        low = self.black.value()
        self.typed.emit(float(low), float(max(self.white.value(), low + 1)))


def _number(what: str) -> QtWidgets.QSpinBox:
    number = QtWidgets.QSpinBox()
    number.setRange(0, _MOST)
    number.setButtonSymbols(QtWidgets.QAbstractSpinBox.ButtonSymbols.NoButtons)
    number.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
    # While "120" is typed, 1 and 12 are nobody's wish.
    number.setKeyboardTracking(False)
    number.setFont(theme.number_font())
    number.setFixedWidth(72)
    # The keys mean the session until the user clicks here; the wheel scrolls nothing by mistake.
    number.setFocusPolicy(QtCore.Qt.FocusPolicy.ClickFocus)
    number.setToolTip(f"Counts shown {what}: click, type, Enter; or drag in the histogram")
    number.setAccessibleName(what)
    return number
