"""The real window on a running session, drawn into memory."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pssr_live.session import LiveSession

if TYPE_CHECKING:
    from pssr_live.window import WindowApp

_OFFSCREEN = "offscreen"
# Qt's offscreen platform has no screen to negotiate sizes with, and says so each time.
_CHATTER = "propagateSizeHints"
# The first frames find out how large everything is.
_SETTLING_SECONDS = 0.5


class NoWindowError(Exception):
    """Why no window can be made here, in words."""


class WatchingWindow:
    """The window, watching sessions for a while.

    Attributes
    ----------
    drawn : int
        How often the restored image was drawn.
    processor_seconds : float
        Spent by the window's thread.
    """

    def __init__(self) -> None:
        self.drawn = 0
        self.processor_seconds = 0.0
        self._folder = tempfile.TemporaryDirectory(prefix="pssr-live-")
        self._app: WindowApp | None = None

    @property
    def app(self) -> WindowApp:
        """The program around it, once it is open."""
        assert self._app is not None  # noqa: S101 - see `open`
        return self._app

    def open(self, session: LiveSession) -> None:
        """Show a session that is running; to make a window is no cost of looking at it."""
        from gui.qt import QtCore
        from pssr_live.window import Choice, WindowApp, no_settings

        window = self

        class Paints(QtCore.QObject):
            """Counts how often something is drawn."""

            def eventFilter(  # noqa: N802 - Qt's name
                self, watched: QtCore.QObject, event: QtCore.QEvent
            ) -> bool:
                window.drawn += event.type() == QtCore.QEvent.Type.Paint
                return super().eventFilter(watched, event)

        settings = no_settings(Path(self._folder.name))
        choice = Choice(session.source.url, session.engine.name if session.engine else "")
        self._app = app = WindowApp(lambda *_: session, choice, settings=settings)
        app.session = session
        paints = Paints(app.window)
        app.window.viewer.restored.graphics.viewport().installEventFilter(paints)
        app.window.show()
        self.watch(_SETTLING_SECONDS)
        self.drawn, self.processor_seconds = 0, 0.0

    def watch(self, seconds: float) -> None:
        """Let the window run; while it is not let, it does nothing at all.

        Parameters
        ----------
        seconds : float
            For how long.
        """
        from gui.qt import QtCore

        loop, spent = QtCore.QEventLoop(), time.thread_time()
        QtCore.QTimer.singleShot(round(1e3 * seconds), loop.quit)
        loop.exec()
        self.processor_seconds += time.thread_time() - spent

    def close(self) -> None:
        """Take the window away, which ends the session it shows."""
        if self._app is not None:
            self._app.window.close()
            self._app.window.deleteLater()
            self._app = None
        self._folder.cleanup()


@contextmanager
def watch_window() -> Iterator[WatchingWindow]:
    """Prepare for a window that is drawn into memory.

    Raises
    ------
    NoWindowError
        If Qt can't be used here.
    """
    before = os.environ.get("QT_QPA_PLATFORM")
    os.environ["QT_QPA_PLATFORM"] = _OFFSCREEN
    try:
        from gui.qt import QtCore, QtWidgets

        # Kept by Qt for as long as the process lives.
        _ = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["pssr-live"])
    except ImportError as error:
        raise NoWindowError(f"Qt can't be imported: {error}.") from error
    finally:
        if before is None:
            del os.environ["QT_QPA_PLATFORM"]
        else:
            os.environ["QT_QPA_PLATFORM"] = before
    told = QtCore.qInstallMessageHandler(_listen)
    window = WatchingWindow()
    try:
        yield window
    finally:
        window.close()
        QtCore.qInstallMessageHandler(told)


def _listen(_kind: object, _context: object, message: str) -> None:
    if _CHATTER not in message:
        print(message, file=sys.stderr)
