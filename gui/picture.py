"""Pictures as files hold them."""

from __future__ import annotations

from gui.qt import QtCore, QtGui


def png_of(picture: QtGui.QImage) -> bytes:
    """Return the content of a PNG file with a picture."""
    content = QtCore.QByteArray()
    buffer = QtCore.QBuffer(content)
    buffer.open(QtCore.QIODevice.OpenModeFlag.WriteOnly)
    QtGui.QImageWriter(buffer, b"png").write(picture)
    return bytes(content.data())
