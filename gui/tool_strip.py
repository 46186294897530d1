"""The strip under the images: the histogram, and beside it what is measured."""

from __future__ import annotations

from gui.contrast import Contrast
from gui.measuring import Measuring, Tool
from gui.preview import Preview
from gui.qt import QtCore, QtGui, QtWidgets

_HISTOGRAM_INTERVAL_MS = 2000
_HEIGHT_PX, _WITH_A_TOOL_PX = 104, 190
# What a tool takes in a window that is lower than this.
_IN_LOW_WINDOW_PX, _LOW_WINDOW_PX = 146, 600
# What has room for both beside each other.
_BOTH_PX = 1150


class ToolStrip(QtWidgets.QWidget):
    """As high as what it shows, and gone where it shows nothing.

    Parameters
    ----------
    contrast : Contrast
        Its histograms are drawn now and then, and only while they are seen.
    measuring : Measuring
    """

    def __init__(self, contrast: Contrast, measuring: Measuring) -> None:
        super().__init__()
        self._contrast = contrast
        self._measuring = measuring
        self._histogram_shown = True
        self._frame: Preview | None = None
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_HISTOGRAM_INTERVAL_MS)
        self._timer.timeout.connect(self.draw_histogram)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(20)
        layout.addWidget(contrast, stretch=1)
        layout.addWidget(measuring, stretch=1)
        self.setFixedHeight(_HEIGHT_PX)

    def open(self, tool: Tool | None) -> None:
        """Open a tool in the place of the one that is; None closes it."""
        # Before it is shown, so that it has its place at once.
        self._take_height(measures=tool is not None)
        self._measuring.open(tool)
        self._show_parts()

    def show_histogram(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Show the histogram, or hide it."""
        self._histogram_shown = on
        self._show_parts()
        self.draw_histogram()

    def show_frame(self, frame: Preview) -> None:
        """Draw the histogram of a frame: at once if it is the first, else soon."""
        first, self._frame = self._frame is None, frame
        if first:
            self.draw_histogram()
        if not self._timer.isActive():
            self._timer.start()

    def forget_frame(self) -> None:
        """Draw no histogram until the next frame."""
        self._frame = None
        self._contrast.clear()

    def draw_histogram(self) -> None:
        """Draw the histogram of the frame shown last, if it is seen."""
        if self._frame is not None and self._contrast.isVisibleTo(self):
            self._contrast.show_images(self._frame.raw, self._frame.restored)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().resizeEvent(event)
        self._show_parts()

    def _show_parts(self) -> None:
        """Show both, one or none; where there is room for one, the tool that is open."""
        measures = self._measuring.tool is not None
        self._take_height(measures=measures)
        room = not measures or self.width() >= _BOTH_PX
        self._contrast.setVisible(self._histogram_shown and room)
        self.setVisible(self._histogram_shown or measures)

    def _take_height(self, *, measures: bool) -> None:
        low = self.window().height() < _LOW_WINDOW_PX
        with_a_tool = _IN_LOW_WINDOW_PX if low else _WITH_A_TOOL_PX
        self.setFixedHeight(with_a_tool if measures else _HEIGHT_PX)
