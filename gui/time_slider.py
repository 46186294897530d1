"""Scrolling back through the last frames while new ones come in."""

from __future__ import annotations

import math

from gui.buttons import add_key
from gui.history import HISTORY_BYTES
from gui.history_slider import HistorySlider
from gui.kept_frames import KeptFrames
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets

_IS_LIVE, _GO_LIVE = "Live", "Back to live"


class TimeSlider(HistorySlider):
    """A slider over the frames kept, and the way back to the newest.

    Parameters
    ----------
    history : KeptFrames
        What can be scrolled through; `follow` is called when it has changed.

    Attributes
    ----------
    held : Preview or None
        The frame that the user scrolled back to; None while the newest is shown.
    """

    def __init__(self, history: KeptFrames) -> None:
        live = QtWidgets.QPushButton(_GO_LIVE)
        live.setProperty("role", "live")
        live.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        live.setToolTip("Go back to the newest frame (End)")
        super().__init__(history, live)
        self.live = live
        self.live.clicked.connect(self.go_live)
        add_key(self, "End", "Go back to the newest frame", action=self.live.click)
        self._show_state()

    @property
    def seconds_back(self) -> float:
        """How much older the frame held is than the newest, on the source's clock; 0 if unknown."""
        if self.held is None or not len(self.history):
            return 0.0
        seconds = self.history[-1].acquired - self.held.acquired
        return seconds if math.isfinite(seconds) else 0.0

    def follow(self) -> bool:
        """Take note of what is new in the history.

        Returns
        -------
        bool
            Whether the frame held is a final one now, in the place of a provisional one.
        """
        before, value = self.held, len(self.history) - 1
        if before is not None:
            # The frame held keeps its place among the others; once it is gone it is held all the
            # same.
            place = self.history.find(before.sequence)
            self.held = before if place is None else self.history[place]
            value = place or 0
        self._put(value)
        self._show_state()
        return self.held is not before

    def look_through(self, history: KeptFrames, held: Preview | None) -> None:
        """Scroll through other frames from now on.

        Parameters
        ----------
        history : KeptFrames
            Of another stream.
        held : Preview or None
            The frame of it that is looked at; None for the newest.
        """
        self.history, self.held = history, held
        self.follow()

    def begin_session(self) -> None:
        """Show what comes next; `look_through` follows."""
        self.go_live()

    def go_live(self) -> None:
        """Show the newest frame again, and every one that follows."""
        if self.held is None:
            return
        self.held = None
        self._put(self.slider.maximum())
        self._show_state()
        self.moved.emit()

    def _slid(self, place: int) -> None:
        if place == self.slider.maximum():
            self.go_live()
            return
        self.held = self.history[place]
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
        look = "back" if self.held is not None else "on"
        if self.live.property("live") != look:
            self.live.setText(_GO_LIVE if self.held is not None else _IS_LIVE)
            self.live.setProperty("live", look)
            self.live.setEnabled(self.held is not None)
            self.live.style().unpolish(self.live)
            self.live.style().polish(self.live)
