"""A key that shows the other image in the restored one's place."""

from __future__ import annotations

from gui.buttons import add_key
from gui.comparing_panel import ComparingPanel
from gui.qt import QtCore, QtGui, QtWidgets

FLICKER_KEY = QtCore.Qt.Key.Key_B
_TAP_MS = 300


class Flicker(QtCore.QObject):
    """Listens to the key in the whole window.

    Parameters
    ----------
    viewer : QWidget
        In its window the key works.
    panel : ComparingPanel
        Where the images change places.
    """

    def __init__(self, viewer: QtWidgets.QWidget, panel: ComparingPanel) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._panel = panel
        self._tapping = False
        self._before = False
        self._pressed = QtCore.QElapsedTimer()
        viewer.installEventFilter(self)
        # A shortcut doesn't know when its key is let go: this one only stands in the list of keys.
        listed = add_key(
            viewer, "B", "Show raw instead of restored while held", action=lambda: None
        )
        listed.setEnabled(False)

    def set_tapping(self, *, tapping: bool) -> None:
        """Let a tap change the images for good; otherwise they change only while it is held."""
        self._tapping = tapping

    def eventFilter(  # noqa: N802, D102 - Qt's name
        self, watched: QtCore.QObject, event: QtCore.QEvent
    ) -> bool:
        if watched is self._viewer:
            if event.type() == QtCore.QEvent.Type.Show:
                # Only now is it known which window it stands in; twice is as good as once.
                self._viewer.window().installEventFilter(self)
        elif isinstance(event, QtGui.QKeyEvent) and event.key() == FLICKER_KEY:
            return self._key(event)
        elif event.type() == QtCore.QEvent.Type.WindowDeactivate and self._pressed.isValid():
            # The key will be let go elsewhere.
            self._release(tapped=False)
        return False

    def _key(self, event: QtGui.QKeyEvent) -> bool:
        kind = event.type()
        if kind not in (QtCore.QEvent.Type.KeyPress, QtCore.QEvent.Type.KeyRelease):
            return False
        if event.isAutoRepeat():
            return True
        if kind == QtCore.QEvent.Type.KeyPress:
            self._before = self._panel.swapped
            self._panel.swap(swapped=not self._before)
            self._pressed.start()
        elif self._pressed.isValid():
            self._release(tapped=self._pressed.elapsed() < _TAP_MS)
        return True

    def _release(self, *, tapped: bool) -> None:
        self._pressed.invalidate()
        if not (tapped and self._tapping):
            self._panel.swap(swapped=self._before)
