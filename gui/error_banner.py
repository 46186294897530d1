"""What went wrong and what to do about it, inside the window."""

from __future__ import annotations

from gui import theme
from gui.qt import QtCore, QtWidgets


class ErrorBanner(QtWidgets.QFrame):
    """A problem with its fix, to be read, copied and dismissed; nothing waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("error")
        self.problem = _selectable()
        self.problem.setProperty("role", "problem")
        self.fix = _selectable()
        self.fix.setFont(theme.number_font())
        self.dismiss = QtWidgets.QPushButton("Dismiss")
        self.dismiss.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.dismiss.setToolTip("Hide this message (Esc)")
        self.dismiss.clicked.connect(self.hide)
        words = QtWidgets.QVBoxLayout()
        words.addWidget(self.problem)
        words.addWidget(self.fix)
        layout = QtWidgets.QHBoxLayout(self)
        layout.addLayout(words, stretch=1)
        layout.addWidget(self.dismiss)
        self.hide()

    def show_error(self, problem: str, fix: str) -> None:
        """Show a problem in place of the one before."""
        self.problem.setText(problem)
        self.fix.setText(fix)
        self.show()


def _selectable() -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(True)
    return label
