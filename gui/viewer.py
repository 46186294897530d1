"""The images: raw on the left, restored on the right, and everything about looking at them."""

from __future__ import annotations

from gui import theme
from gui.colour_maps import COLOUR_MAPS, display_table
from gui.contrast import Contrast
from gui.image_panel import ImagePanel
from gui.image_toolbar import ImageToolbar
from gui.pixel_readout import PixelReadout
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets

_HISTOGRAM_INTERVAL_MS = 250


class Viewer(QtWidgets.QWidget):
    """Shows previews.

    Attributes
    ----------
    toolbar : ImageToolbar
        Its buttons; whoever holds the viewer places them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: Preview | None = None
        self._pointed: tuple[float, float] | None = None
        self.raw = ImagePanel("Raw, as scanned", theme.RAW)
        self.restored = ImagePanel("Restored (predicted)", theme.RESTORED)
        self.toolbar = ImageToolbar()
        self.readout = PixelReadout()
        self.contrast = Contrast()
        self._histogram_timer = QtCore.QTimer(self)
        self._histogram_timer.setSingleShot(True)
        self._histogram_timer.setInterval(_HISTOGRAM_INTERVAL_MS)
        self._histogram_timer.timeout.connect(self._draw_histogram)
        self._build()
        self._connect()

    @property
    def shown(self) -> Preview | None:
        """What stands in the panels; None before the first frame."""
        return self._shown

    def begin_session(self) -> None:
        """Take what comes next for frames of a new session; contrast and view stay."""

    def show_preview(self, preview: Preview) -> None:
        """Draw a pair of images."""
        before, self._shown = self._shown, preview
        height, width = preview.raw.shape
        self.raw.show_pixels(preview.raw, height, width)
        self.restored.show_pixels(preview.restored, height, width)
        if before is None or before.raw.dtype != preview.raw.dtype:
            self.set_contrast_automatically()
        if before is None or before.raw.shape != preview.raw.shape:
            self.fit()
        for panel, pixels in ((self.raw, preview.raw), (self.restored, preview.restored)):
            rows, columns = pixels.shape
            panel.details.setText(
                f"frame {preview.index:5d} {preview.acquired:8.2f} s  {columns} × {rows} px"
            )
        self._read_pixel()
        if not self._histogram_timer.isActive():
            self._histogram_timer.start()

    def fit(self) -> None:
        """Show the whole field of view in both panels."""
        self.raw.fit()
        self.restored.fit()

    def set_contrast_automatically(self) -> None:
        """Set black and white once, from the raw image now shown."""
        if self._shown is not None:
            self.contrast.set_automatically(self._shown.raw)
            self._draw_histogram()

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        for panel in (self.raw, self.restored):
            panel.scale_bar.set_pixel_size(pixel_size_um)
        self.readout.set_pixel_size(pixel_size_um)
        self._read_pixel()

    def _build(self) -> None:
        panels = QtWidgets.QHBoxLayout()
        panels.setSpacing(20)
        panels.addWidget(self.raw, stretch=1)
        panels.addWidget(self.restored, stretch=1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(panels, stretch=1)
        layout.addWidget(self.readout)
        layout.addWidget(self.contrast)

    def _connect(self) -> None:
        self.toolbar.fit.clicked.connect(self.fit)
        self.toolbar.auto_contrast.clicked.connect(self.set_contrast_automatically)
        self.toolbar.colour_map.currentTextChanged.connect(self._recolour)
        self.contrast.changed.connect(self._recolour)
        for panel, other in ((self.raw, self.restored), (self.restored, self.raw)):
            panel.moved.connect(other.look_at)
            panel.pointed.connect(other.mark)
            panel.pointed.connect(panel.unmark)
            panel.pointed.connect(self._point)
            panel.left.connect(other.unmark)
            panel.left.connect(self._unpoint)
            panel.double_clicked.connect(self.fit)

    def _draw_histogram(self) -> None:
        if self._shown is not None:
            self.contrast.show_images(self._shown.raw, self._shown.restored)

    def _recolour(self) -> None:
        if self._shown is None:
            return
        low, high = self.contrast.limits
        colour_map = COLOUR_MAPS[self.toolbar.colour_map.currentIndex()]
        table = display_table(self._shown.raw.dtype, low, high, colour_map)
        self.raw.set_table(table)
        self.restored.set_table(table)

    def _point(self, x: float, y: float) -> None:
        self._pointed = (x, y)
        self._read_pixel()

    def _unpoint(self) -> None:
        self._pointed = None
        self._read_pixel()

    def _read_pixel(self) -> None:
        if self._pointed is None:
            self.readout.clear()
            return
        x, y = self._pointed
        self.readout.show_pixel(x, y, self.raw.counts_at(x, y), self.restored.counts_at(x, y))
