"""Windows on recordings: as many as are opened, each with its own files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from gui import RecordingWindow
from gui.qt import QtCore
from pssr_live.errors import UserError, problem_and_fix
from pssr_live.window.exporter import Exporter
from pssr_live.window.movie import recorded_in
from pssr_live.window.recorded import RecordedFrames, words_of


class RecordingViews(QtCore.QObject):
    """Opens them and keeps them until they are closed. No engine is opened.

    Signals
    -------
    again_chosen(str, str)
        The raw frames of a recording, by its folder, shall be restored again by an engine.
    dropped(str)
        The path of what was dropped on one of them.
    closed()
        One was closed.

    Parameters
    ----------
    engines : callable
        Returns the names of the engines to offer.
    """

    again_chosen = QtCore.Signal(str, str)
    dropped = QtCore.Signal(str)
    closed = QtCore.Signal()

    def __init__(self, engines: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._engines = engines
        self.windows: dict[RecordingWindow, RecordedFrames] = {}

    def open(self, folder: Path) -> RecordingWindow:
        """Show a recording in a window of its own.

        Raises
        ------
        UserError
            If it is not a recording, or holds no frame.
        """
        window = RecordingWindow(str(folder.absolute()))

        def show(error: UserError) -> None:
            window.failed.emit(*problem_and_fix(error))

        try:
            frames = RecordedFrames(folder, show)
        except UserError:
            window.deleteLater()
            raise
        self.windows[window] = frames
        window.offer_engines(self._engines())
        window.engine_chosen.connect(lambda name: self.again_chosen.emit(str(folder), name))
        window.dropped.connect(self.dropped)
        Exporter(
            window,
            lambda: recorded_in(folder),
            tell=lambda words: window.show_progress(None, words),
        )
        window.left.connect(lambda: self._forget(window))
        window.show_recording(frames.axes, frames.streams, about=words_of(frames.recording))
        window.show()
        return window

    def close_all(self) -> None:
        """Close all of them."""
        for window in list(self.windows):
            window.close()

    def _forget(self, window: RecordingWindow) -> None:
        frames = self.windows.pop(window, None)
        if frames is not None:
            frames.close()
            window.deleteLater()
            self.closed.emit()
