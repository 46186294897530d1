"""The images: what was scanned and what was restored, and everything about looking at them."""

from __future__ import annotations

import math

from gui import theme
from gui.buttons import add_key
from gui.comparing_panel import Arrangement, ComparingPanel
from gui.contrast import Contrast
from gui.drawing_rest import DrawingRest
from gui.flicker import Flicker
from gui.history import HISTORY_BYTES, History
from gui.image_panel import ImagePanel
from gui.image_toolbar import ImageToolbar
from gui.left_image import LeftImage, left_of, title_of
from gui.measuring import Measuring, Tool
from gui.pixel_readout import PixelReadout
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets
from gui.time_slider import TimeSlider
from gui.trust_legend import TrustLegend
from gui.trust_maps import SCALES, TrustMap
from gui.trust_overlay import TrustOverlay

_HISTOGRAM_INTERVAL_MS = 2000
_STRIP_PX, _STRIP_WITH_A_TOOL_PX = 104, 190


class Viewer(QtWidgets.QWidget):
    """Shows the newest preview, or an older one that the user scrolled back to.

    Signals
    -------
    looking_back_changed()
        See `live`.

    Parameters
    ----------
    history_bytes : int
        How much of the past is kept to scroll back through.

    Attributes
    ----------
    toolbar : ImageToolbar
        Its buttons; whoever holds the viewer places them.
    raw : ImagePanel
        What stands left.
    restored : ComparingPanel
        What stands right, and alone where one image lies over the other.
    """

    looking_back_changed = QtCore.Signal()

    def __init__(self, history_bytes: int = HISTORY_BYTES) -> None:
        super().__init__()
        self._shown: Preview | None = None
        self._newest: Preview | None = None
        self._contrast_is_chosen = False
        self._fitted_shape: tuple[int, ...] = ()
        self._pixel_size_um: float | None = None
        self._pointed: tuple[float, float] | None = None
        self._left_title = ""
        self._history = History(history_bytes)
        self.raw = ImagePanel("", theme.RAW)
        self.restored = ComparingPanel()
        self._panels = (self.raw, self.restored)
        self.toolbar = ImageToolbar()
        self.readout = PixelReadout()
        self.time = TimeSlider(self._history)
        self.contrast = Contrast()
        self.measuring = Measuring([panel.view for panel in self._panels], self._history)
        self.trust = TrustOverlay()
        self.restored.view.addItem(self.trust, ignoreBounds=True)
        self.legend = TrustLegend(self.restored.graphics)
        self.flicker = Flicker(self, self.restored)
        self._rest = DrawingRest(self)
        self._histogram_timer = QtCore.QTimer(self)
        self._histogram_timer.setSingleShot(True)
        self._histogram_timer.setInterval(_HISTOGRAM_INTERVAL_MS)
        self._histogram_timer.timeout.connect(self._draw_histogram)
        self._build()
        self._connect()
        self._choose_left()
        self.trust.set_strength(self.legend.strength)

    @property
    def shown(self) -> Preview | None:
        """What stands in the panels; None before the first frame."""
        return self._shown

    @property
    def live(self) -> bool:
        """Whether that is the newest frame, and the next one will follow it."""
        return self.time.held is None

    @property
    def rest_left(self) -> float:
        """Seconds until the next preview may be drawn without taking time from the engine."""
        return self._rest.left

    @property
    def wants_mean(self) -> bool:
        """Whether previews need `Preview.mean`."""
        return self.toolbar.left is LeftImage.MEAN

    def begin_session(self, *, same_source: bool) -> None:
        """Show no image until the first one of a new session comes; view and tools stay.

        Parameters
        ----------
        same_source : bool
            Whether frames come from where they came from before: then the contrast stays too.
        """
        self._shown = self._newest = None
        self._contrast_is_chosen = self._contrast_is_chosen and same_source
        self.time.begin_session()
        self.measuring.begin_session()
        for panel in self._panels:
            panel.clear()
        self.trust.set_map(None, SCALES[self.toolbar.map or TrustMap.RESIDUAL])
        self.legend.hide()
        self.contrast.clear()
        self._say_not_live()
        self._read_pixel()

    def show_preview(self, preview: Preview) -> None:
        """Take a new preview, and draw it unless the user looks at an older one."""
        self._rest.begin()
        before, self._newest = self._newest, preview
        if before is not None and (
            before.raw.shape != preview.raw.shape or before.pixel_size_um != preview.pixel_size_um
        ):
            self.begin_session(same_source=True)
            self._newest = preview
        self.time.follow(self._history.append(preview))
        if self.live:
            self._draw(preview)
        else:
            self._say_not_live()
        self.measuring.add(preview)

    def fit(self) -> None:
        """Show the whole field of view in both panels."""
        for panel in self._panels:
            panel.fit()

    def set_contrast_automatically(self) -> None:
        """Set black and white once, from the raw image now shown."""
        if self._shown is not None:
            self.contrast.set_automatically(self._shown.raw)
            self._draw_histogram()

    def _set_pixel_size(self, pixel_size_um: float | None) -> None:
        if pixel_size_um == self._pixel_size_um:
            return
        self._pixel_size_um = pixel_size_um
        for panel in self._panels:
            panel.scale_bar.set_pixel_size(pixel_size_um)
        self.readout.set_pixel_size(pixel_size_um)
        self.measuring.set_pixel_size(pixel_size_um)

    def _build(self) -> None:
        panels = QtWidgets.QHBoxLayout()
        panels.setSpacing(20)
        panels.addWidget(self.raw, stretch=1)
        panels.addWidget(self.restored, stretch=1)
        words = QtWidgets.QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.readout, stretch=3)
        words.addWidget(self.time, stretch=2)
        self._strip = QtWidgets.QWidget()
        strip = QtWidgets.QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.setSpacing(20)
        strip.addWidget(self.contrast, stretch=1)
        strip.addWidget(self.measuring, stretch=1)
        self._strip.setFixedHeight(_STRIP_PX)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(panels, stretch=1)
        layout.addLayout(words)
        layout.addWidget(self._strip)

    def _connect(self) -> None:
        self.toolbar.fit.clicked.connect(self.fit)
        self.toolbar.arrangement_chosen.connect(self._arrange)
        self.toolbar.left_chosen.connect(self._choose_left)
        self.toolbar.tool_chosen.connect(self._open_tool)
        self.toolbar.map_chosen.connect(self._show_map)
        self.toolbar.saturated_chosen.connect(self._recolour)
        self.toolbar.histogram_chosen.connect(self._show_histogram)
        self.restored.view.sigResized.connect(self.legend.place)
        self.legend.strength_chosen.connect(self.trust.set_strength)
        self.contrast.auto_requested.connect(self.set_contrast_automatically)
        # Not the button's own key, which would be hidden with it.
        explanation = "Set black and white once, from the raw image now shown"
        add_key(self, "A", explanation, action=self.set_contrast_automatically)
        self.contrast.changed.connect(self._recolour)
        self.time.moved.connect(self._scrolled)
        for panel, other in (self._panels, self._panels[::-1]):
            panel.moved.connect(other.look_at)
            panel.pointed.connect(other.mark)
            panel.pointed.connect(panel.unmark)
            panel.pointed.connect(self._point)
            panel.left.connect(other.unmark)
            panel.left.connect(self._unpoint)
            panel.double_clicked.connect(self.fit)

    def _arrange(self, arrangement: Arrangement) -> None:
        self.raw.setVisible(arrangement is Arrangement.SIDE_BY_SIDE)
        self.restored.arrange(arrangement)
        self.flicker.set_tapping(tapping=arrangement is Arrangement.FLICKER)

    def _choose_left(self) -> None:
        if self._shown is not None:
            self._draw(self._shown)
        else:
            self._name_left(title_of(self.toolbar.left), smooth=False)

    def _name_left(self, title: str, *, smooth: bool) -> None:
        if title != self._left_title:
            self._left_title = title
            self.raw.set_title((title, theme.RAW))
        self.raw.item.set_smooth(smooth=smooth)
        self.restored.set_other((title, theme.RAW), smooth=smooth)

    def _open_tool(self, tool: Tool | None) -> None:
        self._strip.setFixedHeight(_STRIP_PX if tool is None else _STRIP_WITH_A_TOOL_PX)
        self.measuring.open(tool)
        self._show_strip()

    def _show_histogram(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.contrast.setVisible(on)
        self._draw_histogram()
        self._show_strip()

    def _show_strip(self) -> None:
        self._strip.setVisible(self.toolbar.histogram.isChecked() or self.toolbar.tool is not None)

    def _show_map(self, chosen: TrustMap | None) -> None:
        self.trust.setVisible(chosen is not None)
        self.legend.hide()
        self._draw_map()

    def _scrolled(self) -> None:
        preview = self.time.held or self._newest
        if preview is not None:
            self._draw(preview)
        self._say_not_live()
        self.looking_back_changed.emit()

    def _say_not_live(self) -> None:
        held = self.time.held
        words = ""
        if held is not None:
            words = f"Not live: frame {held.index}, {self.time.seconds_back:.1f} s ago (End: live)"
        for panel in self._panels:
            panel.set_notice(words)

    def _draw(self, preview: Preview) -> None:
        before, self._shown = self._shown, preview
        height, width = preview.raw.shape
        self._set_pixel_size(preview.pixel_size_um)
        left = left_of(preview, self.toolbar.left)
        self._name_left(left.title, smooth=left.smooth)
        self.raw.show_pixels(left.pixels, height, width)
        self.restored.other.set_pixels(left.pixels, height, width)
        self.restored.show_pixels(preview.restored, height, width)
        if not self._contrast_is_chosen or (before and before.raw.dtype != preview.raw.dtype):
            self._contrast_is_chosen = True
            self.set_contrast_automatically()
        elif before is None or before.saturated != preview.saturated:
            self._recolour()
        if self._fitted_shape != preview.raw.shape:
            self._fitted_shape = preview.raw.shape
            self.fit()
        known = math.isfinite(preview.acquired)
        when = f"{preview.acquired:8.2f} s" if known else "(time not known)"
        for panel, pixels in ((self.raw, preview.raw), (self.restored, preview.restored)):
            rows, columns = pixels.shape
            panel.details.setText(f"frame {preview.index:5d} {when}  {columns} × {rows} px")
        self._draw_map()
        self._read_pixel()
        self.measuring.show_images(left.pixels, preview.restored, self.raw.field)
        if not self._histogram_timer.isActive():
            self._histogram_timer.start()

    def _draw_map(self) -> None:
        if self.toolbar.map is not None and self._shown is not None:
            scale = SCALES[self.toolbar.map]
            self.trust.set_map(scale.values(self._shown), scale)
            self.legend.say(scale, self._shown)
            self.legend.show()

    def _draw_histogram(self) -> None:
        if self._shown is not None and self.toolbar.histogram.isChecked():
            self.contrast.show_images(self._shown.raw, self._shown.restored)

    def _recolour(self) -> None:
        if self._shown is None:
            return
        marked = self.toolbar.saturated.isChecked()
        colouring = self.contrast.colouring(self._shown.saturated if marked else None)
        for panel in self._panels:
            panel.set_colouring(colouring)
        self.measuring.set_colouring(colouring)

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
        raw, restored = self.raw.counts_at(x, y), self.restored.counts_at(x, y)
        half_width = None
        if raw is not None and self._shown is not None and self._shown.interval is not None:
            half_width = float(self._shown.interval.half_width[math.floor(y), math.floor(x)])
        self.readout.show_pixel(x, y, raw, restored=restored, half_width=half_width)
