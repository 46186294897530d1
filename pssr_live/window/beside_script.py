"""The window beside a script: ``python -m pssr_live.window.beside_script ADDRESS``.

Started by `pssr_live.scripting.script_window`: it shows what the script's sessions publish, and
changes nothing of them.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from dataclasses import replace

from gui import MainWindow, SessionState, Status
from gui.qt import QtCore, QtWidgets
from pssr_live.window.watched_session import WatchedSession

_LOOK_MS = 250
_DRAWN_NOWHERE = ("offscreen", "minimal")


class WindowBesideScript:
    """The usual window without what begins and ends sessions, which is the script's.

    Parameters
    ----------
    watched : WatchedSession
    """

    def __init__(self, watched: WatchedSession) -> None:
        self._watched = watched
        self._closing = False
        self.window = MainWindow(watched.newest, self._status)
        self.window.setAcceptDrops(False)
        self.window.show_images()
        for part in (self.window.controls, self.window.choices):
            part.hide()
        self.window.closing.connect(self._note_closing)

    def _status(self) -> Status:
        status = self._watched.status()
        # The session goes on without it: there is nothing to wait for.
        return replace(status, state=SessionState.STOPPED) if self._closing else status

    def _note_closing(self) -> None:
        self._closing = True


def main() -> None:
    """Show the window until it is closed; where nobody can see it, until the script has ended."""
    # The script's user means the script.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    application = QtWidgets.QApplication(["pssr-live"])
    watched = WatchedSession(sys.argv[1], sys.stdin.buffer)
    shown = WindowBesideScript(watched)
    shown.window.left.connect(application.quit)
    shown.window.drawn.connect(lambda: _print("shown"))
    timer = QtCore.QTimer(shown.window)
    if application.platformName() in _DRAWN_NOWHERE:
        timer.timeout.connect(lambda: shown.window.close() if watched.ended.is_set() else None)
        timer.start(_LOOK_MS)
    shown.window.show()
    _print("ready")
    application.exec()


def _print(words: str) -> None:
    # The script may have ended.
    with suppress(OSError, ValueError):
        print(words, flush=True)


if __name__ == "__main__":
    main()
