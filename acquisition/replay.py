"""A recorded time-lapse, delivered as if it came from the microscope."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from acquisition.errors import EndOfFrames
from acquisition.frame import Frame, FrameFormat
from acquisition.pacing import Pacer, parse_rate, rate_in_words
from acquisition.timelapse import TimeLapse

# For a file that does not say how fast it was recorded.
INTERVAL_IF_UNKNOWN_S = 0.25


class ReplaySource:
    """Plays a TIFF time-lapse, see `FrameSource`.

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

    Raises
    ------
    SourceError
        If the rate is no rate.
    """

    def __init__(self, path: str | Path, *, rate: str | None = None, loop: bool = False) -> None:
        self.url = f"replay:{path}"
        self.frame_count: int | None = None
        self.urgent = False
        self._path = Path(path)
        self._rate = parse_rate(rate)
        self._loop = loop
        self.settings: Mapping[str, str] = {
            "file": self._path.name,
            "rate": rate_in_words(self._rate),
            "loop": "yes" if loop else "no",
        }
        self._time_lapse: TimeLapse | None = None
        self._interval = INTERVAL_IF_UNKNOWN_S
        self._delivered = 0
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
            If it is no time-lapse that can be played.
        """
        self._time_lapse = TimeLapse(self._path)
        self._interval = self._time_lapse.format.interval_s or INTERVAL_IF_UNKNOWN_S
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
        return Frame(pixels, index, acquired, time.perf_counter())

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
        times = time_lapse.times_s
        if times is None:
            return (turn * (time_lapse.frame_count + 1) + position) * self._interval
        return turn * (times[-1] + 2 * self._interval) + times[position]

    def _moment(self, acquired: float) -> float:
        if self._rate is None:
            return acquired
        return 0.0 if math.isinf(self._rate) else self._delivered / self._rate
