"""When the next recording ends by itself."""

from __future__ import annotations

from functools import partial

from gui.buttons import menu_button
from gui.qt import QtWidgets

_USUAL = ("100 frames", "500 frames", "1 min", "5 min", "30 min")
_NONE = "No limit: until Stop recording"


class LimitButton(QtWidgets.QWidget):
    """A small button beside Record: its menu has limits, and a line to type another.

    Attributes
    ----------
    typed : QLineEdit
        What was chosen or typed last; empty for no limit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.button = menu_button("▾")
        self.button.setFixedWidth(26)
        self.button.setAccessibleName("Limit of the next recording")
        self.typed = QtWidgets.QLineEdit()
        self.typed.setPlaceholderText("or 200 frames, 90 s, 2 h")
        self.typed.setToolTip("Frames, or a time in s, min or h; Enter")
        menu = self.button.menu()
        menu.addAction(_NONE, partial(self.typed.setText, ""))
        for limit in _USUAL:
            menu.addAction(limit, partial(self.typed.setText, limit))
        line = QtWidgets.QWidgetAction(menu)
        line.setDefaultWidget(self.typed)
        menu.addAction(line)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        self.typed.textChanged.connect(self._show)
        self.typed.returnPressed.connect(menu.close)
        self._show("")

    @property
    def limit(self) -> str:
        """As it was typed; empty for none."""
        return self.typed.text().strip()

    def _show(self, limit: str) -> None:
        said = limit.strip()
        self.button.setText("▾•" if said else "▾")
        self.button.setToolTip(
            f"The next recording ends by itself: {said}" if said else "Limit of the next recording"
        )
