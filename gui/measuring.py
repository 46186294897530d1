"""The drawer for what is measured on the images: one tool at a time, hidden until asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from heapq import merge
from itertools import chain
from operator import attrgetter

from gui import theme
from gui.colouring import Colouring
from gui.course_reader import CourseReader
from gui.drawing_view import DrawingView
from gui.kymograph_columns import COLUMNS
from gui.line_profile import ImagePair, LineProfile
from gui.live_kymograph import LiveKymograph
from gui.marker import MarkedPlace, Marker, MarkerShape
from gui.measured_words import area_words, size_words
from gui.polygon_marker import PolygonMarker
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets
from gui.region_trace import MOST_POINTS, RegionTrace
from gui.spot_figures import SpotFigures

_ONE_CHANNEL = (
    f'<span style="color:{theme.RAW}">■</span> raw &nbsp; '
    f'<span style="color:{theme.RESTORED}">■</span> restored'
)
# Of a recording every frame is a point by itself: more than anyone records.
_ALL_POINTS = 2**20
_CHANNELS = "raw dim, restored bright"


class Tool(StrEnum):
    """What can be measured."""

    PROFILE = "line profile"
    KYMOGRAPH = "kymograph"
    TRACE = "region over time"
    POLYGON = "polygon"
    POINT = "point"


_HINTS = {
    Tool.PROFILE: "Draw a line on an image with the mouse",
    Tool.KYMOGRAPH: "Draw a line on an image with the mouse",
    Tool.TRACE: "Draw a rectangle on an image with the mouse",
    Tool.POLYGON: "Drag the mouse across an area on an image. Then drag the corners into place: "
    "a click on an edge adds one, a right-click on a corner removes it",
    Tool.POINT: "Click a point on an image",
}


class Measuring(QtWidgets.QFrame):
    """Feeds the tool that is open; the others cost nothing.

    Signals
    -------
    table_wanted(str, str)
        What is measured shall be kept: the tool's name, and the content of a CSV file.

    Parameters
    ----------
    views : sequence of DrawingView
        Where lines and regions are drawn.
    kept : callable
        Returns the frames that a new course begins with, by channel, oldest first.
    recorded : bool
        Whether they are on disk: then they are read in a thread, and all of them are kept.
    """

    table_wanted = QtCore.Signal(str, str)

    def __init__(
        self,
        views: Sequence[DrawingView],
        kept: Callable[[], Mapping[int, Iterable[Preview]]],
        *,
        recorded: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("measuring")
        self._kept = kept
        self._recorded = recorded
        self._reader = CourseReader(self.add)
        self._reader.ended.connect(self._say_size)
        self._tool: Tool | None = None
        self._shown: Mapping[int, ImagePair] = {}
        self._colourings: Mapping[int, Colouring] = {}
        self.line = Marker(views, MarkerShape.LINE)
        self.region = Marker(views, MarkerShape.RECTANGLE)
        self.polygon = PolygonMarker(views)
        self.point = Marker(views, MarkerShape.POINT)
        self._views = views
        self.profile = LineProfile()
        self.kymograph = LiveKymograph()
        self.trace = RegionTrace()
        self.figures = SpotFigures()
        self._widgets = {
            Tool.PROFILE: self.profile,
            Tool.KYMOGRAPH: self.kymograph,
            Tool.TRACE: self.trace,
            Tool.POLYGON: self.figures,
            Tool.POINT: self.figures,
        }
        self.heading = QtWidgets.QLabel()
        self.heading.setProperty("role", "title")
        self.anew = QtWidgets.QPushButton("Draw again")
        self.anew.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.anew.setProperty("role", "small")
        self.anew.clicked.connect(self._draw_anew)
        self.keep = QtWidgets.QPushButton("CSV…")
        self.keep.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.keep.setProperty("role", "small")
        self.keep.setToolTip("Save the measurement as a table, with units")
        self.keep.clicked.connect(self._keep_table)
        self.extent = QtWidgets.QLabel()
        self.extent.setFont(theme.number_font())
        self._pixel_size_um: float | None = None
        self._hint = QtWidgets.QLabel()
        self._hint.setProperty("role", "caption")
        self._hint.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._pages = QtWidgets.QStackedWidget()
        for page in (self._hint, *dict.fromkeys(self._widgets.values())):
            self._pages.addWidget(page)
        self._legend = QtWidgets.QLabel(_ONE_CHANNEL)
        self._legend.setProperty("role", "caption")
        top = QtWidgets.QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(self.heading)
        top.addWidget(self._legend)
        top.addWidget(self.extent)
        top.addStretch(1)
        top.addWidget(self.trace.bleaching)
        top.addWidget(self.keep)
        top.addWidget(self.anew)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self._pages, stretch=1)
        self.hide()
        self.line.changed.connect(self._line_changed)
        self.region.changed.connect(self._region_changed)
        self.polygon.changed.connect(self._spot_changed)
        self.point.changed.connect(self._spot_changed)

    @property
    def tool(self) -> Tool | None:
        """What is open."""
        return self._tool

    @property
    def over_time(self) -> bool:
        """Whether a course over time is open, which is of one slice."""
        return self._tool in (Tool.KYMOGRAPH, Tool.TRACE)

    def open(self, tool: Tool | None) -> None:
        """Open a tool in the place of the one that is; None closes it."""
        for marker in self._markers:
            marker.set_shown(shown=False)
        for view in self._views:
            view.drawing = False
        self.stop_reading()
        self._tool = tool
        if tool is not None:
            self._marker().set_shown(shown=True)
        self.setVisible(tool is not None)
        self._legend.setVisible(tool in (Tool.PROFILE, Tool.TRACE))
        self.trace.bleaching.setVisible(tool is Tool.TRACE)
        if tool is not None:
            self.heading.setText(tool.capitalize())
            self._begin()

    def add(self, preview: Preview) -> None:
        """Take a new frame, of any channel, into the course that is open, if any."""
        if self._tool is Tool.KYMOGRAPH:
            self.kymograph.add(preview)
        elif self._tool is Tool.TRACE:
            self.trace.add(preview)

    def stop_reading(self) -> None:
        """Read no more frames of a recording; what has been measured of them stays."""
        self._reader.stop()

    def show_images(self, images: Mapping[int, ImagePair], field: QtCore.QRectF) -> None:
        """Measure the frames that are shown.

        Parameters
        ----------
        images : mapping of int to (ndarray, ndarray or None)
            By channel: the raw frame, or the mean that stands in its place, (H, W), and the
            restored one, (sH, sW), if there is one.
        field : QRectF
            The field of view in LR pixels.
        """
        self._shown = images
        for marker in self._markers:
            marker.set_field(field)
        self.kymograph.show_channels(images)
        self._measure_frame()

    def set_colourings(self, colourings: Mapping[int, Colouring]) -> None:
        """Draw the counts of each channel in these colours."""
        if colourings != self._colourings:
            self._colourings = colourings
            for channel, colouring in colourings.items():
                self.kymograph.set_colouring(colouring, channel)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um
        self.profile.set_pixel_size(pixel_size_um)
        self.kymograph.set_pixel_size(pixel_size_um)
        self.figures.set_pixel_size(pixel_size_um)
        self._measure_frame()
        self._say_size()

    def begin_session(self) -> None:
        """Forget the images and courses over time; lines and regions stay."""
        self.stop_reading()
        self._shown = {}
        self.profile.clear()
        self.kymograph.clear()
        self.trace.clear()
        self.figures.clear()

    def look_at(self, channel: int, colours: Sequence[str]) -> None:
        """Measure other frames from now on; lines and regions stay.

        Parameters
        ----------
        channel : int
            The one that is looked at.
        colours : sequence of str
            Of the channels, as ``#rrggbb``, in which profile and region over time draw them.
        """
        self.trace.channel = self.kymograph.channel = channel
        for tool in (self.profile, self.trace):
            tool.curves.set_colours(colours)
        self._legend.setText(_ONE_CHANNEL if len(colours) == 1 else _CHANNELS)
        self.begin_session()
        self._begin()

    @property
    def _markers(self) -> tuple[Marker | PolygonMarker, ...]:
        return self.line, self.region, self.polygon, self.point

    def _marker(self) -> Marker | PolygonMarker:
        if self._tool is Tool.POLYGON:
            return self.polygon
        if self._tool is Tool.POINT:
            return self.point
        return self.region if self._tool is Tool.TRACE else self.line

    def _begin(self) -> None:
        """Show the open tool's page, and what it made of the frames kept."""
        if self._tool is None:
            return
        self.stop_reading()
        place = self._marker().place
        for button in (self.anew, self.keep):
            button.setVisible(place is not None)
        if place is None:
            self._hint.setText(_HINTS[self._tool])
            self._pages.setCurrentWidget(self._hint)
        else:
            self._pages.setCurrentWidget(self._widgets[self._tool])
            self._measure_frame()
            if self.over_time and isinstance(place, MarkedPlace):
                self._begin_course(self._tool, place)
        self._say_size()

    def _begin_course(self, tool: Tool, place: MarkedPlace) -> None:
        kept = self._kept().values()
        frames = (
            merge(*kept, key=attrgetter("time_point"))
            if tool is Tool.KYMOGRAPH
            else chain.from_iterable(kept)
        )
        at_once = () if self._recorded else frames
        if tool is Tool.KYMOGRAPH:
            self.kymograph.begin(place, at_once, most=None if self._recorded else COLUMNS)
        else:
            most = _ALL_POINTS if self._recorded else MOST_POINTS
            self.trace.begin(place, at_once, most=most)
        if self._recorded:
            self._reader.begin(frames)

    def _measure_frame(self) -> None:
        """Measure the frame that is shown, if the open tool does."""
        if not self._shown:
            return
        if self._tool is Tool.PROFILE and self.line.place is not None:
            self.profile.show_images(self._shown, self.line.place)
        elif self._tool is Tool.POLYGON and self.polygon.place is not None:
            self.figures.show_polygon(self._shown, self.polygon.place)
        elif self._tool is Tool.POINT and self.point.place is not None:
            self.figures.show_point(self._shown, self.point.place)

    def _say_size(self) -> None:
        """Say how long the line is and how it lies, how large an area, or where the point is."""
        marker = self._marker()
        if isinstance(marker, PolygonMarker):
            words = area_words(marker.place, self._pixel_size_um) if marker.place else ""
        elif marker.place is None:
            words = ""
        else:
            words = size_words(marker.place, self._pixel_size_um, marker.shape)
        # A table of half of the frames would be taken for one of all.
        self.keep.setEnabled(not self._reader.reading)
        self.extent.setText(f"{words}   reading frames…" if self._reader.reading else words)

    def _keep_table(self) -> None:
        tables = {
            Tool.PROFILE: self.profile.table,
            Tool.KYMOGRAPH: self.kymograph.table,
            Tool.TRACE: self.trace.table,
            Tool.POLYGON: self.figures.table,
            Tool.POINT: self.figures.table,
        }
        if self._tool is not None:
            self.table_wanted.emit(self._tool.value, tables[self._tool]())

    def _line_changed(self, finished: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._say_size()
        # A course over time is worked out anew only where the mouse lets go.
        if self._tool is Tool.PROFILE or (self._tool is Tool.KYMOGRAPH and finished):
            self._begin()

    def _region_changed(self, finished: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._say_size()
        if self._tool is Tool.TRACE and finished:
            self._begin()

    def _spot_changed(self, finished: bool) -> None:  # noqa: ARG002, FBT001 - a Qt slot
        if self._tool in (Tool.POLYGON, Tool.POINT):
            self._begin()

    def _draw_anew(self) -> None:
        marker = self._marker()
        marker.remove()
        self._begin()
