"""The images of several channels in one place, their colours added up."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gui.colouring import Colouring, Counts
from gui.counts_item import CountsItem
from gui.qt import QtCore, QtGui, QtWidgets


class CompositeItem(QtWidgets.QGraphicsObject):
    """Draws the counts of each channel in its colours; of one channel it is a `CountsItem`.

    Each channel is coloured by itself, when it has a new frame, into a buffer of its own; Qt adds
    them up on the screen, at the size that they have there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QtWidgets.QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self._smooth = False
        self._clip: QtCore.QRectF | None = None
        self._channels: dict[int, CountsItem] = {}
        self._marks = _Marks(self._channels)
        self._marks.setParentItem(self)

    def set_pixels(self, pixels: Counts, height: float, width: float, *, channel: int = 0) -> None:
        """Show these counts of a channel, see `CountsItem.set_pixels`."""
        self._channel(channel).set_pixels(pixels, height, width)
        self._marks.follow(self._channel(channel).boundingRect())

    def set_colouring(self, colouring: Colouring, channel: int = 0) -> None:
        """Show a channel's counts in these colours."""
        self._channel(channel).set_colouring(colouring)
        self._marks.update()

    def show_channels(self, channels: Collection[int]) -> None:
        """Show these channels only."""
        covers = True
        for channel, item in sorted(self._channels.items()):
            seen = channel in channels
            item.setVisible(seen)
            # The first covers what lies below the image, the others are added to it.
            item.set_additive(additive=seen and not covers)
            covers = covers and not seen

    def set_smooth(self, *, smooth: bool) -> None:
        """Fade enlarged pixels into each other, see `CountsItem.set_smooth`."""
        self._smooth = smooth
        for item in self._channels.values():
            item.set_smooth(smooth=smooth)

    def set_clip(self, clip: QtCore.QRectF | None) -> None:
        """Draw only the part within a rectangle of LR pixels; None draws all."""
        self._clip = clip
        for item in self._channels.values():
            item.set_clip(clip)

    def clear(self) -> None:
        """Show nothing of any channel."""
        for item in self._channels.values():
            item.clear()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802, D102 - Qt's name
        return QtCore.QRectF()

    def paint(self, *_: object) -> None:
        """Draw nothing: its channels draw themselves."""

    def _channel(self, channel: int) -> CountsItem:
        if channel not in self._channels:
            item = self._channels[channel] = CountsItem()
            item.setParentItem(self)
            item.setZValue(channel)
            self._marks.setZValue(max(self._channels) + 1)
            self._marks.setVisible(len(self._channels) > 1)
            item.set_smooth(smooth=self._smooth)
            item.set_clip(self._clip)
        return self._channels[channel]


class _Marks(QtWidgets.QGraphicsObject):
    """The marks of saturated pixels, of whichever channel: other colours must not be added to them.

    Parameters
    ----------
    channels : mapping of int to CountsItem
        Those below.
    """

    def __init__(self, channels: Mapping[int, CountsItem]) -> None:
        super().__init__()
        self._channels = channels
        self._rectangle = QtCore.QRectF()
        self.hide()

    def follow(self, rectangle: QtCore.QRectF) -> None:
        """Mark other pixels, in this rectangle."""
        if rectangle != self._rectangle:
            self.prepareGeometryChange()
            self._rectangle = QtCore.QRectF(rectangle)
        self.update()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802 - Qt's name
        return self._rectangle

    def paint(
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QtWidgets.QWidget | None = None,  # noqa: ARG002
    ) -> None:
        for item in self._channels.values():
            if item.isVisible():
                item.paint_marks(painter)
