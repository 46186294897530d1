"""What went wrong and what to do about it, inside the window."""

from __future__ import annotations

from gui import theme
from gui.qt import QtCore, QtWidgets


class ErrorBanner(QtWidgets.QFrame):
    """Problems with their fixes, one at a time, the newest first; nothing waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self._older: list[tuple[str, str]] = []
        self.setObjectName("error")
        self.problem = _selectable()
        self.problem.setProperty("role", "problem")
        self.fix = _selectable()
        self.fix.setFont(theme.number_font())
        self.dismiss = QtWidgets.QPushButton("Dismiss")
        self.dismiss.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.dismiss.setToolTip("Hide this message (Esc)")
        self.dismiss.clicked.connect(self.show_next)
        words = QtWidgets.QVBoxLayout()
        words.addWidget(self.problem)
        words.addWidget(self.fix)
        layout = QtWidgets.QHBoxLayout(self)
        layout.addLayout(words, stretch=1)
        layout.addWidget(self.dismiss)
        self.hide()

    def show_error(self, problem: str, fix: str) -> None:
        """Show a problem; those before it come again once it is dismissed. None twice in a row."""
        shown = (self.problem.text(), self.fix.text())
        if not self.isHidden() and shown != (problem, fix):
            self._older.append(shown)
        self._show((problem, fix))
        self._count()

    def show_next(self) -> None:
        """Dismiss the problem that is shown."""
        if self._older:
            self._show(self._older.pop())
        else:
            self.hide()
        self._count()

    def _show(self, error: tuple[str, str]) -> None:
        problem, fix = error
        self.problem.setText(problem)
        self.fix.setText(fix)
        self.fix.setVisible(bool(fix))
        self.show()

    def _count(self) -> None:
        more = f" ({len(self._older)} more)" if self._older else ""
        self.dismiss.setText(f"Dismiss{more}")


def _selectable() -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    return label
