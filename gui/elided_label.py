"""Lines of text that are cut where there is no room, and never ask for more."""

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


class HeadingLabel(QtWidgets.QLabel):
    """Words at the right end of a heading; the least of them are left out where there is no room.

    Half of a number would be another number.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[str, ...] = ()
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        # However much there is to say, what stands beside it keeps its room.
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred
        )

    def show_parts(self, *parts: str) -> None:
        """Show so many of the last parts as there is room for, the last in any case."""
        if parts != self._parts:
            self._parts = parts
            self._fit()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, parts = self.fontMetrics(), self._parts
        while len(parts) > 1 and metrics.horizontalAdvance("".join(parts)) > self.width():
            parts = parts[1:]
        # A blank keeps the heading's height.
        self.setText("".join(parts).lstrip() or " ")
