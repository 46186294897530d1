"""What runs a session: start, record under a name in a folder, snapshot."""

from __future__ import annotations

from pathlib import PurePath

from gui.buttons import add_key, key_button
from gui.file_dialogs import ask_for_folder
from gui.limit_button import LimitButton
from gui.preview import SessionState, Status
from gui.qt import QtCore, QtGui, QtWidgets

# What no system takes in the name of a folder is not taken here either.
_NAME_OF_A_FOLDER = r'[^<>:"/\\|?*\x00-\x1f]*'


class Controls(QtWidgets.QWidget):
    """Buttons with one key each, and where recordings go.

    The record button holds the user's wish; its words say what is true.

    Signals
    -------
    start_requested(), stop_requested()
    record_requested(bool)
    snapshot_requested()
    folder_chosen(str)
        Recordings and snapshots shall go there.
    """

    start_requested = QtCore.Signal()
    stop_requested = QtCore.Signal()
    record_requested = QtCore.Signal(bool)
    snapshot_requested = QtCore.Signal()
    folder_chosen = QtCore.Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._status = Status()
        self._folder = ""
        self.run = QtWidgets.QPushButton("Start")
        self.run.setProperty("role", "run")
        self.run.setToolTip("Start or stop (Space)")
        self.run.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        add_key(self, "Space", "Start or stop; asks before it ends a recording", action=self._space)
        self.question: QtWidgets.QMessageBox | None = None
        self.record = key_button(
            "Record", "Record raw and restored frames to disk", "R", role="record"
        )
        self.record.setCheckable(True)
        self.limit = LimitButton()
        self.name = QtWidgets.QLineEdit()
        self.name.setPlaceholderText("name (else time)")
        # The keys mean the session until the user clicks here.
        self.name.setFocusPolicy(QtCore.Qt.FocusPolicy.ClickFocus)
        self.name.setToolTip("Name of the next recording or snapshot; empty: date and time")
        self.name.setMinimumWidth(50)
        self.name.setMaximumWidth(190)
        self.name.setMaxLength(100)
        expression = QtCore.QRegularExpression(_NAME_OF_A_FOLDER)
        self.name.setValidator(QtGui.QRegularExpressionValidator(expression, self.name))
        self.folder = QtWidgets.QPushButton()
        self.folder.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.folder.setMaximumWidth(150)
        self.snapshot = key_button(
            "Snapshot", "Save the window as PNG, and the images shown as TIFF", "S"
        )

        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.run, self.record, self.limit, self.name, self.folder, self.snapshot):
            layout.addWidget(widget)

        self.run.clicked.connect(self._run_clicked)
        self.record.clicked.connect(self._record_clicked)
        self.snapshot.clicked.connect(self.snapshot_requested)
        self.folder.clicked.connect(self._ask_for_folder)
        self.name.returnPressed.connect(self.name.clearFocus)
        self.show_folder("")
        self.show_status(Status())

    @property
    def folder_path(self) -> str:
        """Where recordings and snapshots go."""
        return self._folder

    def show_folder(self, folder: str) -> None:
        """Say where recordings and snapshots go."""
        self._folder = folder
        name = PurePath(folder).name or folder
        metrics = self.folder.fontMetrics()
        middle = QtCore.Qt.TextElideMode.ElideMiddle
        self.folder.setText(f"in {metrics.elidedText(name, middle, 70)}" if name else "in …")
        self.folder.setToolTip(f"Recordings and snapshots go into {folder}\nClick to change")

    def show_status(self, status: Status) -> None:
        """Let the buttons say what the session is doing."""
        before, self._status = self._status, status
        wanted = bool(status.recording or status.not_recording)
        if bool(before.recording or before.not_recording) != wanted:
            self.record.setChecked(wanted)
        if before.state is not status.state and status.state.over:
            self.record.setChecked(False)
        finishing = status.state is SessionState.FINISHING
        if finishing:
            self.run.setText("Finishing")
        else:
            self.run.setText("Stop" if status.state.running else "Start")
        self.run.setEnabled(not finishing)
        self.record.setEnabled(not finishing)
        recording = wanted and status.state.busy
        self.name.setEnabled(not recording)
        self.limit.setEnabled(not recording)
        self.folder.setEnabled(not recording)
        self._write_record()

    def withdraw_recording(self) -> None:
        """Let the record button stand as if nobody had asked for a recording."""
        self.record.setChecked(False)
        self._write_record()

    def _write_record(self) -> None:
        wished = self.record.isChecked()
        state = self._status.state
        begun = state.running and state is not SessionState.STARTING
        if self._status.not_recording and wished:
            words, look = "Not recording", "armed"
        elif self._status.recording and begun:
            words, look = ("Stop recording" if wished else "Stopping", "on")
        elif wished and state is not SessionState.FINISHING:
            words, look = "Will record", "armed"
        else:
            words, look = "Record", "off"
        self.record.setText(words)
        if self.record.property("recording") != look:
            self.record.setProperty("recording", look)
            # A style that depends on a property is worked out anew only when asked for.
            self.record.style().unpolish(self.record)
            self.record.style().polish(self.record)

    def _space(self) -> None:
        """A key is soon hit by mistake, and a recording that has ended can't be continued."""
        if self._status.state.running and self._status.recording and self.run.isEnabled():
            self._ask_before_stopping()
        else:
            self.run.click()

    def _ask_before_stopping(self) -> None:
        if self.question is not None:
            return
        self.question = question = QtWidgets.QMessageBox(self)
        question.setWindowTitle("pssr-live")
        question.setText("A recording is running. Stop it?")
        buttons = QtWidgets.QMessageBox.ButtonRole
        stop = question.addButton("Stop", buttons.AcceptRole)
        go_on = question.addButton("Keep recording", buttons.RejectRole)
        question.setDefaultButton(go_on)
        question.setEscapeButton(go_on)
        stop.clicked.connect(self.stop_requested)
        question.finished.connect(self._answered)
        # Frames go on behind it.
        question.open()

    def _answered(self) -> None:
        if self.question is not None:
            self.question.deleteLater()
            self.question = None

    def _run_clicked(self) -> None:
        if self._status.state.running:
            self.stop_requested.emit()
        else:
            self.start_requested.emit()

    def _record_clicked(self) -> None:
        self._write_record()
        self.record_requested.emit(self.record.isChecked())

    def _ask_for_folder(self) -> None:
        title = "Folder for recordings and snapshots"
        ask_for_folder(self, title, self._folder, then=self.folder_chosen.emit)
