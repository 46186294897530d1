"""How large images are on the screen, in per cent, and one pixel to one pixel."""

from __future__ import annotations

from gui.image_panel import ImagePanel
from gui.preview import Preview
from gui.qt import QtWidgets


class Zoom:
    """Says it on a button, which a click, or its key, makes 100 %.

    Parameters
    ----------
    raw, restored : ImagePanel
        What they show counts; the raw one only as long as there is no restored image.
    button : QPushButton
    """

    def __init__(
        self, raw: ImagePanel, restored: ImagePanel, button: QtWidgets.QPushButton
    ) -> None:
        self._raw = raw
        self._restored = restored
        self._button = button
        self._scale_factor = 1.0
        for panel in (raw, restored):
            panel.view.sigRangeChanged.connect(self._write)
            panel.view.sigResized.connect(self._write)
        button.clicked.connect(self._one_to_one)
        self._write()

    @property
    def percent(self) -> float:
        """The screen's pixels to a pixel of the finest image, times 100."""
        ratio = self._panel.devicePixelRatioF()
        return 100.0 * ratio / (self._panel.lr_per_screen * self._scale_factor)

    @property
    def _panel(self) -> ImagePanel:
        return self._raw if self._restored.field.isEmpty() else self._restored

    def follow(self, shown: Preview) -> None:
        """Take note of a frame: restored pixels count, raw ones where there are no others."""
        finest = shown.raw if shown.restored is None else shown.restored
        self._scale_factor = finest.shape[1] / shown.raw.shape[1]
        self._write()

    def _one_to_one(self) -> None:
        self._panel.zoom_to(self._panel.devicePixelRatioF() / self._scale_factor)

    def _write(self) -> None:
        if self._panel.field.isEmpty():
            self._button.setText("– %")
            return
        percent = self.percent
        self._button.setText(f"{percent:.0f} %" if percent >= 1.0 else f"{percent:.1f} %")
