"""Every frame of a recording by a slider, or played."""

from __future__ import annotations

import math

from gui.buttons import add_key, key_button
from gui.history_slider import HistorySlider
from gui.kept_frames import KeptFrames
from gui.preview import Preview
from gui.qt import QtCore

_PLAYED_PER_SECOND = 10
_PLAY, _PAUSE = "▶ Play", "❚❚ Pause"


class FrameSlider(HistorySlider):
    """Chooses a frame; one is always held, unless there is none.

    Parameters
    ----------
    history : KeptFrames
        See `look_through`.
    """

    def __init__(self, history: KeptFrames) -> None:
        play = key_button(
            _PLAY, f"Play or pause: {_PLAYED_PER_SECOND} frames a second", "Space", role="small"
        )
        play.setCheckable(True)
        super().__init__(history, play)
        self.play = play
        self.slider.setToolTip("Every frame of the recording: drag, or use the arrow keys")
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(1000 // _PLAYED_PER_SECOND)
        self._timer.timeout.connect(self._play_next)
        self.play.toggled.connect(self._play)
        add_key(self, "Home", "Look at the first frame", action=self._go_to_first)
        add_key(self, "End", "Look at the last frame", action=self._go_to_last)

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
        self._put(place or 0)
        self.held = history[self.slider.value()] if len(history) else None
        self._write()

    def begin_session(self) -> None:
        """Stop playing."""
        self.play.setChecked(False)

    def _slid(self, place: int) -> None:
        self.held = self.history[place]
        self._write()
        self.moved.emit()

    def _go_to_first(self) -> None:
        self.slider.setValue(0)

    def _go_to_last(self) -> None:
        self.slider.setValue(self.slider.maximum())

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
