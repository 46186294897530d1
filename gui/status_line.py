"""The session's state and figures, in words that can't be misread."""

from __future__ import annotations

from gui import theme
from gui.elided_label import ElidedLabel
from gui.preview import SessionState, Status
from gui.qt import QtCore, QtWidgets

_STATE_COLOURS = {
    SessionState.IDLE: theme.LINE,
    SessionState.STARTING: theme.BUSY,
    SessionState.LIVE: theme.LIVE,
    SessionState.FINISHING: theme.BUSY,
    SessionState.STOPPED: theme.LINE,
    SessionState.FAILED: theme.ALARM,
}


class StatusLine(QtWidgets.QFrame):
    """Shows a `Status`: state and numbers above, names below."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.state = QtWidgets.QLabel()
        self.state.setProperty("role", "state")
        self.state.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self.received = _Figure("received", 7, "Frames that came in from the source")
        self.restored = _Figure("restored", 7, "Frames that went through the engine")
        self.dropped = _Figure(
            "dropped",
            7,
            "Frames left out of the live picture because a newer one had already come",
            warns=True,
        )
        self.gaps = _Figure(
            "gaps",
            5,
            "Jumps in the source's frame numbers: frames lost before they came in",
            warns=True,
        )
        self.rate = _Figure("frames/s", 6, "Restored frames per second")
        self.latency = _Figure(
            "latency ms",
            6,
            "From the last frame that a restored one needs to the restored frame;\n"
            "waiting for the two frames of look-ahead is not in it",
        )
        self.engine = _Name("engine")
        self.source = _Name("source")
        self.recording = _Name("recording to")

        numbers = QtWidgets.QHBoxLayout()
        numbers.setSpacing(22)
        numbers.addWidget(self.state)
        for figure in (
            self.received,
            self.restored,
            self.dropped,
            self.gaps,
            self.rate,
            self.latency,
        ):
            numbers.addWidget(figure)
        numbers.addStretch(1)
        names = QtWidgets.QHBoxLayout()
        names.setSpacing(22)
        names.addWidget(self.engine, stretch=3)
        names.addWidget(self.source, stretch=4)
        names.addWidget(self.recording, stretch=4)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(numbers)
        layout.addLayout(names)
        self.state.setText(_state_words(Status(SessionState.LIVE, recording="folder")))
        self.state.ensurePolished()
        self.state.setMinimumWidth(self.state.sizeHint().width())
        self.show_status(Status())

    def show_status(self, status: Status) -> None:
        """Write a status down."""
        self.state.setText(_state_words(status))
        self.state.setStyleSheet(f"background: {_STATE_COLOURS[status.state]};")
        self.received.show_number(status.received)
        self.restored.show_number(status.restored)
        self.dropped.show_number(status.dropped)
        self.gaps.show_number(status.gaps)
        self.rate.show_number(status.frames_per_second, decimals=1)
        self.latency.show_number(status.latency_ms)
        self.engine.show_name(" on ".join(part for part in (status.engine, status.backend) if part))
        self.source.show_name(status.source)
        self.recording.caption.setText(_recording_words(status.state))
        written = bool(status.recording) and (
            status.state.running or status.state is SessionState.FINISHING
        )
        self.recording.show_name(status.recording, alarm=written)


def _state_words(status: Status) -> str:
    if status.state is SessionState.LIVE and status.recording:
        return "Live, recording"
    return status.state.label


def _recording_words(state: SessionState) -> str:
    if state is SessionState.IDLE:
        return "will record to"
    return "recorded to" if state.over else "recording to"


class _Figure(QtWidgets.QWidget):
    """A number over its caption, as wide as its widest number."""

    def __init__(self, caption: str, digits: int, explanation: str, *, warns: bool = False) -> None:
        super().__init__()
        self._warns = warns
        self._digits = digits
        self.number = QtWidgets.QLabel()
        self.number.setFont(theme.number_font())
        self.number.setProperty("role", "figure")
        self.number.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        below = QtWidgets.QLabel(caption)
        below.setProperty("role", "caption")
        below.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.number)
        layout.addWidget(below)
        self.setToolTip(explanation)

    def show_number(self, number: float | None, decimals: int = 0) -> None:
        text = "–" if number is None else f"{number:.{decimals}f}"
        self.number.setText(text.rjust(self._digits))
        alarming = self._warns and bool(number)
        self.number.setStyleSheet(f"color: {theme.WARNING};" if alarming else "")


class _Name(QtWidgets.QWidget):
    """A caption and a name."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self.name = ElidedLabel(QtCore.Qt.TextElideMode.ElideMiddle)
        self.caption = QtWidgets.QLabel(caption)
        self.caption.setProperty("role", "caption")
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.caption)
        layout.addWidget(self.name, stretch=1)

    def show_name(self, name: str, *, alarm: bool = False) -> None:
        self.name.setStyleSheet(f"color: {theme.ALARM}; font-weight: bold;" if alarm else "")
        self.name.show_text(name or "–")
