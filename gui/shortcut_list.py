"""The keys, listed."""

from __future__ import annotations

from gui import theme
from gui.qt import QtCore, QtGui, QtWidgets

_MOST_OF_THE_SCREEN = 0.9


class ShortcutList(QtWidgets.QDialog):
    """Every key of a window with what it does; nothing waits for it.

    Parameters
    ----------
    window : QWidget
        Whose shortcuts are listed: those that say in ``whatsThis`` what they do.
    """

    def __init__(self, window: QtWidgets.QWidget) -> None:
        super().__init__(window)
        self.setWindowTitle("Keys")
        inside = QtWidgets.QWidget()
        rows = QtWidgets.QGridLayout(inside)
        rows.setContentsMargins(24, 20, 24, 20)
        rows.setHorizontalSpacing(24)
        rows.setVerticalSpacing(8)
        for row, (key, explanation) in enumerate(keys_of(window).items()):
            shown = QtWidgets.QLabel(key)
            shown.setFont(theme.number_font())
            shown.setProperty("role", "key")
            shown.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
            rows.addWidget(shown, row, 0)
            rows.addWidget(QtWidgets.QLabel(explanation), row, 1)
        # On a small screen there are more keys than it has room for.
        scrolled = QtWidgets.QScrollArea()
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        scrolled.setWidget(inside)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled)
        bar = scrolled.verticalScrollBar().sizeHint().width()
        wanted = inside.sizeHint() + QtCore.QSize(bar, 0)
        self.resize(wanted.boundedTo(self.screen().availableSize() * _MOST_OF_THE_SCREEN))
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)


def keys_of(window: QtWidgets.QWidget) -> dict[str, str]:
    """List a window's keys with what they do, in the order in which they were made."""
    native = QtGui.QKeySequence.SequenceFormat.NativeText
    found: dict[str, str] = {}
    for shortcut in window.findChildren(QtGui.QShortcut):
        if shortcut.whatsThis():
            found.setdefault(shortcut.key().toString(native), shortcut.whatsThis())
    return found
