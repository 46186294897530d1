"""The window from its first appearance to the last frame on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gui.qt import QtCore, QtWidgets
from pssr_live.end_requests import EndRequest, end_requests
from pssr_live.session import follow_to_end
from pssr_live.terminal import Terminal
from pssr_live.window.app import MakeSession, WindowApp
from pssr_live.window.choice import Choice
from pssr_live.window.screenshot import Screenshot
from pssr_live.window.settings import kept_settings, no_settings


def run_window(
    make_session: MakeSession,
    choice: Choice,
    *,
    save: Path | None = None,
    frames: int | None = None,
    picture: Path | None = None,
    recording: Path | None = None,
) -> None:
    """Show the window, begin if a source is chosen, and leave when window and session have ended.

    Parameters
    ----------
    make_session, choice, save
        See `WindowApp`; an engine that is not named is the one remembered.
    frames : int or None
        How many frames a session has.
    picture : Path or None
        PNG for a picture of the window, see `Screenshot`. What is remembered then plays no part.
    recording : Path or None
        One to look at, which can be opened: the window of sessions is shown only once it is to be
        restored again, and all ends with the last window.

    Raises
    ------
    Exception
        The last session's first fault.
    UserError
        If the picture can't be taken or written.
    """
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["pssr-live"])
    with tempfile.TemporaryDirectory(prefix="pssr-live-") as temporary:
        settings = kept_settings() if picture is None else no_settings(Path(temporary))
        app = WindowApp(make_session, choice, settings=settings, save=save)
        taken = Screenshot(app, frames) if picture is not None else None
        if picture is None:
            app.fit_screen()
        # Qt would wait for the last of all windows, a forgotten one too.
        app.window.left.connect(application.quit)
        with _closed_on_request(app):
            if recording is None:
                app.window.show()
                # In the loop: a window that is closed before it would never end it.
                QtCore.QTimer.singleShot(0, app.start)
            else:
                app.look_at(recording)
                app.recordings.closed.connect(partial(_leave_with_last_window, app))
            application.exec()
        # What else asked for the end has come too late: no later loop must take it for its own.
        application.removePostedEvents(application, QtCore.QEvent.Type.Quit)
        app.finish()
        # Not left to the end of the interpreter, when Qt may be gone before it.
        app.window.deleteLater()
        application.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    if taken is not None and picture is not None and (taken.taken or not _faults(app)):
        taken.write(picture)
    if app.session is not None:
        follow_to_end(app.session, None, Terminal())


def _leave_with_last_window(app: WindowApp) -> None:
    if not app.recordings.windows and not app.window.isVisible():
        QtWidgets.QApplication.quit()


def _faults(app: WindowApp) -> list[Exception]:
    """What went wrong in the last session: the reason for a picture that is missing."""
    return app.session.faults if app.session is not None else []


@contextmanager
def _closed_on_request(app: WindowApp) -> Iterator[None]:
    """Let Ctrl-C, a request to terminate or a closed terminal close the window as its button does.

    Qt's loop runs Python only now and then; the window's own timers see to that.
    """

    def close_soon(request: EndRequest, _: str) -> None:
        if request is EndRequest.TERMINAL_CLOSED and app.window.closes:
            return
        # Not at once: Python may be in the middle of drawing what would be taken away.
        QtCore.QTimer.singleShot(0, app.window.close)

    def end_within(reason: str, seconds: float) -> None:
        session = app.session
        if session is not None:
            session.stop(reason)
            session.abandon(reason)
            session.wait(seconds)

    with end_requests(close_soon, end_within):
        yield
