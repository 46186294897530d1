"""Scrolling back through the last frames while new ones come in."""

from __future__ import annotations

import math
from functools import partial

from gui import theme
from gui.buttons import add_key
from gui.history import HISTORY_BYTES
from gui.kept_frames import KeptFrames
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets

_IS_LIVE, _GO_LIVE = "Live", "Back to live"


class TimeSlider(QtWidgets.QWidget):
    """A slider over the frames kept, and the way back to the newest.

    Signals
    -------
    moved()
        The user looks at another frame, or is back at the newest.

    Parameters
    ----------
    history : KeptFrames
        What can be scrolled through; `follow` is called when it has changed.

    Attributes
    ----------
    history : KeptFrames
        See `look_through`.
    """

    moved = QtCore.Signal()

    def __init__(self, history: KeptFrames) -> None:
        super().__init__()
        self.history = history
        self._held: Preview | None = None
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.slider.setMaximum(0)
        self.slider.setMinimumWidth(160)
        self.live = QtWidgets.QPushButton(_GO_LIVE)
        self.live.setProperty("role", "live")
        self.live.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.live.setToolTip("Go back to the newest frame (End)")
        self.words = QtWidgets.QLabel()
        self.words.setFont(theme.number_font())
        self.words.setProperty("role", "caption")
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.words)
        layout.addWidget(self.slider, stretch=1)
        layout.addWidget(self.live)
        self.slider.valueChanged.connect(self._slid)
        self.live.clicked.connect(self.go_live)
        add_key(self, "End", "Go back to the newest frame", action=self.live.click)
        for key, step, words in (("Left", -1, "an earlier"), ("Right", 1, "a later")):
            shortcut = add_key(
                self, key, f"Look at {words} frame", action=partial(self._step, step)
            )
            shortcut.setAutoRepeat(True)
        self._show_state()

    @property
    def held(self) -> Preview | None:
        """The frame that the user scrolled back to; None while the newest is shown."""
        return self._held

    @property
    def seconds_back(self) -> float:
        """How much older the frame held is than the newest, on the source's clock; 0 if unknown."""
        if self._held is None or not len(self.history):
            return 0.0
        seconds = self.history[-1].acquired - self._held.acquired
        return seconds if math.isfinite(seconds) else 0.0

    def follow(self) -> bool:
        """Take note of what is new in the history.

        Returns
        -------
        bool
            Whether the frame held is a final one now, in the place of a provisional one.
        """
        before, value = self._held, len(self.history) - 1
        if before is not None:
            # The frame held keeps its place among the others; once it is gone it is held all the
            # same.
            place = self.history.find(before.sequence)
            self._held = before if place is None else self.history[place]
            value = place or 0
        self._show_place(value)
        return self._held is not before

    def look_through(self, history: KeptFrames, held: Preview | None) -> None:
        """Scroll through other frames from now on.

        Parameters
        ----------
        history : KeptFrames
            Of another stream.
        held : Preview or None
            The frame of it that is looked at; None for the newest.
        """
        self.history, self._held = history, held
        self.follow()

    def begin_session(self) -> None:
        """Show what comes next; `look_through` follows."""
        self.go_live()

    def go_live(self) -> None:
        """Show the newest frame again, and every one that follows."""
        if self._held is None:
            return
        self._held = None
        self.slider.blockSignals(True)
        self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(False)
        self._show_state()
        self.moved.emit()

    def _show_place(self, place: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setMaximum(max(0, len(self.history) - 1))
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        self._show_state()

    def _step(self, step: int) -> None:
        self.slider.setValue(self.slider.value() + step)

    def _slid(self, value: int) -> None:
        if value == self.slider.maximum():
            self.go_live()
            return
        self._held = self.history[value]
        self._show_state()
        self.moved.emit()

    def _show_state(self) -> None:
        seconds = self.history[-1].acquired - self.history[0].acquired if self.history else 0.0
        known = math.isfinite(seconds)
        self.words.setText(
            f"last {seconds:6.1f} s" if known else f"last {len(self.history)} frames"
        )
        self.words.setToolTip(
            f"The last {len(self.history)} frames shown, as many as fit into "
            f"{HISTORY_BYTES / 2**20:.0f} MB in all: drag, or the arrow keys"
        )
        look = "back" if self._held is not None else "on"
        if self.live.property("live") != look:
            self.live.setText(_GO_LIVE if self._held is not None else _IS_LIVE)
            self.live.setProperty("live", look)
            self.live.setEnabled(self._held is not None)
            self.live.style().unpolish(self.live)
            self.live.style().polish(self.live)
