"""How large the frames are, and their pixels, told to all that must know."""

from __future__ import annotations

from gui.comparing_panel import ComparingPanel
from gui.image_panel import ImagePanel
from gui.measuring import Measuring
from gui.pixel_readout import PixelReadout
from gui.preview import Preview
from gui.zoom import Zoom


class ShownSize:
    """Follows the size of what is shown; the whole field of view is shown where it is another.

    Parameters
    ----------
    raw, restored : ImagePanel, ComparingPanel
    readout : PixelReadout
    measuring : Measuring
    zoom : Zoom
    """

    def __init__(
        self,
        raw: ImagePanel,
        restored: ComparingPanel,
        *,
        readout: PixelReadout,
        measuring: Measuring,
        zoom: Zoom,
    ) -> None:
        self._panels = raw, restored
        self._readout = readout
        self._measuring = measuring
        self._zoom = zoom
        self._shape: tuple[int, ...] = ()
        self._pixel_size_um: float | None = None

    def follow(self, frame: Preview, restored: Preview | None) -> None:
        """Take note of the frames that are shown, left and right."""
        self._zoom.follow(restored or frame)
        if frame.pixel_size_um != self._pixel_size_um:
            self._pixel_size_um = frame.pixel_size_um
            for panel in self._panels:
                panel.scale_bar.set_pixel_size(frame.pixel_size_um)
            self._readout.set_pixel_size(frame.pixel_size_um)
            self._measuring.set_pixel_size(frame.pixel_size_um)
        if frame.raw.shape != self._shape:
            self._shape = frame.raw.shape
            self.fit()

    def fit(self) -> None:
        """Show the whole field of view in both panels."""
        for panel in self._panels:
            panel.fit()
