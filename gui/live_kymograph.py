"""What lies under a line, over time: raw above, restored below."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from acquisition.line import line_profile
from gui import theme
from gui.colouring import Colouring, Counts
from gui.counts_item import CountsItem
from gui.marker import MarkedPlace
from gui.places import line_in
from gui.preview import Preview
from gui.qt import QtCore, QtGui, QtWidgets

COLUMNS = 600
_FEWEST_COLUMNS = 75
_GAP_PX = 4


class RollingImage:
    """The last profiles side by side, the newest rightmost, in memory taken once.

    Parameters
    ----------
    height : int
        Points of a profile.
    """

    def __init__(self, height: int) -> None:
        # Twice as wide as what is seen: the columns are moved back only now and then.
        self._columns = np.zeros((height, 2 * COLUMNS), np.float32)
        self._end = 0

    @property
    def seen(self) -> NDArray[np.float32]:
        """The last columns, at most `COLUMNS`, shape (height, n)."""
        return self._columns[:, max(0, self._end - COLUMNS) : self._end]

    def add(self, profile: NDArray[np.float64]) -> None:
        """Add a column; shape (height,)."""
        if self._end == self._columns.shape[1]:
            self._columns[:, :COLUMNS] = self._columns[:, COLUMNS:]
            self._end = COLUMNS
        self._columns[:, self._end] = profile
        self._end += 1


class LiveKymograph(QtWidgets.QWidget):
    """Draws a column for each frame shown; the line runs downwards, time to the right."""

    def __init__(self) -> None:
        super().__init__()
        self._place: MarkedPlace | None = None
        self._images: list[RollingImage] = []
        self._times: list[float] = []
        self._items = (CountsItem(), CountsItem())
        self.setMinimumHeight(90)

    def set_colouring(self, colouring: Colouring) -> None:
        """Draw counts in these colours."""
        for item in self._items:
            item.set_colouring(colouring)
        self.update()

    def begin(self, place: MarkedPlace, previews: Iterable[Preview]) -> None:
        """Follow a line, beginning with frames that were kept.

        Parameters
        ----------
        place : MarkedPlace
            The line's ends, in LR pixels.
        previews : iterable of Preview
            Oldest first.
        """
        self._place = place
        self.clear()
        for preview in previews:
            self._note(preview, place)
        self.update()

    def add(self, preview: Preview) -> None:
        """Take a new frame into the kymograph."""
        if self._place is not None:
            self._note(preview, self._place)
            self.update()

    def clear(self) -> None:
        """Forget what was seen; the line stays."""
        self._images = []
        self._times = []
        self.update()

    @property
    def images(self) -> tuple[NDArray[np.float32], ...]:
        """What is drawn, raw and restored: (points along the line, frames)."""
        return tuple(image.seen for image in self._images)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002, D102 - Qt's name
        if not self._images:
            return
        painter = QtGui.QPainter(self)
        caption = painter.fontMetrics().height()
        height = (self.height() - caption - _GAP_PX) / 2.0
        width = float(self.width())
        top = 0.0
        columns = _FEWEST_COLUMNS
        while columns < len(self._times):
            # In steps, so that what was seen stays as it is for long.
            columns *= 2
        for item, image in zip(self._items, self._images, strict=False):
            seen = image.seen
            # The newest frame stands at the right edge, from the first frame on.
            part = width * seen.shape[1] / columns
            item.set_pixels(_fewer_rows(seen, height), height, part)
            painter.save()
            painter.translate(width - part, top)
            item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
            painter.restore()
            top += height + _GAP_PX
        painter.setPen(QtGui.QColor(theme.FAINT))
        words = "raw above, restored below; a column a frame"
        bottom = QtCore.QRectF(0.0, self.height() - caption, width, caption)
        painter.drawText(bottom, QtCore.Qt.AlignmentFlag.AlignLeft, words)
        seconds = self._times[-1] - self._times[0]
        known = math.isfinite(seconds)
        last = f"{seconds:.1f} s" if known else f"{len(self._times)} frames"
        span = f"last {last}  ▸ now"
        painter.drawText(bottom, QtCore.Qt.AlignmentFlag.AlignRight, span)
        painter.end()

    def _note(self, preview: Preview, place: MarkedPlace) -> None:
        height, width = preview.raw.shape
        pair: tuple[Counts | None, ...] = (preview.raw, preview.restored)
        profiles = [
            line_profile(image, line_in(image, place, height=height, width=width))
            for image in pair
            if image is not None
        ]
        if not self._images:
            self._images = [RollingImage(len(profile)) for profile in profiles]
        for image, profile in zip(self._images, profiles, strict=True):
            image.add(profile)
        self._times.append(preview.acquired)
        del self._times[:-COLUMNS]


def _fewer_rows(image: NDArray[np.float32], screen_rows: float) -> NDArray[np.float32]:
    """Average neighbouring rows where several fall on one of the screen's."""
    together = int(image.shape[0] // max(screen_rows, 1.0))
    if together < 2:
        return image
    rows = image.shape[0] // together
    blocks = image[: rows * together].reshape(rows, together, -1)
    fewer: NDArray[np.float32] = blocks.mean(axis=1)
    return fewer
