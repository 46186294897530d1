"""When the frame in an image was scanned, written over the scale bar."""

from __future__ import annotations

from gui.qt import QtCore, QtWidgets

_MARGIN_PX, _GAP_PX = 8, 4


class TimeStamp(QtWidgets.QLabel):
    """Lies over an image and lets the mouse through; hidden until it is wanted.

    Parameters
    ----------
    image : QWidget
    scale_bar : QWidget
        In the image's lower right corner.
    """

    def __init__(self, image: QtWidgets.QWidget, scale_bar: QtWidgets.QWidget) -> None:
        super().__init__(image)
        self._image = image
        self._scale_bar = scale_bar
        self._wanted = False
        self.setObjectName("time-stamp")
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_wanted(self, wanted: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Show it, wherever there is a frame, or don't."""
        self._wanted = wanted
        self._show()

    def write(self, words: str) -> None:
        """Write the time; empty where there is no frame."""
        if words != self.text():
            self.setText(words)
            self._show()

    def place(self) -> None:
        """Go where the scale bar is."""
        top = self._scale_bar.geometry().top() - self.height() - _GAP_PX
        self.move(self._image.rect().right() - self.width() - _MARGIN_PX, top)

    def _show(self) -> None:
        self.setVisible(self._wanted and bool(self.text()))
        self.adjustSize()
        self.place()
