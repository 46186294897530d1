"""A map of what speaks for and against the restored image, laid over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from gui.qt import QtCore, QtGui, QtWidgets
from gui.trust_maps import LEVELS, SCALES, MapScale, TrustMap


class TrustOverlay(QtWidgets.QGraphicsObject):
    """Draws a map over an image; hidden, it costs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._map: NDArray[np.float32] | None = None
        self._scale: MapScale = SCALES[TrustMap.RESIDUAL]
        self._opacity = 1.0
        self._rectangle = QtCore.QRectF()
        self._picture = QtGui.QImage()
        self._drawn = False
        self.setZValue(2.0)
        self.hide()

    def set_map(self, values: NDArray[np.float32] | None, scale: MapScale) -> None:
        """Show this map.

        Parameters
        ----------
        values : ndarray of float32, shape (H, W), or None
            In LR pixels; not a number is transparent.
        scale : MapScale
            Its colours.
        """
        height, width = (0, 0) if values is None else values.shape
        rectangle = QtCore.QRectF(0.0, 0.0, width, height)
        if rectangle != self._rectangle:
            self.prepareGeometryChange()
            self._rectangle = rectangle
        self._map, self._scale = values, scale
        self._drawn = False
        self.update()

    def set_strength(self, opacity: float) -> None:
        """Choose the opacity, 0 to 1, of what has the strongest colour."""
        self._opacity = opacity
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

    def _draw(self, values: NDArray[np.float32]) -> None:
        lowest, highest = self._scale.lowest, self._scale.highest
        levels = (values - np.float32(lowest)) * np.float32((LEVELS - 1) / (highest - lowest))
        unknown = np.isnan(levels)
        levels[unknown] = 0
        places = np.clip(levels, 0, LEVELS - 1, out=levels).astype(np.uint8)
        pixels = np.take(self._scale.colours(self._opacity), places)
        pixels[unknown] = 0
        make_picture: Any = pg.functions.ndarray_to_qimage
        self._picture = make_picture(pixels, QtGui.QImage.Format.Format_ARGB32)
        self._drawn = True
