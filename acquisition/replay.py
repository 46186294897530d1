"""A recorded experiment, delivered as if it came from the microscope."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from acquisition.errors import EndOfFrames
from acquisition.experiment import Experiment
from acquisition.frame import Frame, FrameFormat
from acquisition.images.choice import StreamChoice
from acquisition.names import readable
from acquisition.pacing import SelfPacedSource, rate_in_words
from acquisition.timelapse import ANY_STREAM

# How fast frames are shown of which the file does not say when they were acquired.
PACE_IF_UNKNOWN_S = 0.25


class ReplaySource(SelfPacedSource):
    """Plays a recorded time-lapse, of one stream or several, see `FrameSource`.

    Parameters
    ----------
    path : str or Path
        The file, or the folder of a recording.
    rate : str, optional
        Frames per second of each stream or ``max``; by default the file's own times, or 4 frames/s
        where it does not state any. Only the pace changes: frames keep the times at which they were
        acquired.
    loop : bool
        Begin again at the end. The step back to the first picture is a cut in the movie: one frame
        number is left out there, so that no window spans it.
    choice : StreamChoice
        Which channels, slice and position, where the file has several; all where none is chosen.
    interval_s : float, optional
        Time from frame to frame of a stream in s, whatever the file says. Where nothing says it,
        frames have no times.
    stills : bool
        Play single images, and stacks in z at a single time, too.

    Raises
    ------
    SourceError
        If the rate can't be understood.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rate: str | None = None,
        loop: bool = False,
        choice: StreamChoice = ANY_STREAM,
        interval_s: float | None = None,
        stills: bool = False,
    ) -> None:
        super().__init__(f"replay:{readable(path)}", rate)
        self._path = Path(path)
        self._loop = loop
        self._choice, self._stated_interval, self._stills = choice, interval_s, stills
        self.settings: Mapping[str, str] = {
            "file": readable(self._path.name),
            "rate": rate_in_words(self._rate),
            "loop": "yes" if loop else "no",
            **choice.in_words(),
        }
        self._experiment: Experiment | None = None
        # The moment of the last frame that was waited for, and the time points until then.
        self._last_moment, self._paced = 0.0, 0
        self._reading = threading.Lock()

    def open(self) -> FrameFormat:
        """Open the file and look it over.

        Returns
        -------
        FrameFormat

        Raises
        ------
        SourceError
            If it is not a time-lapse that can be played, or nothing of it was chosen.
        """
        experiment = Experiment(
            self._path, self._choice, self._stated_interval, stills=self._stills
        )
        self._experiment = experiment
        if experiment.missing:
            self.settings = {**self.settings, "missing": experiment.missing}
        if not self._loop:
            self.frame_count = experiment.frame_count
        return experiment.format

    def read(self, timeout: float) -> Frame | None:
        """Wait for the next frame's moment and return it.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        Frame or None
            None if its moment did not come in time.

        Raises
        ------
        EndOfFrames
            After the last frame, or when closed.
        SourceError
            If the frame is damaged.
        """
        experiment = self._experiment
        if experiment is None or self._pacer.stopped():
            raise EndOfFrames
        turn, place = divmod(self._delivered, experiment.frame_count)
        if turn and not self._loop:
            raise EndOfFrames
        acquired = _acquired(experiment, turn, place)
        time_points = turn * experiment.time_points + experiment.rank(place)
        if not self._pacer.wait_until(self._moment(acquired, time_points), timeout):
            return None
        with self._reading:
            if self._pacer.stopped():
                return None
            pixels = experiment.frame(place)
        self._delivered += 1
        return Frame(
            pixels=pixels,
            index=experiment.index(place) + turn * (experiment.last_index + 2),
            time_point=experiment.time_point(place) + turn * (experiment.last_time_point + 2),
            acquired=acquired,
            received=time.perf_counter(),
            stream=experiment.stream(place),
        )

    def close(self) -> None:
        """Close the file and wake a waiting `read`."""
        self._pacer.stop()
        with self._reading:
            if self._experiment is not None:
                self._experiment.close()

    def _moment(self, acquired: float, time_points: int) -> float:
        """When a frame is due, in s after the first, that so many time points come before."""
        if self._rate is not None:
            return 0.0 if math.isinf(self._rate) else time_points / self._rate
        if math.isfinite(acquired):
            self._last_moment, self._paced = acquired, time_points
            return acquired
        interval = (self._experiment and self._experiment.format.interval_s) or PACE_IF_UNKNOWN_S
        if self._paced < time_points:
            self._paced = time_points
            self._last_moment += interval
        return self._last_moment


def _acquired(experiment: Experiment, turn: int, place: int) -> float:
    """When a frame was acquired; NaN where the file does not say it."""
    acquired = experiment.time_s(place)
    if not turn:
        return acquired
    interval = experiment.format.interval_s or math.nan
    return turn * (experiment.last_s + 2 * interval) + acquired
