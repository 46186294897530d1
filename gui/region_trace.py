"""The mean of a region over time, raw and restored, of each channel, and how it bleaches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gui import theme
from gui.channel_curves import ChannelCurves
from gui.colouring import Counts
from gui.decimated_series import DecimatedSeries
from gui.marker import MarkedPlace
from gui.measured_words import as_csv
from gui.places import region_of
from gui.plots import SteadyRange, quiet_plot
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets

_BACKGROUND_PERCENTILE = 5.0
_FIRST_POINTS = 5
_DRAW_INTERVAL_MS = 250
MOST_POINTS = 4096


class RegionTrace(QtWidgets.QWidget):
    """Draws the course from the oldest frame kept on, of each channel, for as long as it is open.

    Attributes
    ----------
    channel : int
        The one that `course` is of.
    bleaching : QPushButton
        Chooses per cent instead of counts; whoever holds the trace places it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.channel = 0
        self._courses: dict[int, _ChannelCourse] = {}
        self._timed = True
        self._most = MOST_POINTS
        self._together = 1
        self._place: MarkedPlace | None = None
        self._heights, self._times = SteadyRange(), SteadyRange()
        self._draw_timer = QtCore.QTimer(self)
        self._draw_timer.setSingleShot(True)
        self._draw_timer.setInterval(_DRAW_INTERVAL_MS)
        self._draw_timer.timeout.connect(self._draw)
        self.plot = quiet_plot(left_axis=True)
        self._label_times()
        self.plot.setLabel("left", "counts", color=theme.FAINT)
        self.curves = ChannelCurves(self.plot)
        self.bleaching = QtWidgets.QPushButton("Bleaching, %")
        self.bleaching.setCheckable(True)
        self.bleaching.setProperty("role", "small")
        self.bleaching.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.bleaching.setToolTip(
            "Background subtracted (the darkest 5 % of the frame when the region was drawn), "
            f"in % of the first {_FIRST_POINTS} points"
        )
        self.bleaching.toggled.connect(self._choose)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    @property
    def course(self) -> DecimatedSeries:
        """What is drawn of one channel, in counts."""
        return self._course_of(self.channel).series

    def begin(
        self, place: MarkedPlace, previews: Iterable[Preview], *, most: int = MOST_POINTS
    ) -> None:
        """Trace a region, beginning with frames that were kept.

        Parameters
        ----------
        place : MarkedPlace
            Opposite corners, in LR pixels.
        previews : iterable of Preview
            Of each channel oldest first.
        most : int
            Points of a course; where there are more, neighbours are averaged. An even number.
        """
        self._place, self._most = place, most
        self._courses.clear()
        for preview in previews:
            self._note(preview, place)
        self._draw()

    def add(self, preview: Preview) -> None:
        """Take a new frame into the course of its channel."""
        if self._place is not None:
            self._note(preview, self._place)
            if not self._draw_timer.isActive():
                self._draw_timer.start()

    def table(self) -> str:
        """Return what is drawn as a CSV file's content."""
        figure = "percent_of_start" if self.bleaching.isChecked() else "counts"
        columns = ("channel", "image", "time_s" if self._timed else "frame", figure)
        self._draw()
        return as_csv(columns, self.curves.points())

    def clear(self) -> None:
        """Forget the courses; the region stays."""
        self._courses.clear()
        self._draw()

    def _course_of(self, channel: int) -> _ChannelCourse:
        return self._courses.setdefault(channel, _ChannelCourse(self._most))

    def _note(self, preview: Preview, place: MarkedPlace) -> None:
        if math.isfinite(preview.acquired) is not self._timed:
            # Frames of which nobody knows the time are counted instead.
            self._timed = not self._timed
            self._courses.clear()
            self._label_times()
        images = (preview.raw, preview.restored)
        course = self._course_of(preview.stream.channel)
        course.find_backgrounds(images)
        height, width = preview.raw.shape
        raw, restored = (
            math.nan
            if image is None
            else _mean(region_of(image, place, height=height, width=width))
            for image in images
        )
        time = preview.acquired if self._timed else float(preview.index)
        course.series.add(time, raw, restored)

    def _draw(self) -> None:
        relative = self.bleaching.isChecked()
        self.curves.show_only(self._courses)
        seen: list[NDArray[np.float64]] = []
        times: list[NDArray[np.float64]] = []
        for channel, course in self._courses.items():
            series = course.series
            for curve, figures, background in zip(
                self.curves.of(channel),
                (series.raw, series.restored),
                course.backgrounds,
                strict=True,
            ):
                if np.isnan(figures).all():
                    # Nothing restores this channel.
                    curve.clear()
                    continue
                drawn = bleaching(figures, background) if relative else figures
                curve.setData(series.times, drawn)
                if len(series):
                    # Of a recording that was cut off the last frames may not be restored.
                    seen.append(drawn)
                    times.append(series.times)
        if seen:
            self._fit(np.concatenate(times), np.concatenate(seen))

    def _fit(self, times: NDArray[np.float64], figures: NDArray[np.float64]) -> None:
        if heights := self._heights.cover(float(np.nanmin(figures)), float(np.nanmax(figures))):
            self.plot.setYRange(*heights, padding=0.0)
        if self.course.together != self._together:
            self._label_times()
        first = float(times.min())
        if span := self._times.cover(first, float(times.max())):
            self.plot.setXRange(first, span[1], padding=0.0)

    def _label_times(self) -> None:
        self._together = self.course.together
        each = f"; each point is the mean of {self._together} frames" if self._together > 1 else ""
        axis = "time, s" if self._timed else "frame"
        self.plot.setLabel("bottom", f"{axis}{each}", color=theme.FAINT)

    def _choose(self, relative: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.plot.setLabel("left", "% of start" if relative else "counts", color=theme.FAINT)
        self._draw()


class _ChannelCourse:
    """The course of one channel, and the background of its raw and restored images."""

    def __init__(self, most: int) -> None:
        self.series = DecimatedSeries(most)
        self.backgrounds = [math.nan, math.nan]

    def find_backgrounds(self, images: Sequence[Counts | None]) -> None:
        """Take those of the first frames, raw and restored, that there are."""
        for which, image in enumerate(images):
            if image is not None and math.isnan(self.backgrounds[which]):
                self.backgrounds[which] = _background(image)


def bleaching(means: NDArray[np.float64], background: float) -> NDArray[np.float64]:
    """Background-subtracted means in per cent of their start.

    Parameters
    ----------
    means : ndarray of float64, shape (n,)
        Of a region, in counts; NaN where there is none.
    background : float
        Counts where there is no light.

    Returns
    -------
    ndarray of float64, shape (n,)
        100 at the start, which is the mean of the first five; 0 everywhere if that is not brighter
        than the background.
    """
    signal = means - background
    known = signal[np.isfinite(signal)]
    start = float(known[:_FIRST_POINTS].mean()) if len(known) else 0.0
    return 100.0 * signal / start if start > 0.0 else np.zeros_like(signal)


def _mean(region: Counts) -> float:
    # A sum of 16-bit counts fits into 64 bits, which numpy adds faster than it does floats.
    return float(region.sum(dtype=np.uint64)) / region.size


def _background(image: Counts) -> float:
    step = max(1, image.shape[0] // 256)
    return float(np.percentile(image[::step, ::step], _BACKGROUND_PERCENTILE))
