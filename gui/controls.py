"""The buttons that run a session: start, record."""

from __future__ import annotations

from gui.buttons import key_button
from gui.preview import SessionState, Status
from gui.qt import QtCore, QtWidgets


class Controls(QtWidgets.QWidget):
    """Buttons with one key each.

    The record button holds the user's wish; its words say what is true.

    Signals
    -------
    start_requested(), stop_requested()
    record_requested(bool)
    """

    start_requested = QtCore.Signal()
    stop_requested = QtCore.Signal()
    record_requested = QtCore.Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._status = Status()
        self.run = key_button("Start", "Start or stop", "Space", "run")
        self.record = key_button("Record", "Record raw and restored frames to disk", "R", "record")
        self.record.setCheckable(True)
        self.progress = QtWidgets.QProgressBar()
        self.progress.setFixedWidth(280)

        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.run)
        layout.addWidget(self.record)
        layout.addSpacing(12)
        layout.addWidget(self.progress)
        for button, widest in ((self.run, "Finishing"), (self.record, "Stopping recording")):
            button.setText(widest)
            button.setMinimumWidth(button.sizeHint().width() + 30)

        self.run.clicked.connect(self._run_clicked)
        self.record.clicked.connect(self._record_clicked)
        self.show_status(Status())

    def show_status(self, status: Status) -> None:
        """Let the buttons say what the session is doing."""
        before, self._status = self._status, status
        if bool(before.recording) != bool(status.recording):
            self.record.setChecked(bool(status.recording))
        if before.state is not status.state and status.state.over:
            self.record.setChecked(False)
        finishing = status.state is SessionState.FINISHING
        if finishing:
            self.run.setText("Finishing")
        else:
            self.run.setText("Stop" if status.state.running else "Start")
        self.run.setEnabled(not finishing)
        self.record.setEnabled(not finishing)
        self._write_record()
        self.progress.setVisible(finishing)
        # Without a figure the bar only shows that work goes on.
        self.progress.setMaximum(0 if status.progress is None else 100)
        self.progress.setValue(round(100 * (status.progress or 0.0)))

    def _write_record(self) -> None:
        wished = self.record.isChecked()
        if self._status.recording and self._status.state.running:
            words, look = ("● Recording", "on") if wished else ("Stopping recording", "on")
        elif wished and self._status.state is not SessionState.FINISHING:
            words, look = "Will record", "armed"
        else:
            words, look = "Record", "off"
        self.record.setText(words)
        if self.record.property("recording") != look:
            self.record.setProperty("recording", look)
            # A style that depends on a property is worked out anew only when asked for.
            self.record.style().unpolish(self.record)
            self.record.style().polish(self.record)

    def _run_clicked(self) -> None:
        if self._status.state.running:
            self.stop_requested.emit()
        else:
            self.start_requested.emit()

    def _record_clicked(self) -> None:
        self._write_record()
        self.record_requested.emit(self.record.isChecked())
