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
from gui.marker import MarkedPlace, Marker
from gui.measured_words import size_words
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets
from gui.region_trace import MOST_POINTS, RegionTrace

_ONE_CHANNEL = (
    f'<span style="color:{theme.RAW}">■</span> raw &nbsp; '
    f'<span style="color:{theme.RESTORED}">■</span> restored'
)
# Of a recording every frame is a point by itself: more than anyone records.
_ALL_POINTS = 2**20
_CHANNELS = "each channel in its colour: raw dim, restored bright"


class Tool(StrEnum):
    """What can be measured."""

    PROFILE = "line profile"
    KYMOGRAPH = "kymograph"
    TRACE = "region over time"


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
        self.line = Marker(views, rectangle=False)
        self.region = Marker(views, rectangle=True)
        self.profile = LineProfile()
        self.kymograph = LiveKymograph()
        self.trace = RegionTrace()
        self._widgets = {
            Tool.PROFILE: self.profile,
            Tool.KYMOGRAPH: self.kymograph,
            Tool.TRACE: self.trace,
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
        self.keep.setToolTip("Keep what is measured as a table, with units")
        self.keep.clicked.connect(self._keep_table)
        self.extent = QtWidgets.QLabel()
        self.extent.setFont(theme.number_font())
        self._pixel_size_um: float | None = None
        self._hint = QtWidgets.QLabel()
        self._hint.setProperty("role", "caption")
        self._hint.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._pages = QtWidgets.QStackedWidget()
        for page in (self._hint, *self._widgets.values()):
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
        for marker in (self.line, self.region):
            marker.set_shown(shown=False)
        self.stop_reading()
        self._tool = tool
        if tool is not None:
            self._marker().set_shown(shown=True)
        self.setVisible(tool is not None)
        self._legend.setVisible(tool is not Tool.KYMOGRAPH)
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
        self.line.set_field(field)
        self.region.set_field(field)
        self.kymograph.show_channels(images)
        self._show_profile()

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
        self._show_profile()
        self._say_size()

    def begin_session(self) -> None:
        """Forget the images and courses over time; lines and regions stay."""
        self.stop_reading()
        self._shown = {}
        self.profile.clear()
        self.kymograph.clear()
        self.trace.clear()

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

    def _marker(self) -> Marker:
        return self.region if self._tool is Tool.TRACE else self.line

    def _begin(self) -> None:
        """Show the open tool's page, and what it made of the frames kept."""
        if self._tool is None:
            return
        self.stop_reading()
        place = self._marker().place
        for button in (self.anew, self.keep):
            button.setVisible(place is not None)
        self._begin_tool(self._tool, place)
        self._say_size()

    def _begin_tool(self, tool: Tool, place: MarkedPlace | None) -> None:
        if place is None:
            what = "rectangle" if self._marker().rectangle else "line"
            self._hint.setText(f"Draw a {what} on an image with the mouse")
            self._pages.setCurrentWidget(self._hint)
            return
        self._pages.setCurrentWidget(self._widgets[tool])
        if tool is Tool.PROFILE:
            self._show_profile()
            return
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

    def _show_profile(self) -> None:
        place = self.line.place
        if self._tool is Tool.PROFILE and place is not None and self._shown:
            self.profile.show_images(self._shown, place)

    def _say_size(self) -> None:
        """Say how long the line is and how it lies, or how large the rectangle."""
        place = self._marker().place
        words = (
            ""
            if place is None
            else size_words(place, self._pixel_size_um, rectangle=self._marker().rectangle)
        )
        # A table of half of the frames would be taken for one of all.
        self.keep.setEnabled(not self._reader.reading)
        self.extent.setText(f"{words}   reading frames…" if self._reader.reading else words)

    def _keep_table(self) -> None:
        tables = {
            Tool.PROFILE: self.profile.table,
            Tool.KYMOGRAPH: self.kymograph.table,
            Tool.TRACE: self.trace.table,
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

    def _draw_anew(self) -> None:
        marker = self._marker()
        marker.remove()
        self._begin()
