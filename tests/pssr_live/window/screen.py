"""What tests of the window look at."""

from __future__ import annotations

from collections.abc import Callable

from gui.qt import QtCore
from pssr_live.window import WindowApp

TIMEOUT = 120_000
LEFT = QtCore.Qt.MouseButton.LeftButton
MakeApp = Callable[[str], WindowApp]


def shown_index(app: WindowApp) -> int:
    return -1 if app.window.shown is None else app.window.shown.index


def state(app: WindowApp) -> str:
    return app.window.status_line.state.text()
