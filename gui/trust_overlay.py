"""What the measurement says against the restored image, laid over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from gui.qt import QtCore, QtGui, QtWidgets

# Noise alone takes a pixel in 370 beyond the first; from the second on colours stay the same.
FIRST_SHOWN_SD, LAST_SHOWN_SD = 3.0, 7.0
LEVELS = 256
# More restored than was measured, and less. Told apart without red and green.
MORE = ((255, 220, 80), (255, 120, 0))
LESS = ((120, 220, 255), (0, 110, 255))


def trust_colours(opacity: float) -> NDArray[np.uint32]:
    """Work out the colours of -`LAST_SHOWN_SD` to +`LAST_SHOWN_SD` standard deviations.

    Parameters
    ----------
    opacity : float
        0 to 1, of what lies beyond `LAST_SHOWN_SD`. Up to `FIRST_SHOWN_SD` all is transparent.

    Returns
    -------
    ndarray of uint32, shape (256,)
        0xAARRGGBB, not premultiplied.
    """
    deviations = np.linspace(-LAST_SHOWN_SD, LAST_SHOWN_SD, LEVELS)
    part = (np.abs(deviations) - FIRST_SHOWN_SD) / (LAST_SHOWN_SD - FIRST_SHOWN_SD)
    strength = np.where(part < 0.0, 0.0, 0.35 + 0.65 * np.clip(part, 0.0, 1.0))
    table = (strength * opacity * 255.0).round().astype(np.uint32) << np.uint32(24)
    for channel, shift in enumerate((16, 8, 0)):
        near, far = (
            np.where(deviations > 0.0, more[channel], less[channel])
            for more, less in zip(MORE, LESS, strict=True)
        )
        mixed = near + (far - near) * np.clip(part, 0.0, 1.0)
        table |= mixed.round().astype(np.uint32) << np.uint32(shift)
    return table


class TrustOverlay(QtWidgets.QGraphicsObject):
    """Draws a map of standard deviations over an image; hidden, it costs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._map: NDArray[np.float32] | None = None
        self._colours = trust_colours(1.0)
        self._rectangle = QtCore.QRectF()
        self._picture = QtGui.QImage()
        self._drawn = False
        self.setZValue(2.0)
        self.hide()

    def set_map(self, trust_map: NDArray[np.float32] | None) -> None:
        """Show this map.

        Parameters
        ----------
        trust_map : ndarray of float32, shape (H, W), or None
            Standard deviations, in LR pixels; not a number is transparent.
        """
        height, width = (0, 0) if trust_map is None else trust_map.shape
        rectangle = QtCore.QRectF(0.0, 0.0, width, height)
        if rectangle != self._rectangle:
            self.prepareGeometryChange()
            self._rectangle = rectangle
        self._map = trust_map
        self._drawn = False
        self.update()

    def set_strength(self, opacity: float) -> None:
        """Choose the opacity, 0 to 1, of what is least explained."""
        self._colours = trust_colours(opacity)
        self._drawn = False
        self.update()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802, D102 - Qt's name
        return self._rectangle

    def paint(  # noqa: D102 - Qt's name
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QtWidgets.QWidget | None = None,  # noqa: ARG002
    ) -> None:
        if self._map is None:
            return
        if not self._drawn:
            self._draw(self._map)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(self._rectangle, self._picture)

    def _draw(self, trust_map: NDArray[np.float32]) -> None:
        levels = (trust_map + np.float32(LAST_SHOWN_SD)) * np.float32(
            (LEVELS - 1) / (2.0 * LAST_SHOWN_SD)
        )
        np.nan_to_num(levels, copy=False, nan=LEVELS / 2)
        places = np.clip(levels, 0, LEVELS - 1, out=levels).astype(np.uint8)
        make_picture: Any = pg.functions.ndarray_to_qimage
        self._picture = make_picture(
            np.take(self._colours, places), QtGui.QImage.Format.Format_ARGB32
        )
        self._drawn = True
