"""One image of counts in a scene: exact when enlarged, averaged when shrunk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from gui.colouring import SATURATED, Colouring, Counts
from gui.qt import QtCore, QtGui, QtWidgets

# Rows that are coloured at once: what is worked out between then fits into the processor's cache,
# and into memory that the system needn't clear anew for every frame.
_BLOCK_ROWS = 64


def halve(pixels: Counts, saturated: int | None = None) -> Counts:
    """Average blocks of 2 x 2 pixels; whole counts are rounded down.

    Parameters
    ----------
    pixels : ndarray of uint8, uint16 or float32, shape (H, W)
        Counts; an odd last row or column is left out.
    saturated : int, optional
        A block with a pixel of so many counts becomes its brightest pixel instead, so that a
        single one can still be marked.

    Returns
    -------
    ndarray of the same dtype, shape (H // 2, W // 2)
    """
    even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
    rows = np.add(even[0::2], even[1::2], dtype=_wide_enough(pixels))
    total: NDArray[Any] = np.add(rows[:, 0::2], rows[:, 1::2])
    if total.dtype == np.float32:
        total *= np.float32(0.25)
    else:
        total >>= 2
    halved: Counts = total.astype(pixels.dtype, copy=False)
    if saturated is not None:
        brightest = np.maximum(even[0::2], even[1::2])
        brightest = np.maximum(brightest[:, 0::2], brightest[:, 1::2])
        np.copyto(halved, brightest, where=brightest >= saturated)
    return halved


def _wide_enough(pixels: Counts) -> type[np.generic]:
    """Find the type that holds the sum of four pixels; the narrower, the faster."""
    if pixels.dtype == np.float32:
        return np.float32
    return np.uint16 if pixels.max() < 2**14 else np.uint32


class CountsItem(QtWidgets.QGraphicsObject):
    """Draws counts in their colours into a rectangle given in LR pixels.

    A drawn frame costs one table look-up a pixel into a buffer kept for it, done only when the
    frame is painted. Enlarged pixels are drawn as squares. Where two or more image pixels fall on
    one screen pixel they are averaged first: picking one of them would let noise and fine
    structure sparkle.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pixels: Counts | None = None
        self._colouring: Colouring | None = None
        self._smooth = False
        self._additive = False
        self._clip: QtCore.QRectF | None = None
        self._rectangle = QtCore.QRectF()
        self._buffer = np.zeros((0, 0), np.uint32)
        self._picture = QtGui.QImage()
        self._marks = QtGui.QImage()
        self._marks_are_drawn = False
        self._halvings: int | None = None

    def set_pixels(self, pixels: Counts, height: float, width: float) -> None:
        """Show these counts.

        Parameters
        ----------
        pixels : ndarray of uint8, uint16 or float32, any (rows, columns)
            Not copied: it must not change while it is shown.
        height, width : float
            The rectangle it fills, in LR pixels.
        """
        rectangle = QtCore.QRectF(0.0, 0.0, width, height)
        if rectangle != self._rectangle:
            self.prepareGeometryChange()
            self._rectangle = rectangle
        self._pixels = pixels
        self._draw_anew()

    def clear(self) -> None:
        """Show nothing."""
        self._pixels = None
        self.update()

    def set_colouring(self, colouring: Colouring) -> None:
        """Show counts in these colours."""
        self._colouring = colouring
        self._draw_anew()

    def set_smooth(self, *, smooth: bool) -> None:
        """Fade enlarged pixels into each other, linearly, instead of drawing squares."""
        if smooth != self._smooth:
            self._smooth = smooth
            self.update()

    def set_additive(self, *, additive: bool) -> None:
        """Add the colours to those that lie below, instead of covering them."""
        if additive != self._additive:
            self._additive = additive
            self.update()

    def set_clip(self, clip: QtCore.QRectF | None) -> None:
        """Draw only the part within a rectangle of LR pixels; None draws all."""
        self._clip = clip
        self.update()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802, D102 - Qt's name
        return self._rectangle

    def paint(  # noqa: D102 - Qt's name
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QtWidgets.QWidget | None = None,  # noqa: ARG002
    ) -> None:
        if self._pixels is None or self._colouring is None:
            return
        screen = painter.deviceTransform()
        rows, columns = self._pixels.shape
        across = abs(screen.m11()) * self._rectangle.width() / columns
        down = abs(screen.m22()) * self._rectangle.height() / rows
        self._prepare(self._pixels, self._colouring, across)
        smooth = self._smooth or min(across, down) < 1.0
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, smooth)
        if self._clip is not None:
            painter.setClipRect(self._clip)
        mode = QtGui.QPainter.CompositionMode
        if self._additive:
            painter.setCompositionMode(mode.CompositionMode_Plus)
        painter.drawImage(self._drawn_rectangle(self._pixels), self._picture)
        painter.setCompositionMode(mode.CompositionMode_SourceOver)

    def paint_marks(self, painter: QtGui.QPainter) -> None:
        """Draw the marks of saturated pixels once more, over all that lies there.

        Must follow `paint`.
        """
        saturated = self._colouring.saturated if self._colouring is not None else None
        if self._pixels is None or saturated is None or self._halvings is None:
            return
        if not self._marks_are_drawn:
            marks = np.where(self._buffer == SATURATED, self._buffer, np.uint32(0))
            make_picture: Any = pg.functions.ndarray_to_qimage
            self._marks = make_picture(marks, QtGui.QImage.Format.Format_ARGB32_Premultiplied)
            self._marks_are_drawn = True
        if self._clip is not None:
            painter.setClipRect(self._clip)
        painter.drawImage(self._drawn_rectangle(self._pixels), self._marks)

    def _draw_anew(self) -> None:
        self._halvings = None
        self.update()

    def _prepare(self, pixels: Counts, colouring: Colouring, screen_per_pixel: float) -> None:
        halvings = 0
        while screen_per_pixel * 2.0 ** (halvings + 1) <= 1.0 and min(pixels.shape) >> halvings > 1:
            halvings += 1
        if halvings == self._halvings:
            return
        shape = (pixels.shape[0] >> halvings, pixels.shape[1] >> halvings)
        if self._buffer.shape != shape:
            self._buffer = np.empty(shape, np.uint32)
        for top in range(0, shape[0], _BLOCK_ROWS):
            rows = self._buffer[top : top + _BLOCK_ROWS]
            part = pixels[top << halvings : (top + len(rows)) << halvings]
            for _ in range(halvings):
                part = halve(part, colouring.saturated)
            colouring.colour(part, rows)
        make_picture: Any = pg.functions.ndarray_to_qimage
        self._picture = make_picture(self._buffer, QtGui.QImage.Format.Format_RGB32)
        self._halvings = halvings
        self._marks_are_drawn = False

    def _drawn_rectangle(self, pixels: Counts) -> QtCore.QRectF:
        """Where the picture goes: less than the whole if halving left out a row or column."""
        rows, columns = pixels.shape
        block = 2 ** (self._halvings or 0)
        return QtCore.QRectF(
            0.0,
            0.0,
            self._rectangle.width() * self._picture.width() * block / columns,
            self._rectangle.height() * self._picture.height() * block / rows,
        )
