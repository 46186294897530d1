"""A recorded time-lapse, delivered as if it came from the microscope."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from acquisition.errors import EndOfFrames
from acquisition.frame import Frame, FrameFormat
from acquisition.images.choice import StreamChoice
from acquisition.names import readable
from acquisition.pacing import Pacer, parse_rate, rate_in_words
from acquisition.timelapse import ANY_STREAM, TimeLapse

# How fast frames are shown of which the file does not say when they were acquired.
PACE_IF_UNKNOWN_S = 0.25


class ReplaySource:
    """Plays a recorded time-lapse, see `FrameSource`.

    Parameters
    ----------
    path : str or Path
        The file, or the folder of a recording.
    rate : str, optional
        Frames per second or ``max``; by default the file's own times, or 4 frames/s where it does
        not state any. Only the pace changes: frames keep the times at which they were acquired.
    loop : bool
        Begin again at the end. The step back to the first picture is a cut in the movie: one frame
        number is left out there, so that no window spans it.
    choice : StreamChoice
        Which channel, slice and position, where the file has several.
    interval_s : float, optional
        Time from frame to frame in s, whatever the file says. Where nothing says it, frames have no
        times.

    Raises
    ------
    SourceError
        If the rate is no rate.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rate: str | None = None,
        loop: bool = False,
        choice: StreamChoice = ANY_STREAM,
        interval_s: float | None = None,
    ) -> None:
        self.url = f"replay:{readable(path)}"
        self.frame_count: int | None = None
        self.urgent = False
        self._path = Path(path)
        self._rate = parse_rate(rate)
        self._loop = loop
        self._choice, self._stated_interval = choice, interval_s
        self.settings: Mapping[str, str] = {
            "file": readable(self._path.name),
            "rate": rate_in_words(self._rate),
            "loop": "yes" if loop else "no",
            **choice.in_words(),
        }
        self._time_lapse: TimeLapse | None = None
        self._delivered = 0
        # The moment of the last frame that was waited for, and how many were before it.
        self._last_moment, self._paced = 0.0, 0
        self._pacer = Pacer()
        self._reading = threading.Lock()

    @property
    def status(self) -> str:
        """Nothing to say: frames come as they should."""
        return ""

    @property
    def connected(self) -> bool:
        """Always: nothing can be lost."""
        return True

    def open(self) -> FrameFormat:
        """Open the file and look it over.

        Returns
        -------
        FrameFormat

        Raises
        ------
        SourceError
            If it is no time-lapse that can be played, or has several and none was chosen.
        """
        self._time_lapse = TimeLapse(self._path, self._choice, self._stated_interval)
        if self._time_lapse.missing:
            self.settings = {**self.settings, "missing": self._time_lapse.missing}
        if not self._loop:
            self.frame_count = self._time_lapse.frame_count
        return self._time_lapse.format

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
        time_lapse = self._time_lapse
        if time_lapse is None or self._pacer.stopped():
            raise EndOfFrames
        turn, position = divmod(self._delivered, time_lapse.frame_count)
        if turn and not self._loop:
            raise EndOfFrames
        acquired = self._acquired(time_lapse, turn, position)
        if not self._pacer.wait_until(self._moment(acquired), timeout):
            return None
        with self._reading:
            if self._pacer.stopped():
                return None
            pixels = time_lapse.frame(position)
        index = self._index(time_lapse, turn, position)
        self._delivered += 1
        return Frame(pixels=pixels, index=index, acquired=acquired, received=time.perf_counter())

    def close(self) -> None:
        """Close the file and wake a waiting `read`."""
        self._pacer.stop()
        with self._reading:
            if self._time_lapse is not None:
                self._time_lapse.close()

    def _index(self, time_lapse: TimeLapse, turn: int, position: int) -> int:
        numbers = time_lapse.indices
        if numbers is None:
            return self._delivered + turn
        return numbers[position] + turn * (numbers[-1] + 2)

    def _acquired(self, time_lapse: TimeLapse, turn: int, position: int) -> float:
        """When the frame was acquired; NaN where the file does not say it."""
        times, interval = time_lapse.times_s, time_lapse.format.interval_s
        if times is None:
            return math.nan
        if not turn:
            return times[position]
        return turn * (times[-1] + 2 * (interval or math.nan)) + times[position]

    def _moment(self, acquired: float) -> float:
        if self._rate is not None:
            return 0.0 if math.isinf(self._rate) else self._delivered / self._rate
        if math.isfinite(acquired):
            self._last_moment = acquired
            return acquired
        interval = (self._time_lapse and self._time_lapse.format.interval_s) or PACE_IF_UNKNOWN_S
        if self._paced < self._delivered:
            self._paced = self._delivered
            self._last_moment += interval
        return self._last_moment
