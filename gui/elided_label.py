"""A line of text that is cut where there is no room, and never asks for more."""

from __future__ import annotations

from gui.qt import QtCore, QtGui, QtWidgets


class ElidedLabel(QtWidgets.QLabel):
    """Shows what fits; the tooltip shows the whole.

    Parameters
    ----------
    mode : Qt.TextElideMode
        Where it is cut.
    """

    def __init__(self, mode: QtCore.Qt.TextElideMode) -> None:
        super().__init__()
        self._mode = mode
        self._whole = ""
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred
        )

    def show_text(self, text: str) -> None:
        """Show a text, or as much of it as there is room for; the same again costs nothing."""
        if text == self._whole:
            return
        self._whole = text
        self.setToolTip(text)
        self._cut()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, self._mode, self.width()))
