"""What lies under a line, over time: raw above, restored below."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from acquisition import line_profile
from gui import theme
from gui.colouring import Colouring, Counts
from gui.counts_item import CountsItem
from gui.kymograph_columns import COLUMNS, KymographColumns
from gui.marker import MarkedPlace
from gui.measured_words import as_csv
from gui.places import line_in
from gui.preview import Preview
from gui.qt import QtCore, QtGui, QtWidgets

_FEWEST_COLUMNS = 75
_GAP_PX = 4


class LiveKymograph(QtWidgets.QWidget):
    """Draws a column for each frame shown; the line runs downwards, time to the right.

    Several channels are drawn into one image, each in its colour: frames of the same time point
    are one column. A time point at which none of the channels seen has a frame has none.

    Attributes
    ----------
    channel : int
        The one that `images` are of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.channel = 0
        self._place: MarkedPlace | None = None
        self._pixel_size_um: float | None = None
        self._seen: tuple[int, ...] = (0,)
        self._most: int | None = COLUMNS
        self._columns = KymographColumns()
        self._colourings: dict[int, Colouring] = {}
        self._items: dict[int, tuple[CountsItem, CountsItem]] = {}
        self.setMinimumHeight(90)

    def set_colouring(self, colouring: Colouring, channel: int = 0) -> None:
        """Draw the counts of a channel in these colours."""
        for item in self._items_of(channel):
            item.set_colouring(colouring)
        self.update()

    def show_channels(self, channels: Collection[int]) -> None:
        """Draw these channels only."""
        seen = tuple(sorted(channels))
        if seen != self._seen:
            self._seen = seen
            self.update()

    def begin(
        self, place: MarkedPlace, previews: Iterable[Preview], *, most: int | None = COLUMNS
    ) -> None:
        """Follow a line, beginning with frames that were kept.

        Parameters
        ----------
        place : MarkedPlace
            The line's ends, in LR pixels.
        previews : iterable of Preview
            By time, of all channels.
        most : int or None
            Columns that are kept, the last; None for all.
        """
        self._place, self._most = place, most
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
        self._columns = KymographColumns(self._most)
        self.update()

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um

    def table(self) -> str:
        """Return what is drawn as a CSV file's content: a line for each column of each image.

        Points along the line stand side by side, ``step`` apart; restored lines have more of them.
        """
        place = self._place
        images, times = self._columns.images(self._seen), self._columns.times(self._seen)
        filled = self._columns.filled(self._seen)
        if place is None or not images:
            return ""
        unit, size = ("px", 1.0) if self._pixel_size_um is None else ("um", self._pixel_size_um)
        length = size * math.hypot(place.x1 - place.x0, place.y1 - place.y0)
        most = max(len(image) for pair in images.values() for image in pair)
        columns = ("channel", "image", "time_s", f"step_{unit}", *map(str, range(most)))
        rows = (
            (channel, name, time, length / max(1, len(image) - 1), *map(float, image[:, column]))
            for channel, pair in images.items()
            for name, image, holds in zip(("raw", "restored"), pair, filled[channel], strict=False)
            for column, time in enumerate(times)
            if holds[column]
        )
        return as_csv(columns, rows)

    @property
    def images(self) -> tuple[NDArray[np.float32], ...]:
        """What is drawn of one channel, raw and restored: (points along the line, frames)."""
        return self._columns.images((self.channel,)).get(self.channel, ())

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002, D102 - Qt's name
        images = self._columns.images(self._seen)
        if not images:
            return
        times = self._columns.times(self._seen)
        painter = QtGui.QPainter(self)
        caption = painter.fontMetrics().height()
        height = (self.height() - caption - _GAP_PX) / 2.0
        width = float(self.width())
        columns = _FEWEST_COLUMNS
        while columns < len(times):
            # In steps, so that what was seen stays as it is for long.
            columns *= 2
        # The newest frame stands at the right edge, from the first frame on.
        part = width * len(times) / columns
        top = 0.0
        for place, row in enumerate(zip_longest(*images.values())):
            painter.save()
            painter.translate(width - part, top)
            items = self._items_for(place, dict(zip(images, row, strict=True)), (height, part))
            for item in items:
                item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
            for item in items[1:] and items:
                item.paint_marks(painter)
            painter.restore()
            top += height + _GAP_PX
        painter.setPen(QtGui.QColor(theme.FAINT))
        each = "frame" if len(images) == 1 else "time point"
        words = f"raw above, restored below; one column per {each}"
        bottom = QtCore.QRectF(0.0, self.height() - caption, width, caption)
        painter.drawText(bottom, QtCore.Qt.AlignmentFlag.AlignLeft, words)
        seconds = times[-1] - times[0]
        known = math.isfinite(seconds)
        last = f"{seconds:.1f} s" if known else f"{len(times)} frames"
        span = last if self._most is None else f"last {last}  ▸ now"
        painter.drawText(bottom, QtCore.Qt.AlignmentFlag.AlignRight, span)
        painter.end()

    def _items_for(
        self, place: int, images: dict[int, NDArray[np.float32] | None], size: tuple[float, float]
    ) -> list[CountsItem]:
        """Let the raw or the restored item of each channel show its image, in a size on screen."""
        items: list[CountsItem] = []
        for channel, image in images.items():
            if image is not None:
                item = self._items_of(channel)[place]
                fewer = _fewer_rows(_fewer_rows(image, size[0]).T, size[1]).T
                item.set_pixels(fewer, *size)
                # The first covers what lies below, the others are added to it.
                item.set_additive(additive=bool(items))
                items.append(item)
        return items

    def _items_of(self, channel: int) -> tuple[CountsItem, CountsItem]:
        return self._items.setdefault(channel, (CountsItem(), CountsItem()))

    def _note(self, preview: Preview, place: MarkedPlace) -> None:
        height, width = preview.raw.shape
        pair: tuple[Counts | None, ...] = (preview.raw, preview.restored)
        profiles = [
            line_profile(image, line_in(image, place, height=height, width=width))
            for image in pair
            if image is not None
        ]
        self._columns.add(
            preview.stream.channel, preview.time_point, profiles, time=preview.acquired
        )


def _fewer_rows(image: NDArray[np.float32], screen_rows: float) -> NDArray[np.float32]:
    """Average neighbouring rows where several fall on one of the screen's.

    The last few that make no whole one are left out.
    """
    together = int(image.shape[0] // max(screen_rows, 1.0))
    if together < 2:
        return image
    rows = image.shape[0] // together
    blocks = image[: rows * together].reshape(rows, together, -1)
    fewer: NDArray[np.float32] = blocks.mean(axis=1)
    return fewer
