"""The window and a session, wired together: nothing else knows both."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console

from acquisition import FrameFormat
from gui import MainWindow, Preview, SessionState, Status
from gui.qt import QtWidgets
from pssr_live.headless import follow_to_end
from pssr_live.live import LiveSession, State

_STATES = {
    State.STARTING: SessionState.STARTING,
    State.LIVE: SessionState.LIVE,
    State.FINISHING: SessionState.FINISHING,
    State.STOPPED: SessionState.STOPPED,
}


class WindowApp:
    """Runs one session after another as the window's buttons say.

    Parameters
    ----------
    make_session : callable
        Makes a session, not started, that records into a folder, or not at all for None.
    save : Path or None
        Where the first session records.
    """

    def __init__(self, make_session: Callable[[Path | None], LiveSession], save: Path | None):
        self._make_session = make_session
        self._save = save
        self._faults_shown = 0
        self._format_told: FrameFormat | None = None
        self.session: LiveSession | None = None
        self.window = MainWindow(self._newest, self._status, None)
        self.window.start_requested.connect(self.start)
        self.window.stop_requested.connect(self.stop)
        self.window.record_requested.connect(self.record)
        self.window.closing.connect(self.stop)

    def start(self) -> None:
        """Begin a session, unless one is running."""
        if self.session is not None and self.session.state is not State.STOPPED:
            return
        self._faults_shown = 0
        self._format_told = None
        self.session = self._make_session(self._save)
        self._save = None
        self.session.start()
        self.window.pull_status()

    def stop(self) -> None:
        """Take no more frames; what was received is finished."""
        if self.session is not None:
            self.session.stop()

    def record(self, on: bool) -> None:
        """Begin or end a recording, in a new folder named by the time."""
        folder = new_folder() if on else None
        if self.session is not None and self.session.state in (State.STARTING, State.LIVE):
            self.session.record(folder)
        else:
            self._save = folder

    def _newest(self, after: int) -> Preview | None:
        if self.session is None:
            return None
        self.session.newest.mean_wanted = self.window.viewer.wants_mean
        frame = self.session.newest.take(after)
        if frame is None:
            return None
        return Preview(
            frame.raw,
            frame.restored,
            frame.index,
            frame.sequence,
            frame.acquired,
            mean=frame.mean,
            trust_map=None if frame.trust is None else frame.trust.agreement.residual,
            highest=2**frame.origin.format.significant_bits - 1,
        )

    def _status(self) -> Status:
        session = self.session
        if session is None:
            return Status(recording=str(self._save or ""))
        if session.format is not None and session.format is not self._format_told:
            self._format_told = session.format
            self.window.set_pixel_size(session.format.pixel_size_um)
        for fault in session.faults[self._faults_shown :]:
            self._faults_shown += 1
            problem = getattr(fault, "problem", str(fault))
            self.window.show_error(problem, getattr(fault, "fix", ""))
        now = session.statistics.snapshot()
        engine = session.engine.selection.engine if session.engine is not None else None
        state = _STATES[session.state]
        if session.state is State.STOPPED and session.faults:
            state = SessionState.FAILED
        done, total = session.progress
        finishing = session.state is State.FINISHING and total > 0
        return Status(
            state=state,
            received=now.received,
            restored=now.restored,
            dropped=now.skipped,
            gaps=now.gaps,
            frames_per_second=now.frames_per_second,
            latency_ms=None if now.latency is None else 1e3 * now.latency,
            engine=engine.name if engine is not None else "",
            backend=engine.backend if engine is not None else "",
            source=session.source.url,
            recording=self._recording(session),
            progress=done / total if finishing else None,
            message=session.source.status,
            light="" if now.light is None else now.light.word,
            light_reason=now.light_reason,
        )

    def _recording(self, session: LiveSession) -> str:
        folder, room = session.recording, session.room
        if folder is None or room is None:
            return str(folder or self._save or "")
        return f"{folder} (room for {room})"


def new_folder() -> Path:
    """Name a folder for a recording that begins now, under ``pssr-live`` in the home folder."""
    return Path.home() / "pssr-live" / datetime.now().strftime("%Y-%m-%d-%H%M%S")


def run_window(make_session: Callable[[Path | None], LiveSession], save: Path | None) -> None:
    """Show the window, start the first session, and leave when both have ended.

    Parameters
    ----------
    make_session : callable
        See `WindowApp`.
    save : Path or None
        Where the first session records.

    Raises
    ------
    Exception
        The last session's first fault.
    """
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["pssr-live"])
    app = WindowApp(make_session, save)
    # Qt's loop runs Python only now and then; the window's own timers see to that.
    before = signal.signal(signal.SIGINT, lambda *_: app.window.close())
    app.window.show()
    app.start()
    application.exec()
    signal.signal(signal.SIGINT, before)
    session = app.session
    if session is not None:
        follow_to_end(session, None, Console())
