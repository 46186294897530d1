"""That a recording which is wanted is not being written, for as long as that is so."""

from __future__ import annotations

from gui.preview import Status
from gui.qt import QtCore, QtWidgets


class RecordingAlarm(QtWidgets.QLabel):
    """A red bar that can't be dismissed: frames that are not recorded now are lost for good."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "alarm")
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setWordWrap(True)
        self.hide()

    def show_status(self, status: Status) -> None:
        """Say why, or be gone."""
        words = f"Not recording: {status.not_recording}" if status.not_recording else ""
        if words != self.text():
            self.setText(words)
        self.setVisible(bool(words))
