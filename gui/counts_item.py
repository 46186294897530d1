"""One image of counts in a scene: exact when enlarged, averaged when shrunk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from acquisition import PixelType
from gui.qt import QtCore, QtGui, QtWidgets


def halve(pixels: NDArray[PixelType]) -> NDArray[PixelType]:
    """Average blocks of 2 x 2 pixels, rounding down.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W)
        Counts; an odd last row or column is left out.

    Returns
    -------
    ndarray of the same dtype, shape (H // 2, W // 2)
    """
    even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
    total = even[0::2, 0::2].astype(np.uint32)
    total += even[1::2, 0::2]
    total += even[0::2, 1::2]
    total += even[1::2, 1::2]
    total >>= 2
    return total.astype(pixels.dtype)


class CountsItem(QtWidgets.QGraphicsObject):
    """Draws counts through a display table into a rectangle given in LR pixels.

    A drawn frame costs one table look-up a pixel into a buffer kept for it, done only when the
    frame is painted. Enlarged pixels are drawn as squares. Where two or more image pixels fall on
    one screen pixel they are averaged first: picking one of them would let noise and fine
    structure sparkle.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pixels: NDArray[PixelType] | None = None
        self._table: NDArray[np.uint32] | None = None
        self._rectangle = QtCore.QRectF()
        self._buffer = np.zeros((0, 0), np.uint32)
        self._picture = QtGui.QImage()
        self._halvings: int | None = None

    def set_pixels(self, pixels: NDArray[PixelType], height: float, width: float) -> None:
        """Show these counts.

        Parameters
        ----------
        pixels : ndarray of uint8 or uint16, any (rows, columns)
            Not copied: it must not change while it is shown.
        height, width : float
            The rectangle it fills, in LR pixels.
        """
        rectangle = QtCore.QRectF(0.0, 0.0, width, height)
        if rectangle != self._rectangle:
            self.prepareGeometryChange()
            self._rectangle = rectangle
        self._pixels = pixels
        self._halvings = None
        self.update()

    def set_table(self, table: NDArray[np.uint32]) -> None:
        """Show counts in these colours; see `gui.colour_maps.display_table`."""
        self._table = table
        self._halvings = None
        self.update()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802, D102 - Qt's name
        return self._rectangle

    def paint(  # noqa: D102 - Qt's name
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QtWidgets.QWidget | None = None,  # noqa: ARG002
    ) -> None:
        if self._pixels is None or self._table is None:
            return
        screen = painter.deviceTransform()
        columns = self._pixels.shape[1]
        screen_per_pixel = abs(screen.m11()) * self._rectangle.width() / columns
        self._prepare(self._pixels, self._table, screen_per_pixel)
        shrunk = screen_per_pixel < 1.0
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, shrunk)
        painter.drawImage(self._drawn_rectangle(self._pixels), self._picture)

    def _prepare(
        self, pixels: NDArray[PixelType], table: NDArray[np.uint32], screen_per_pixel: float
    ) -> None:
        halvings = 0
        while screen_per_pixel * 2.0 ** (halvings + 1) <= 1.0 and min(pixels.shape) >> halvings > 1:
            halvings += 1
        if halvings == self._halvings:
            return
        for _ in range(halvings):
            pixels = halve(pixels)
        if self._buffer.shape != pixels.shape:
            self._buffer = np.empty(pixels.shape, np.uint32)
        # The table has an entry for every count of the dtype, so no index is out of range; the
        # mode only spares numpy the check.
        np.take(table, pixels, out=self._buffer, mode="clip")
        make_picture: Any = pg.functions.ndarray_to_qimage
        self._picture = make_picture(self._buffer, QtGui.QImage.Format.Format_RGB32)
        self._halvings = halvings

    def _drawn_rectangle(self, pixels: NDArray[PixelType]) -> QtCore.QRectF:
        """Where the picture goes: less than the whole if halving left out a row or column."""
        rows, columns = pixels.shape
        block = 2 ** (self._halvings or 0)
        return QtCore.QRectF(
            0.0,
            0.0,
            self._rectangle.width() * self._picture.width() * block / columns,
            self._rectangle.height() * self._picture.height() * block / rows,
        )
