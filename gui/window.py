"""The window: raw on the left, restored on the right, everything else around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gui import theme
from gui.colour_maps import COLOUR_MAPS, display_table
from gui.contrast import Contrast
from gui.controls import Controls
from gui.elided_label import ElidedLabel
from gui.error_banner import ErrorBanner
from gui.image_panel import ImagePanel
from gui.pixel_readout import PixelReadout
from gui.preview import Preview, Status
from gui.qt import QtCore, QtGui, QtWidgets
from gui.status_line import StatusLine

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
        self._shown: Preview | None = None
        self._last_sequence = -1
        self._histogram_sequence = -1
        self._pointed: tuple[float, float] | None = None

        self.raw = ImagePanel("Raw, as scanned", theme.RAW)
        self.restored = ImagePanel("Restored (predicted)", theme.RESTORED)
        self.controls = Controls()
        self.error = ErrorBanner()
        self.readout = PixelReadout()
        self.message = ElidedLabel(QtCore.Qt.TextElideMode.ElideRight)
        self.message.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        self.contrast = Contrast()
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
        before, self._shown = self._shown, preview
        self._last_sequence = preview.sequence
        height, width = preview.raw.shape
        self.raw.show_pixels(preview.raw, height, width)
        self.restored.show_pixels(preview.restored, height, width)
        if before is None or before.raw.dtype != preview.raw.dtype:
            self.set_contrast_automatically()
        if before is None or before.raw.shape != preview.raw.shape:
            self.fit()
        for panel, pixels in ((self.raw, preview.raw), (self.restored, preview.restored)):
            rows, columns = pixels.shape
            panel.details.setText(
                f"frame {preview.index:5d} {preview.acquired:8.2f} s  {columns} × {rows} px"
            )
        self._read_pixel()

    def pull_status(self) -> None:
        """Ask how the session is doing, and write it down."""
        status = self._status()
        if status.state.running and not self._running:
            # A new session counts its frames from the beginning.
            self._last_sequence = -1
        self._running = status.state.running
        self.status_line.show_status(status)
        self.controls.show_status(status)
        self.message.show_text(status.message)
        if self._shown is not None and self._shown.sequence != self._histogram_sequence:
            self._histogram_sequence = self._shown.sequence
            self.contrast.show_images(self._shown.raw, self._shown.restored)

    def fit(self) -> None:
        """Show the whole field of view in both panels."""
        self.raw.fit()
        self.restored.fit()

    def set_contrast_automatically(self) -> None:
        """Set black and white once, from the raw image now shown."""
        if self._shown is not None:
            self.contrast.set_automatically(self._shown.raw)
            self.contrast.show_images(self._shown.raw, self._shown.restored)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        for panel in (self.raw, self.restored):
            panel.scale_bar.set_pixel_size(pixel_size_um)
        self.readout.set_pixel_size(pixel_size_um)
        self._read_pixel()

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
        panels = QtWidgets.QHBoxLayout()
        panels.setSpacing(20)
        panels.addWidget(self.raw, stretch=1)
        panels.addWidget(self.restored, stretch=1)
        words = QtWidgets.QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.readout)
        words.addWidget(self.message, stretch=1)
        centre = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(centre)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.controls)
        layout.addWidget(self.error)
        layout.addLayout(panels, stretch=1)
        layout.addLayout(words)
        layout.addWidget(self.contrast)
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
        self.controls.fit_requested.connect(self.fit)
        self.controls.auto_contrast_requested.connect(self.set_contrast_automatically)
        self.controls.colour_map_chosen.connect(self._recolour)
        self.contrast.changed.connect(self._recolour)
        for panel, other in ((self.raw, self.restored), (self.restored, self.raw)):
            panel.moved.connect(other.look_at)
            panel.pointed.connect(other.mark)
            panel.pointed.connect(panel.unmark)
            panel.pointed.connect(self._point)
            panel.left.connect(other.unmark)
            panel.left.connect(self._unpoint)
            panel.double_clicked.connect(self.fit)

    def _every(self, interval_ms: int, call: Callable[[], None]) -> QtCore.QTimer:
        timer = QtCore.QTimer(self)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        timer.start()
        return timer

    def _recolour(self) -> None:
        if self._shown is None:
            return
        low, high = self.contrast.limits
        colour_map = COLOUR_MAPS[self.controls.colour_map.currentIndex()]
        table = display_table(self._shown.raw.dtype, low, high, colour_map)
        self.raw.set_table(table)
        self.restored.set_table(table)

    def _point(self, x: float, y: float) -> None:
        self._pointed = (x, y)
        self._read_pixel()

    def _unpoint(self) -> None:
        self._pointed = None
        self._read_pixel()

    def _read_pixel(self) -> None:
        if self._pointed is None:
            self.readout.clear()
            return
        x, y = self._pointed
        self.readout.show_pixel(x, y, self.raw.counts_at(x, y), self.restored.counts_at(x, y))
