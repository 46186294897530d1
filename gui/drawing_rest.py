"""A pause after each frame drawn, so that the engine keeps its cores."""

from __future__ import annotations

import time

from gui.qt import QtCore, QtWidgets

# Times as long as the drawing took. Engines use every core, and all of them wait for the one that
# draws: so much leaves them nine tenths of their frames, see benchmarks/window_cost.py.
_REST = 14.0
_LONGEST_REST_S = 0.5


class DrawingRest(QtCore.QObject):
    """Measures how long drawing takes, and says when the next frame may be drawn.

    Parameters
    ----------
    viewer : QWidget
        What is drawn.
    """

    def __init__(self, viewer: QtWidgets.QWidget) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._cost = 0.0
        self._painting_since: float | None = None
        self._over = 0.0
        viewer.installEventFilter(self)

    @property
    def over(self) -> bool:
        """Whether the next frame may be drawn."""
        return time.perf_counter() >= self._over

    def prepared(self, seconds: float) -> None:
        """Take note of how long it took to hand a frame to what draws it."""
        self._cost = seconds
        self._painting_since = None

    def eventFilter(  # noqa: N802, D102 - Qt's name
        self, watched: QtCore.QObject, event: QtCore.QEvent
    ) -> bool:
        kind = event.type()
        if watched is self._viewer and kind == QtCore.QEvent.Type.Show:
            # Only now is it known which window it stands in; twice is as good as once.
            self._viewer.window().installEventFilter(self)
        elif kind == QtCore.QEvent.Type.UpdateRequest and self._cost and not self._painting_since:
            # Qt answers this by drawing all that has changed; the timer comes after that.
            self._painting_since = time.perf_counter()
            QtCore.QTimer.singleShot(0, self._painted)
        return False

    def _painted(self) -> None:
        now = time.perf_counter()
        if self._painting_since is not None:
            cost = self._cost + now - self._painting_since
            self._over = now + min(_REST * cost, _LONGEST_REST_S)
        self._cost = 0.0
