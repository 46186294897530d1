"""A pause after each frame drawn, so that the engine keeps its cores."""

from __future__ import annotations

import os
import time

from gui.qt import QtCore, QtWidgets

# A drawn frame takes so many times its own processor time to rest, divided by the cores. Engines
# use every core, and wait for the one that draws: so much leaves them more than nine tenths of
# their frames, see benchmarks/window_cost.py.
_REST = 36.0 / (os.cpu_count() or 2)
# However slow the computer, about eight frames are drawn in a second.
_LONGEST_REST_S = 0.11
# Some systems measure processor time coarsely: the mean of about so many frames counts.
_FRAMES = 5


class DrawingRest(QtCore.QObject):
    """Measures what drawing costs, and says when the next frame may be drawn.

    Parameters
    ----------
    viewer : QWidget
        What is drawn.
    """

    def __init__(self, viewer: QtWidgets.QWidget) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._began: float | None = None
        self._cost: float | None = None
        self._over = 0.0
        viewer.installEventFilter(self)

    @property
    def left(self) -> float:
        """Seconds until the next frame may be drawn; 0 if it may be now."""
        return max(0.0, self._over - time.perf_counter())

    def begin(self) -> None:
        """Take note that a frame is about to be handed to what draws it."""
        self._began = time.thread_time()

    def eventFilter(  # noqa: N802, D102 - Qt's name
        self, watched: QtCore.QObject, event: QtCore.QEvent
    ) -> bool:
        kind = event.type()
        if watched is self._viewer and kind == QtCore.QEvent.Type.Show:
            # Only now is it known which window it stands in; twice is as good as once.
            self._viewer.window().installEventFilter(self)
        elif kind == QtCore.QEvent.Type.UpdateRequest and self._began is not None:
            # Qt answers this by drawing all that has changed; the timer comes after that.
            QtCore.QTimer.singleShot(0, self._drawn)
        return False

    def _drawn(self) -> None:
        if self._began is None:
            return
        cost = time.thread_time() - self._began
        self._began = None
        before = cost if self._cost is None else self._cost
        self._cost = before + (cost - before) / _FRAMES
        self._over = time.perf_counter() + min(_REST * self._cost, _LONGEST_REST_S)
