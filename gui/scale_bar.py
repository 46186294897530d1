"""A scale bar of a round length that follows the zoom."""

from __future__ import annotations

import math

from gui.qt import QtCore, QtGui, QtWidgets

_LONGEST_PX = 160.0
_MARGIN_PX = 14.0
_THICKNESS_PX = 5.0


def round_length(longest: float) -> float:
    """Find the largest of … 0.5, 1, 2, 5, 10, 20, 50 … that is not longer.

    Parameters
    ----------
    longest : float
        More than 0.

    Returns
    -------
    float
    """
    power = 10.0 ** math.floor(math.log10(longest))
    steps = (step * power for step in (10.0, 5.0, 2.0, 1.0))
    # log10 of a number just under a power of ten may round up to that power.
    return next((step for step in steps if step <= longest), power / 2.0)


class ScaleBar(QtWidgets.QWidget):
    """Lies over an image and lets the mouse through.

    Attributes
    ----------
    length : float
        In µm, or in LR pixels while the pixel size is not known.
    length_px : float
        On the screen.
    """

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._image = parent
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setStyleSheet("background: transparent;")
        self.length = 0.0
        self.length_px = 0.0
        self._pixel_size_um: float | None = None
        self._screen_per_lr_pixel = 0.0
        self._picture: QtGui.QPixmap | None = None
        self.hide()

    @property
    def text(self) -> str:
        """What stands over the bar."""
        if self._pixel_size_um is None:
            return f"{self.length:g} px (pixel size not known)"
        return f"{self.length:g} µm"

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um
        self._measure()

    def set_zoom(self, screen_per_lr_pixel: float) -> None:
        """Say how many screen pixels an LR pixel is wide."""
        self._screen_per_lr_pixel = screen_per_lr_pixel
        self._measure()

    def _measure(self) -> None:
        if self._screen_per_lr_pixel <= 0.0:
            return
        screen_per_unit = self._screen_per_lr_pixel / (self._pixel_size_um or 1.0)
        self.length = round_length(_LONGEST_PX / screen_per_unit)
        self.length_px = self.length * screen_per_unit
        metrics = self.fontMetrics()
        width = max(self.length_px, metrics.horizontalAdvance(self.text)) + 2.0 * _MARGIN_PX
        self.resize(math.ceil(width), round(metrics.height() + _THICKNESS_PX + 20.0))
        self.place()
        self._picture = None
        self.update()

    def place(self) -> None:
        """Go to the image's lower right corner."""
        area = self._image.rect()
        self.move(area.right() - self.width() - 8, area.bottom() - self.height() - 8)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802, ARG002, D102 - Qt's name
        # It is painted again with every frame under it, and words and round corners take long.
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatioF() != ratio:
            self._picture = self._draw(ratio)
        painter = QtGui.QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.end()

    def _draw(self, ratio: float) -> QtGui.QPixmap:
        picture = QtGui.QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QtCore.Qt.GlobalColor.transparent)
        painter = QtGui.QPainter(picture)
        painter.setFont(self.font())
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.setBrush(QtGui.QColor(0, 0, 0, 150))
        painter.drawRoundedRect(QtCore.QRectF(self.rect()), 5.0, 5.0)
        bottom = self.height() - 9.0
        left = (self.width() - self.length_px) / 2.0
        painter.fillRect(
            QtCore.QRectF(left, bottom - _THICKNESS_PX, self.length_px, _THICKNESS_PX),
            QtGui.QColor("white"),
        )
        painter.setPen(QtGui.QColor("white"))
        space = QtCore.QRectF(0.0, 4.0, self.width(), bottom - _THICKNESS_PX - 6.0)
        painter.drawText(space, QtCore.Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()
        return picture
