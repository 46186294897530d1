"""A window on a recording: raw and restored as recorded, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from acquisition import StreamKey
from gui.axes import Axes
from gui.buttons import add_key, menu_button
from gui.elided_label import ElidedLabel
from gui.engine_menu import fill_with_engines
from gui.export_window import ExportWindow
from gui.kept_frames import KeptFrames
from gui.qt import QtCore, QtGui, QtWidgets
from gui.remembered_look import RememberedLook
from gui.traffic_light import TrafficLight
from gui.viewer import Viewer

_USUAL = (1200, 800)
_SMALLEST = (760, 460)
# What systems put around a window, its title above all.
_FRAME = (20, 48)
_NOT_JUDGED = "No verdict was recorded on this frame"


class RecordingWindow(ExportWindow):
    """Shows a recording, restored by nothing anew.

    Signals
    -------
    engine_chosen(str)
        The raw frames shall be restored again, by this engine.
    failed(str, str)
        Given from any thread: a problem and its fix, to be shown.

    Parameters
    ----------
    folder : str
        Of the recording, for its name and for where exports go unless the user says otherwise.
    """

    engine_chosen = QtCore.Signal(str)
    failed = QtCore.Signal(str, str)

    def __init__(self, folder: str) -> None:
        super().__init__(Viewer(recorded=True))
        self._folder = PurePath(folder)
        self._about = ""
        self.setWindowTitle(f"{self._folder.name} – pssr-live")
        self.look = RememberedLook(self.viewer)
        self.again = menu_button("Restore again ▾", "Restore the raw frames with another engine")
        self.progress = QtWidgets.QProgressBar()
        self.progress.setFixedWidth(160)
        self.progress.setTextVisible(False)
        self.give_up = QtWidgets.QPushButton("Cancel")
        self.give_up.setProperty("role", "small")
        self.give_up.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.give_up.setToolTip("Stop writing the movie, and delete what has been written")
        self.give_up.clicked.connect(self.movie_given_up)
        self.light = TrafficLight()
        self.about = ElidedLabel(QtCore.Qt.TextElideMode.ElideMiddle)
        self.about.setAlignment(
            QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter
        )
        self.about.setProperty("role", "caption")
        self.failed.connect(self.show_error)
        self.viewer.looking_back_changed.connect(self._show_verdict)
        self.viewer.measuring.table_wanted.connect(
            lambda tool, content: self.ask_for_table(str(self._folder.parent), tool, content)
        )
        self.show_progress(None)
        add_key(self, "Esc", "Dismiss an error", action=self.error.show_next)
        add_key(self, "Ctrl+W", "Close this window", action=self.close)
        self._build()

    def show_recording(
        self, axes: Axes, recorded: Mapping[StreamKey, KeptFrames], *, about: str
    ) -> None:
        """Show a recording from its first frame on.

        Parameters
        ----------
        axes, recorded
            See `Viewer.show_recording`.
        about : str
            What it is, in a line.
        """
        self._about = about
        self.about.show_text(about)
        self.viewer.show_recording(axes, recorded)

    def offer_engines(self, names: Sequence[str]) -> None:
        """Offer engines to restore it by again; a bundle's folder may be chosen any time."""
        fill_with_engines(self.again.menu(), names, "", choose=self.engine_chosen.emit)

    @property
    def export_name(self) -> str:
        """Beside the recording, and called like it."""
        return str(self._folder)

    def show_progress(self, part: float | None, words: str = "") -> None:
        """Show how far a movie is; with no words, what the recording is."""
        super().show_progress(part, words)
        for widget in (self.progress, self.give_up):
            widget.setVisible(part is not None)
        self.progress.setValue(round(100 * (part or 0.0)))
        self.export.setEnabled(part is None)
        self.about.show_text(words or self._about)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().closeEvent(event)
        self.viewer.measuring.stop_reading()
        self.left.emit()

    def _show_verdict(self) -> None:
        shown = self.viewer.shown
        verdict = shown.verdict if shown is not None else None
        if verdict is None:
            self.light.show_light("", _NOT_JUDGED if shown is not None else "")
        else:
            self.light.show_light(verdict.light, verdict.reason)

    def _build(self) -> None:
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.viewer.toolbar)
        buttons.addStretch(1)
        buttons.addWidget(self.export)
        buttons.addWidget(self.again)
        buttons.addWidget(self.keys)
        words = QtWidgets.QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.light, stretch=1)
        words.addWidget(self.about, stretch=1)
        words.addWidget(self.progress)
        words.addWidget(self.give_up)
        centre = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(centre)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addLayout(buttons)
        layout.addWidget(self.error)
        layout.addWidget(self.viewer.streams, alignment=QtCore.Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.viewer, stretch=1)
        layout.addLayout(words)
        self.setCentralWidget(centre)
        room = self.screen().availableSize() - QtCore.QSize(*_FRAME)
        self.resize(QtCore.QSize(*_USUAL).boundedTo(room))
        self.setMinimumSize(*_SMALLEST)
