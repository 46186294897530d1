"""The images: what was scanned and what was restored, and everything about looking at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from acquisition import StreamKey
from gui import theme
from gui.axes import Axes
from gui.buttons import add_key
from gui.channel_images import ChannelImages
from gui.comparing_panel import Arrangement, ComparingPanel
from gui.contrast import AUTO, Contrast
from gui.drawing_rest import DrawingRest
from gui.flicker import Flicker
from gui.frame_slider import FrameSlider
from gui.image_panel import ImagePanel
from gui.image_toolbar import ImageToolbar
from gui.image_words import ImageWords
from gui.kept_frames import KeptFrames
from gui.left_image import LeftImage, left_of, title_of
from gui.map_layer import MapLayer
from gui.measuring import Measuring
from gui.pixel_readout import PixelReadout
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets
from gui.raw_frames import NewestRawFrames
from gui.scene import Scene
from gui.shown_size import ShownSize
from gui.stream_bar import StreamBar
from gui.time_slider import TimeSlider
from gui.tool_strip import ToolStrip
from gui.trust_maps import TrustMap
from gui.zoom import Zoom

_PROVISIONAL = "provisional"


class Viewer(QtWidgets.QWidget):
    """Shows the newest preview of each channel, or older ones that the user scrolled back to.

    It may show a recording instead, of which one frame is always held; see `show_recording`.

    One stream is looked at: what is measured, the maps, the histogram and the past are of it.

    Signals
    -------
    looking_back_changed()
        Another frame is held, or none, see `live`.

    Parameters
    ----------
    recorded : bool
        Whether it is for recordings.

    Attributes
    ----------
    toolbar, streams : ImageToolbar, StreamBar
        The buttons, and those of channels and slices; whoever holds the viewer places them.
    raw, restored : ImagePanel, ComparingPanel
        What stands left, and what stands right, alone where one image lies over the other.
    scene : Scene
        What is kept of each stream.
    """

    looking_back_changed = QtCore.Signal()

    def __init__(self, *, recorded: bool = False) -> None:
        super().__init__()
        self._shown: Preview | None = None
        self._newest: Preview | None = None
        self._raw = NewestRawFrames()
        self._frames: Mapping[int, Preview] = {}
        self.scene = Scene()
        self.raw = ImagePanel("", theme.RAW)
        self.restored = ComparingPanel()
        self._panels = (self.raw, self.restored)
        self._words = ImageWords(self.raw, self.restored)
        self.toolbar = ImageToolbar(session=not recorded)
        self.streams = StreamBar()
        self.readout = PixelReadout(self.raw, self.restored)
        self._recorded = recorded
        slider = FrameSlider if recorded else TimeSlider
        self.time: TimeSlider | FrameSlider = slider(self.scene.history(self.streams.stream))
        self.contrast = Contrast()
        self.measuring = Measuring(
            [panel.view for panel in self._panels],
            lambda: self.scene.final_frames(self.streams.stream),
            recorded=recorded,
        )
        self.images = ChannelImages(
            self.raw, self.restored, self.contrast, coloured=self.measuring.set_colourings
        )
        self._size = ShownSize(
            self.raw,
            self.restored,
            readout=self.readout,
            measuring=self.measuring,
            zoom=Zoom(self.raw, self.restored, self.toolbar.zoom),
        )
        self._maps = MapLayer(self.restored)
        self.legend = self._maps.legend
        self.flicker = Flicker(self, self.restored)
        self._rest = DrawingRest(self)
        self._strip = ToolStrip(self.contrast, self.measuring)
        self._build()
        self._connect()
        self._begin_scene(self.scene.axes)
        self._choose_left()

    @property
    def shown(self) -> Preview | None:
        """What stands in the panels, of the stream looked at; None before its first frame."""
        return self._shown

    @property
    def live(self) -> bool:
        """Whether that is the newest frame, and the next one will follow it."""
        return self.time.held is None

    @property
    def shows_all_channels(self) -> bool:
        """Whether there is an image of every channel."""
        return len(self._frames) == len(self.scene.axes.channels)

    @property
    def provisional(self) -> bool:
        """Whether a frame that is seen was restored before those after it had come."""
        seen = (*self.streams.seen, self.streams.stream.channel)
        return any(one.provisional for n, one in self._frames.items() if n in seen)

    @property
    def rest_left(self) -> float:
        """Seconds until the next preview may be drawn without taking time from the engine."""
        return self._rest.left

    @property
    def wants_mean(self) -> bool:
        """Whether previews need `Preview.mean`."""
        return self.toolbar.left is LeftImage.MEAN

    def wants_raw(self, stream: StreamKey) -> bool:
        """Whether newest raw frames of a stream would be looked at."""
        here = self.streams.stream
        slices = self.streams.follows_newest or stream.z == here.z
        return self.live and self._shows_raw and stream.position == here.position and slices

    @property
    def _shows_raw(self) -> bool:
        """Whether the newest raw frame stands left, restored or not."""
        return self.raw.isVisibleTo(self) and not self.wants_mean and not self.streams.shows_maximum

    def begin_session(self, *, same_source: bool) -> None:
        """Show no image until the first one of a new session comes; view and tools stay.

        Parameters
        ----------
        same_source : bool
            Whether frames come from where they came from before: then the contrast stays too.
        """
        self._shown = self._newest = None
        self._frames = {}
        self._raw.clear()
        self.time.begin_session()
        self._begin_scene(self.scene.axes)
        self.images.forget(same_source=same_source)
        self._say_nothing()
        self._say_not_live()
        self.readout.read(self._shown)

    def show_recording(self, axes: Axes, recorded: Mapping[StreamKey, KeptFrames]) -> None:
        """Show a recording from its first frame on.

        Parameters
        ----------
        axes : Axes
        recorded : mapping of StreamKey to KeptFrames
            The frames of each stream that has any.
        """
        self.begin_session(same_source=False)
        self.streams.show_axes(axes, newest=False)
        self._begin_scene(axes, recorded)
        self._draw_scene()
        self.looking_back_changed.emit()

    def show_previews(self, previews: Sequence[Preview]) -> bool:
        """Take new previews, and draw them unless the user looks at older ones.

        Parameters
        ----------
        previews : sequence of Preview
            In the order of their `Preview.serial`.

        Returns
        -------
        bool
            Whether one of them is drawn: not while the user looks back, nor one that is older than
            a provisional one that is shown.
        """
        self._rest.begin()
        for preview in previews:
            self._keep(preview)
            # Provisional, it would be in a course twice.
            looked_at = self.streams.stream._replace(channel=preview.stream.channel)
            if preview.stream == looked_at and not preview.provisional:
                self.measuring.add(preview)
        self._follow_newest_slice()
        held_is_final = self.time.follow()
        if not self.live:
            self._say_not_live()
        drawn = (self.live or held_is_final) and self._draw_scene()
        return drawn and self.live

    def show_raw(self, frames: Sequence[Preview]) -> None:
        """Take the newest frames as they were scanned, and draw them left.

        Parameters
        ----------
        frames : sequence of Preview
            In the order in which they came, without restored pixels.
        """
        self._rest.begin()
        for one in frames:
            self._adapt(one)
            self._raw.put(one)
        self._follow_newest_slice()
        if self.live:
            self._draw_scene()

    def say_why_not_restored(self, words: str) -> None:
        """Say in the restored image's place what is waited for."""
        self._words.say_why_not_restored(words)
        self._words.say_what_is_missing(self._frames, self.streams.seen)

    def set_contrast_automatically(self) -> None:
        """Set black and white once, from the raw image now shown."""
        self.images.set_contrast_automatically()
        self._strip.draw_histogram()

    def _build(self) -> None:
        panels = QtWidgets.QHBoxLayout()
        panels.setSpacing(12)
        panels.addWidget(self.raw, stretch=1)
        panels.addWidget(self.restored, stretch=1)
        words = QtWidgets.QHBoxLayout()
        words.setSpacing(20)
        words.addWidget(self.readout, stretch=3)
        words.addWidget(self.time, stretch=2)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(panels, stretch=1)
        layout.addLayout(words)
        layout.addWidget(self._strip)

    def _connect(self) -> None:
        self.toolbar.fit.clicked.connect(self._size.fit)
        self.toolbar.arrangement_chosen.connect(self._arrange)
        self.toolbar.left_chosen.connect(self._choose_left)
        self.toolbar.tool_chosen.connect(self._strip.open)
        self.toolbar.map_chosen.connect(self._show_map)
        self.toolbar.saturated_chosen.connect(self.images.mark_saturated)
        self.toolbar.time_stamp.toggled.connect(self._words.show_time_stamps)
        self.toolbar.histogram_chosen.connect(self._strip.show_histogram)
        self.contrast.auto_requested.connect(self.set_contrast_automatically)
        # Not the button's own key, which would be hidden with it.
        add_key(self, "A", AUTO, action=self.set_contrast_automatically)
        self.contrast.changed.connect(self.images.contrast_changed)
        self.contrast.of_chosen.connect(self.images.choose_contrast_of)
        self.streams.changed.connect(self._look_at_other_streams)
        self.time.moved.connect(self._scrolled)
        self.raw.link(self.restored)
        for panel in self._panels:
            panel.double_clicked.connect(self._size.fit)

    def _arrange(self, arrangement: Arrangement) -> None:
        self.raw.setVisible(arrangement is Arrangement.SIDE_BY_SIDE)
        self.restored.arrange(arrangement)
        self.flicker.set_tapping(tapping=arrangement is Arrangement.FLICKER)

    def _choose_left(self) -> None:
        self.images.left = self.toolbar.left
        self.images.draw_anew()
        self._draw_scene()
        if self._shown is None:
            self._words.name_left(title_of(self.toolbar.left), smooth=False)

    def _show_map(self, chosen: TrustMap | None) -> None:
        self._maps.choose(chosen, self._shown)

    def _scrolled(self) -> None:
        self._draw_scene()
        self._say_not_live()
        self.looking_back_changed.emit()

    def _say_not_live(self) -> None:
        held = self.time.held
        words = ""
        if held is not None and not self._recorded:
            words = f"Not live: frame {held.index}, {self.time.seconds_back:.1f} s ago (End: live)"
        self._words.warn(words)

    def _keep(self, preview: Preview) -> None:
        self._adapt(preview)
        self.scene.put(preview)

    def _adapt(self, preview: Preview) -> None:
        """Begin anew where frames have another size, or other streams."""
        before = self._newest
        if preview.axes != self.scene.axes:
            self.begin_session(same_source=True)
            self.streams.show_axes(preview.axes)
            self._begin_scene(preview.axes)
        elif before is not None and not before.covers_same_field(preview):
            self.begin_session(same_source=True)
        self._newest = preview

    def _begin_scene(
        self, axes: Axes, recorded: Mapping[StreamKey, KeptFrames] | None = None
    ) -> None:
        self.scene.begin_session(axes, recorded)
        stream = self.streams.stream
        self.images.look_at(stream.channel, axes, self.streams.colours)
        self.measuring.look_at(stream.channel, self.streams.colours)
        self.time.look_through(self.scene.history(stream), None)

    def _follow_newest_slice(self) -> None:
        """Turn to the slice that came last, where the user wants it and nothing is held."""
        if not self.live or self.measuring.over_time:
            return
        newest = self.scene.newest_slice(self.streams.stream.position, self._raw)
        if newest is not None and self.streams.follow(newest):
            self.time.look_through(self.scene.history(self.streams.stream), None)

    def _look_at_other_streams(self) -> None:
        """Look at what the user chose, at the same moment as before."""
        self._follow_newest_slice()
        stream, held = self.streams.stream, self.time.held
        self.images.look_at(stream.channel, self.scene.axes, self.streams.colours)
        history = self.scene.history(stream)
        if history is not self.time.history:
            there = self.scene.frame_of(stream, held) if held is not None else None
            self.time.look_through(history, there)
            self._shown = None
            self._say_nothing()
            self.measuring.look_at(stream.channel, self.streams.colours)
        self._draw_scene()
        self._measure()
        self._strip.draw_histogram()
        self._say_not_live()
        self.looking_back_changed.emit()

    def _draw_scene(self) -> bool:
        """Draw the frames of all channels that belong together; returns whether one is new."""
        stream, projected = self.streams.stream, self.streams.shows_maximum
        self._frames = frames = self.scene.frames(stream, self.time.held, projected=projected)
        shows_raw = self.live and self._shows_raw
        raw = self._raw.newer_than(frames, stream) if shows_raw else {}
        new = self.images.draw(frames, self.streams.seen, raw=raw)
        self.restored.set_mark(_PROVISIONAL if self.provisional else "")
        preview, left = frames.get(stream.channel), raw.get(stream.channel)
        if preview is not None and preview is not self._shown:
            self._show(preview)
        beside_it = left or preview
        if beside_it is not None:
            self._size.follow(beside_it, preview)
        self._words.say_which(beside_it, preview)
        if new and beside_it is not None:
            beside = left_of(beside_it, self.toolbar.left)
            self._words.name_left(beside.title, smooth=beside.smooth)
        if preview is not None and new:
            self._measure()
        self._words.say_what_is_missing(frames, self.streams.seen)
        self.streams.show_raw_only({n for n, one in frames.items() if one.restored is None})
        return new

    def _show(self, preview: Preview) -> None:
        """Say all there is to say of the frame looked at, which is drawn."""
        self._shown = preview
        self._maps.draw(preview)
        self.readout.read(self._shown)
        self._strip.show_frame(preview)

    def _say_nothing(self) -> None:
        """Take away what was said of the frame looked at before."""
        self._maps.draw(None)
        self._strip.forget_frame()
        self._words.say_nothing()

    def _measure(self) -> None:
        """Let the open tool measure what is seen, or what is looked at where nothing is."""
        channels = self.streams.seen or [self.streams.stream.channel]
        images = {
            channel: (left_of(one, self.toolbar.left).pixels, one.restored)
            for channel, one in self._frames.items()
            if channel in channels
        }
        if images:
            self.measuring.show_images(images, self.raw.field)
