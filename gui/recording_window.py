"""A window on a recording: raw and restored as recorded, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from acquisition import StreamKey
from gui.axes import Axes
from gui.base_window import BaseWindow
from gui.buttons import add_key, menu_button
from gui.elided_label import ElidedLabel
from gui.engine_menu import fill_with_engines
from gui.kept_frames import KeptFrames
from gui.qt import QtCore, QtGui, QtWidgets
from gui.remembered_look import RememberedLook
from gui.traffic_light import TrafficLight
from gui.viewer import Viewer

_USUAL = (1200, 800)
_SMALLEST = (760, 460)
_NOT_JUDGED = "No verdict was recorded on this frame"


class RecordingWindow(BaseWindow):
    """Shows a recording, restored by nothing anew.

    Signals
    -------
    engine_chosen(str)
        The raw frames shall be restored again, by this engine.
    left()
        It goes away.

    Parameters
    ----------
    name : str
        Of the recording.
    """

    engine_chosen = QtCore.Signal(str)
    left = QtCore.Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setWindowTitle(f"{name} – pssr-live")
        self.viewer = Viewer(recorded=True)
        self.look = RememberedLook(self.viewer)
        self.again = menu_button("Restore again ▾", "Restore the raw frames by another engine")
        self.light = TrafficLight()
        self.about = ElidedLabel(QtCore.Qt.TextElideMode.ElideMiddle)
        self.about.setAlignment(
            QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter
        )
        self.about.setProperty("role", "caption")
        self.viewer.looking_back_changed.connect(self._show_verdict)
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
        self.about.show_text(about)
        self.viewer.show_recording(axes, recorded)

    def offer_engines(self, names: Sequence[str]) -> None:
        """Offer engines to restore it by again; a bundle's folder may be chosen any time."""
        fill_with_engines(self.again.menu(), names, "", choose=self.engine_chosen.emit)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().closeEvent(event)
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
        buttons.addWidget(self.again)
        buttons.addWidget(self.keys)
        words = QtWidgets.QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.light, stretch=1)
        words.addWidget(self.about, stretch=1)
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
        self.resize(QtCore.QSize(*_USUAL).boundedTo(self.screen().availableSize()))
        self.setMinimumSize(*_SMALLEST)
