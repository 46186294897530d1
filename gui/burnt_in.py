"""A frame as it is exported: its images with title, time and scale bar burnt in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from gui.colouring import Colouring, Counts
from gui.frame_words import time_words
from gui.preview import Preview
from gui.qt import QtCore, QtGui
from gui.scale_bar import round_length

# More is played by hardly any computer.
_WIDEST_PX = 3840
_WORDS_PART, _MARGIN_PART, _BAR_PART = 1 / 28, 1 / 40, 1 / 5
RAW_WORDS, RESTORED_WORDS = "Raw", "Restored (predicted)"


class ExportedImages(StrEnum):
    """Which images are exported."""

    BOTH = "raw and restored"
    RESTORED = "restored"
    RAW = "raw"


class ChannelLook(NamedTuple):
    """How the counts of one channel look in both images."""

    raw: Colouring
    restored: Colouring


def burn_in(
    frames: Mapping[int, Preview], looks: Mapping[int, ChannelLook], images: ExportedImages
) -> QtGui.QImage:
    """Draw a frame for whoever sees it without this program. May be called in any thread.

    Parameters
    ----------
    frames : mapping of int to Preview
        By channel; at least one.
    looks : mapping of int to ChannelLook
        The channels to be seen.
    images : ExportedImages

    Returns
    -------
    QImage
        RGB, raw pixels enlarged as squares to the size of the restored ones; height and width are
        even, and at most 3840 pixels wide.
    """
    seen = [channel for channel in looks if channel in frames]
    one = frames[seen[0]]
    restored = [n for n in seen if frames[n].restored is not None]
    height, width = one.raw.shape
    factor = next((_height_of(frames[n].restored) // height for n in restored), 1)
    panels: list[tuple[QtGui.QImage, str]] = []
    if images is not ExportedImages.RESTORED or not restored:
        raw = [(frames[n].raw, looks[n].raw) for n in seen]
        panels.append((_coloured(raw, height * factor, width * factor), RAW_WORDS))
    if images is not ExportedImages.RAW and restored:
        made = [(frames[n].restored, looks[n].restored) for n in restored]
        early = ", provisional" if any(frames[n].provisional for n in restored) else ""
        panels.append((_coloured(made, height * factor, width * factor), RESTORED_WORDS + early))
    across = len(panels) * width * factor
    scale = min(1.0, _WIDEST_PX / across)
    panel_width, panel_height = round(width * factor * scale), round(height * factor * scale)
    whole = QtGui.QImage(
        len(panels) * panel_width // 2 * 2, panel_height // 2 * 2, QtGui.QImage.Format.Format_RGB32
    )
    whole.fill(QtGui.QColor("black"))
    painter = QtGui.QPainter(whole)
    painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, scale < 1.0)
    for place, (image, words) in enumerate(panels):
        room = QtCore.QRectF(place * panel_width, 0.0, panel_width, panel_height)
        painter.drawImage(room, image)
        _write(painter, room, words, top=True)
    first = QtCore.QRectF(0.0, 0.0, panel_width, panel_height)
    _write(painter, first, time_words(one), top=False)
    last = first.translated((len(panels) - 1) * panel_width, 0.0)
    _draw_scale_bar(painter, last, width=width, pixel_size_um=one.pixel_size_um)
    painter.end()
    return whole


def rgb_of(picture: QtGui.QImage) -> NDArray[np.uint8]:
    """Return the pixels of a picture, shape (H, W, 3), red first."""
    qt_array: Any = pg.functions.ndarray_from_qimage
    return np.ascontiguousarray(qt_array(picture)[..., 2::-1])


def _height_of(image: Counts | None) -> int:
    return 0 if image is None else image.shape[0]


def _coloured(channels: list[tuple[Any, Colouring]], height: int, width: int) -> QtGui.QImage:
    """Colour the images of channels and add them up, at a size that is a multiple of theirs."""
    total = np.zeros((*channels[0][0].shape, 4), np.uint16)
    for pixels, colouring in channels:
        coloured = np.empty(pixels.shape, np.uint32)
        colouring.colour(pixels, coloured)
        total += coloured.view(np.uint8).reshape(*pixels.shape, 4)
    added = np.minimum(total, 255).astype(np.uint8)
    rows, columns, _ = added.shape
    added = added.repeat(height // rows, axis=0).repeat(width // columns, axis=1)
    image = QtGui.QImage(
        added.tobytes(), width, height, 4 * width, QtGui.QImage.Format.Format_RGB32
    )
    # Its memory is lent only for as long as the bytes live.
    return image.copy()


def _write(painter: QtGui.QPainter, room: QtCore.QRectF, words: str, *, top: bool) -> None:
    font = QtGui.QFont()
    font.setPixelSize(max(9, round(room.height() * _WORDS_PART)))
    painter.setFont(font)
    margin = room.height() * _MARGIN_PART
    inside = room.adjusted(margin, margin, -margin, -margin)
    side = QtCore.Qt.AlignmentFlag.AlignTop if top else QtCore.Qt.AlignmentFlag.AlignBottom
    where = side | QtCore.Qt.AlignmentFlag.AlignLeft
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(0, 0, 0, 150))
    painter.drawRect(painter.boundingRect(inside, where, words).adjusted(-4, -2, 4, 2))
    painter.setPen(QtGui.QColor("white"))
    painter.drawText(inside, where, words)


def _draw_scale_bar(
    painter: QtGui.QPainter, room: QtCore.QRectF, *, width: int, pixel_size_um: float | None
) -> None:
    """Draw a bar of about a fifth of the field in the lower right corner, with its length."""
    field = width * (pixel_size_um or 1.0)
    length = round_length(field * _BAR_PART)
    words = f"{length:g} µm" if pixel_size_um else f"{length:g} px"
    font = QtGui.QFont()
    font.setPixelSize(max(9, round(room.height() * _WORDS_PART)))
    painter.setFont(font)
    margin, thickness = room.height() * _MARGIN_PART, max(2.0, room.height() / 150)
    bar = QtCore.QRectF(0.0, 0.0, room.width() * length / field, thickness)
    bar.moveBottomRight(room.bottomRight() - QtCore.QPointF(margin, margin))
    high = painter.fontMetrics().height()
    text = QtCore.QRectF(bar.left() - room.width(), bar.top() - high, 2 * room.width(), high)
    text.moveCenter(QtCore.QPointF(bar.center().x(), text.center().y()))
    centred = QtCore.Qt.AlignmentFlag.AlignCenter
    around = painter.boundingRect(text, centred, words).united(bar).adjusted(-6, -2, 6, 6)
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(0, 0, 0, 150))
    painter.drawRect(around)
    painter.setBrush(QtGui.QColor("white"))
    painter.drawRect(bar)
    painter.setPen(QtGui.QColor("white"))
    painter.drawText(text, centred, words)
