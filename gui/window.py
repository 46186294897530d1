"""The window: the images, the controls over them, the state of the session below."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gui import theme
from gui.controls import Controls
from gui.elided_label import ElidedLabel
from gui.error_banner import ErrorBanner
from gui.preview import Preview, Status
from gui.qt import QtCore, QtGui, QtWidgets
from gui.status_line import StatusLine
from gui.viewer import Viewer

_PREVIEW_INTERVAL_MS = 33
_STATUS_INTERVAL_MS = 250


class MainWindow(QtWidgets.QMainWindow):
    """Shows the newest restored frame beside the raw one, and how the session is doing.

    The window asks, on its own timers and in its own thread; both callables must answer at once.

    Signals
    -------
    start_requested(), stop_requested()
        The user wants frames, or no more of them.
    record_requested(bool)
        The user wants a recording, or no more of it; also before the start.
    closing()
        The user closes the window; it goes away when all slots have returned.

    Parameters
    ----------
    newest : callable
        Given the sequence number of the preview last shown (-1 for none), returns the newest
        preview after it, or None.
    status : callable
        Returns the session's status.
    pixel_size_um : float or None
        Side of an LR pixel in µm; None if nobody knows.
    """

    start_requested = QtCore.Signal()
    stop_requested = QtCore.Signal()
    record_requested = QtCore.Signal(bool)
    closing = QtCore.Signal()

    def __init__(
        self,
        newest: Callable[[int], Preview | None],
        status: Callable[[], Status],
        pixel_size_um: float | None,
    ) -> None:
        super().__init__()
        self._newest = newest
        self._status = status
        self._running = False
        self._last_sequence = -1

        self.viewer = Viewer()
        self.controls = Controls()
        self.error = ErrorBanner()
        self.message = ElidedLabel(QtCore.Qt.TextElideMode.ElideRight)
        self.message.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        self.status_line = StatusLine()
        self._build()
        self._connect()
        self.set_pixel_size(pixel_size_um)

        self._preview_timer = self._every(_PREVIEW_INTERVAL_MS, self.pull_preview)
        self._status_timer = self._every(_STATUS_INTERVAL_MS, self.pull_status)
        self.pull_status()

    def pull_preview(self) -> None:
        """Ask for the newest preview, and draw it if there is a new one."""
        preview = self._newest(self._last_sequence)
        if preview is None:
            return
        self._last_sequence = preview.sequence
        self.viewer.show_preview(preview)

    def pull_status(self) -> None:
        """Ask how the session is doing, and write it down."""
        status = self._status()
        if status.state.running and not self._running:
            # A new session counts its frames from the beginning.
            self._last_sequence = -1
            self.viewer.begin_session()
        self._running = status.state.running
        self.status_line.show_status(status)
        self.controls.show_status(status)
        self.message.show_text(status.message)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self.viewer.set_pixel_size(pixel_size_um)

    def show_error(self, problem: str, fix: str) -> None:
        """Show what went wrong and what the user can do about it.

        Parameters
        ----------
        problem, fix : str
            One plain sentence each.
        """
        self.error.show_error(problem, fix)

    def save_picture(self, path: Path) -> None:
        """Write the window as it looks now.

        Parameters
        ----------
        path : pathlib.Path
            A PNG file.

        Raises
        ------
        OSError
            If it can't be written.
        """
        if not self.grab().save(str(path), "PNG"):
            raise OSError(f"cannot write {path}")

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802, D102 - Qt's name
        self.closing.emit()
        self._preview_timer.stop()
        self._status_timer.stop()
        super().closeEvent(event)

    def _build(self) -> None:
        self.setWindowTitle("pssr-live")
        self.setStyleSheet(theme.STYLE)
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(20)
        buttons.addWidget(self.controls)
        buttons.addWidget(self.message, stretch=1)
        buttons.addWidget(self.viewer.toolbar)
        centre = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(centre)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(buttons)
        layout.addWidget(self.error)
        layout.addWidget(self.viewer, stretch=1)
        layout.addWidget(self.status_line)
        self.setCentralWidget(centre)
        self.resize(1360, 940)
        escape = QtGui.QShortcut(QtGui.QKeySequence("Esc"), self)
        escape.activated.connect(self.error.hide)

    def _connect(self) -> None:
        self.controls.start_requested.connect(self.start_requested)
        self.controls.stop_requested.connect(self.stop_requested)
        self.controls.record_requested.connect(self.record_requested)
        # After the slots of whoever listens, so that the answer shows without delay.
        self.controls.run.clicked.connect(self.pull_status)
        self.controls.record.clicked.connect(self.pull_status)

    def _every(self, interval_ms: int, call: Callable[[], None]) -> QtCore.QTimer:
        timer = QtCore.QTimer(self)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        timer.start()
        return timer
