"""Every frame of a recording by a slider, or played."""

from __future__ import annotations

import math
from functools import partial

from gui import theme
from gui.buttons import add_key, key_button
from gui.kept_frames import KeptFrames
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets

_PLAYED_PER_SECOND = 10
_PLAY, _PAUSE = "▶ Play", "❚❚ Pause"


class FrameSlider(QtWidgets.QWidget):
    """Chooses a frame; one is always held.

    Signals
    -------
    moved()
        Another frame is looked at.

    Attributes
    ----------
    history : KeptFrames
        See `look_through`.
    held : Preview or None
        The frame that is looked at; None where there is none.
    """

    moved = QtCore.Signal()

    def __init__(self, history: KeptFrames) -> None:
        super().__init__()
        self.history = history
        self.held: Preview | None = None
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.slider.setMinimumWidth(160)
        self.slider.setToolTip("Every frame of the recording: drag, or the arrow keys")
        self.words = QtWidgets.QLabel()
        self.words.setFont(theme.number_font())
        self.words.setProperty("role", "caption")
        self.play = key_button(
            _PLAY, f"Play or pause: {_PLAYED_PER_SECOND} frames a second", "Space", role="small"
        )
        self.play.setCheckable(True)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.words)
        layout.addWidget(self.slider, stretch=1)
        layout.addWidget(self.play)
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(1000 // _PLAYED_PER_SECOND)
        self._timer.timeout.connect(self._play_next)
        self.play.toggled.connect(self._play)
        self.slider.valueChanged.connect(self._slid)
        for key, step, words in (("Left", -1, "the frame before"), ("Right", 1, "the next frame")):
            shortcut = add_key(self, key, f"Look at {words}", action=partial(self._step, step))
            shortcut.setAutoRepeat(True)
        for key, end, words in (("Home", "minimum", "first"), ("End", "maximum", "last")):
            add_key(self, key, f"Look at the {words} frame", action=partial(self._go_to, end))

    @property
    def seconds_back(self) -> float:
        """Nothing here is older than it ought to be."""
        return 0.0

    def follow(self) -> bool:
        """Take note of what is new: nothing is, in a recording."""
        return False

    def look_through(self, history: KeptFrames, held: Preview | None) -> None:
        """Scroll through other frames from now on.

        Parameters
        ----------
        history : KeptFrames
            Of another stream.
        held : Preview or None
            The frame of it that is looked at; None for the first.
        """
        self.history = history
        place = history.find(held.sequence) if held is not None else None
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(history) - 1))
        self.slider.setValue(place or 0)
        self.slider.blockSignals(False)
        self.held = history[self.slider.value()] if len(history) else None
        self._write()

    def begin_session(self) -> None:
        """Stop playing."""
        self.play.setChecked(False)

    def _slid(self, place: int) -> None:
        self.held = self.history[place]
        self._write()
        self.moved.emit()

    def _step(self, step: int) -> None:
        self.slider.setValue(self.slider.value() + step)

    def _go_to(self, end: str) -> None:
        self.slider.setValue(getattr(self.slider, end)())

    def _play(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.play.setText(_PAUSE if on else _PLAY)
        if not on:
            self._timer.stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._timer.start()

    def _play_next(self) -> None:
        if self.slider.value() == self.slider.maximum():
            self.play.setChecked(False)
        else:
            self._step(1)

    def _write(self) -> None:
        digits = len(str(len(self.history)))
        known = self.held is not None and math.isfinite(self.held.acquired)
        when = f"  {self.held.acquired:8.2f} s" if self.held is not None and known else ""
        place = self.slider.value() + 1 if len(self.history) else 0
        self.words.setText(f"{place:{digits}d} of {len(self.history)}{when}")
