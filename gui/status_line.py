"""The session's state and figures, in words that can't be misread."""

from __future__ import annotations

from gui import theme
from gui.elided_label import ElidedLabel
from gui.latency_plot import LatencyPlot
from gui.preview import SessionState, Status
from gui.qt import QtCore, QtGui, QtWidgets

_STATE_COLOURS = {
    SessionState.IDLE: theme.LINE,
    SessionState.STARTING: theme.BUSY,
    SessionState.LIVE: theme.LIVE,
    SessionState.WAITING: theme.WARNING,
    SessionState.DISCONNECTED: theme.WARNING,
    SessionState.FINISHING: theme.BUSY,
    SessionState.STOPPED: theme.LINE,
    SessionState.FAILED: theme.ALARM,
}
_RECORDING = "● Recording"
_NOT_RECORDING = "Not recording"
_LOOKING_BACK = "Looking back"
_STATE_PADDING = 28
_SPACING = 20
# A recording that would fill the disk within this time is worth a word.
_FEW_MINUTES = 10.0


class StatusLine(QtWidgets.QFrame):
    """Shows a `Status`: state and numbers above, names below, latencies beside them.

    Names and latencies can be folded away; in a narrow window there are none of the latter, and all
    is written smaller.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self._running = False
        self._compact = self._folded = False
        self.state = QtWidgets.QLabel()
        self.state.setProperty("role", "state")
        self.state.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self.recorded = _Figure(
            "recorded", 7, "Raw frames of this recording on disk, and how long it has run"
        )
        self.received = _Figure("received", 6, "Frames received from the source")
        self.restored = _Figure("restored", 6, "Frames that went through the engine")
        self.dropped = _Figure(
            "dropped",
            6,
            "Frames left out of the live picture because a newer one had already come",
            warns=True,
        )
        self.gaps = _Figure(
            "gaps",
            4,
            "Jumps in the source's frame numbers: frames lost on the way here",
            warns=True,
        )
        self.rate = _Figure("frames/s", 6, "Restored frames per second")
        self.latency = _Figure(
            "latency ms",
            6,
            "From a frame to its restored frame,\n"
            "with the wait for the two frames after it, which the engine needs",
        )
        self.backlog = _Figure("backlog", 5, "Frames received but not yet restored; none is lost")
        self.room = _Figure(
            "minutes left", 6, "How much more the disk has room for, raw and restored"
        )
        self.plot = LatencyPlot()
        self.engine = _Name("engine")
        self.source = _Name("source")
        self.recording = _Name("recording to")

        self._numbers = numbers = QtWidgets.QHBoxLayout()
        numbers.setSpacing(16)
        numbers.addWidget(self.state)
        for figure in (
            self.recorded,
            self.received,
            self.restored,
            self.dropped,
            self.gaps,
            self.rate,
            self.latency,
            self.backlog,
            self.room,
        ):
            numbers.addWidget(figure)
        numbers.addStretch(1)
        self._names = QtWidgets.QWidget()
        names = QtWidgets.QHBoxLayout(self._names)
        names.setContentsMargins(0, 0, 0, 0)
        names.setSpacing(22)
        names.addWidget(self.engine, stretch=4)
        names.addWidget(self.source, stretch=4)
        names.addWidget(self.recording, stretch=5)
        words = QtWidgets.QVBoxLayout()
        words.addLayout(numbers)
        words.addWidget(self._names)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(_SPACING)
        layout.addLayout(words, stretch=4)
        layout.addWidget(self.plot, stretch=1)
        self.show_status(Status())

    def show_status(self, status: Status, *, looking_back: bool = False) -> None:
        """Write a status down.

        Parameters
        ----------
        status : Status
        looking_back : bool
            Whether the images are older than what it tells of.
        """
        live = status.state is SessionState.LIVE
        recording = live and bool(status.recording)
        if status.not_recording:
            state, background = _NOT_RECORDING, theme.ALARM
        elif recording:
            state, background = _RECORDING, theme.ALARM
        elif live and looking_back:
            state, background = _LOOKING_BACK, theme.WARNING
        else:
            state, background = status.state.label, _STATE_COLOURS[status.state]
        self.state.setText(state)
        words = theme.BACKGROUND if background == theme.WARNING else "white"
        theme.restyle(self.state, f"background: {background}; color: {words};")
        if status.recorded is not None:
            self._show_recorded(status, *status.recorded)
        if self.recorded.isHidden() != (status.recorded is None):
            self.recorded.setVisible(status.recorded is not None)
            self._show_parts()
        self.received.show_number(status.received)
        self.restored.show_number(status.restored)
        self.dropped.show_number(status.dropped)
        self.gaps.show_number(status.gaps)
        self.rate.show_number(status.frames_per_second, decimals=1)
        self.latency.show_number(status.latency_ms)
        self.backlog.show_number(status.backlog)
        self._show_room(status)
        self._show_stages(status)
        self.engine.show_name(" on ".join(part for part in (status.engine, status.backend) if part))
        self.source.show_name(status.source)
        self.recording.caption.setText(_recording_words(status.state))
        begun = status.state.busy and status.state is not SessionState.STARTING
        written = bool(status.recording) and begun
        self.recording.show_name(status.recording, alarm=written)

    def set_compact(self, *, compact: bool) -> None:
        """Take no more width than a small screen has; told once the style is `theme.COMPACT`."""
        if compact != self._compact:
            self._compact = compact
            self._numbers.setSpacing(8 if compact else 16)
            self.state.setFixedWidth(self._widest_state())
            self._show_parts()

    def fold(self, *, folded: bool) -> None:
        """Show state and numbers only, or the rest too."""
        self._folded = folded
        self._show_parts()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().resizeEvent(event)
        self._show_parts()

    def _show_parts(self) -> None:
        self._names.setVisible(not self._folded)
        wanted = self._numbers.minimumSize().width() + _SPACING + self.plot.minimumWidth()
        room = not self._compact and self.width() >= wanted
        self.plot.setVisible(room and not self._folded)

    def _show_recorded(self, status: Status, frames: int, seconds: float) -> None:
        """Write down how far a recording is, and how far it goes where it has a limit."""
        if status.recording_frames is None:
            self.recorded.show_number(frames)
        else:
            self.recorded.show_text(f"{frames}/{status.recording_frames}")
        if status.recording_seconds is None:
            self.recorded.caption.setText(f"in {_clock(seconds)}")
        else:
            end = _clock(status.recording_seconds)
            self.recorded.caption.setText(f"{_clock(seconds)} of {end}")

    def showEvent(self, event: QtGui.QShowEvent) -> None:  # noqa: N802, D102 - Qt's name
        # Only now does the style of the window hold.
        self.state.setFixedWidth(self._widest_state())
        super().showEvent(event)

    def _show_room(self, status: Status) -> None:
        if status.minutes_left is not None:
            self.room.caption.setText("minutes left")
            few = status.minutes_left < _FEW_MINUTES
            self.room.show_number(status.minutes_left, alarming=few)
        else:
            self.room.caption.setText(
                "minutes left" if status.frames_left is None else "frames left"
            )
            self.room.show_number(status.frames_left)

    def _show_stages(self, status: Status) -> None:
        if status.state.running and not self._running:
            self.plot.clear()
        self._running = status.state.running
        if status.stages is not None and status.state is SessionState.LIVE:
            self.plot.add(status.stages)

    def _widest_state(self) -> int:
        metrics = self.state.fontMetrics()
        words = (
            _RECORDING,
            _NOT_RECORDING,
            _LOOKING_BACK,
            *(state.label for state in SessionState),
        )
        return max(metrics.horizontalAdvance(word) for word in words) + _STATE_PADDING


def _clock(seconds: float) -> str:
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole_seconds:02d}"


def _recording_words(state: SessionState) -> str:
    if state in (SessionState.IDLE, SessionState.STARTING):
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
        self.caption = QtWidgets.QLabel(caption)
        self.caption.setProperty("role", "caption")
        self.caption.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.number)
        layout.addWidget(self.caption)
        self.setToolTip(explanation)

    def show_number(
        self, number: float | None, decimals: int = 0, *, alarming: bool = False
    ) -> None:
        self.show_text("–" if number is None else f"{number:.{decimals}f}")
        alarming = alarming or (self._warns and bool(number))
        theme.restyle(self.number, f"color: {theme.WARNING};" if alarming else "")

    def show_text(self, text: str) -> None:
        self.number.setText(text.rjust(self._digits))


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
        theme.restyle(self.name, f"color: {theme.ALARM}; font-weight: bold;" if alarm else "")
        self.name.show_text(name or "–")
