"""Keeping time: frames handed out at their moments, however long the reader takes in between."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping

from acquisition.channel import StreamKey
from acquisition.errors import SourceError
from acquisition.frame import NOTHING_MISSING, Missing

FASTEST = "max"
LONG_WAIT_S = 1.0


def parse_rate(rate: str | None) -> float | None:
    """Understand what a user typed for ``--rate``.

    Parameters
    ----------
    rate : str or None
        Frames per second, or ``max``.

    Returns
    -------
    float or None
        Frames per second; infinity for ``max``; None, the source's own rate, for None.

    Raises
    ------
    SourceError
        If it is neither a positive number nor ``max``.
    """
    if rate is None:
        return None
    if rate.strip().lower() == FASTEST:
        return math.inf
    try:
        frames_per_second = float(rate)
    except ValueError:
        frames_per_second = math.nan
    if not (math.isfinite(frames_per_second) and frames_per_second > 0):
        raise SourceError(
            f"A frame rate of {rate!r} can't be kept.",
            "Give frames per second, such as --rate 4, or --rate max for as fast as possible.",
        )
    return frames_per_second


def rate_in_words(frames_per_second: float | None) -> str:
    """Say a rate as `parse_rate` returns it, for the record of a session."""
    if frames_per_second is None:
        return "as acquired"
    if math.isinf(frames_per_second):
        return FASTEST
    return f"{frames_per_second:g} frames/s"


class Pacer:
    """Waits for moments on one clock that starts with the first wait.

    Every moment is counted from that start, so waits that end late do not add up.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._stopped = threading.Event()
        # The last moment that was waited for, and whether for long after the one before it.
        self._moment, self._long = 0.0, False

    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the moment that is waited for, if that is a long wait; else None."""
        if self._start is None or not self._long:
            return None
        remaining = self._start + self._moment - time.perf_counter()
        return remaining if remaining > 0 and not self.stopped() else None

    def wait_until(self, moment: float, timeout: float) -> bool:
        """Wait for a moment, but no longer than `timeout`.

        Parameters
        ----------
        moment : float
            Seconds after the start.
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        bool
            Whether the moment has come; False on a time-out and after `stop`.
        """
        now = time.perf_counter()
        if self._start is None:
            self._start = now
        if moment != self._moment:
            self._moment, self._long = moment, moment - self._moment > LONG_WAIT_S
        give_up = now + timeout
        due = self._start + moment
        while not self._stopped.is_set():
            now = time.perf_counter()
            if now >= due:
                return True
            if now >= give_up:
                return False
            self._stopped.wait(min(due, give_up) - now)
        return False

    def stop(self) -> None:
        """Wake who waits; no moment comes any more."""
        self._stopped.set()


class SelfPacedSource:
    """What is alike in sources that make their frames themselves: they lose none, and keep a pace.

    Parameters
    ----------
    url : str
        For the record.
    rate : str, optional
        See `parse_rate`.

    Raises
    ------
    SourceError
        If the rate can't be understood.
    """

    def __init__(self, url: str, rate: str | None) -> None:
        self.url = url
        self.frame_count: int | None = None
        self.first_index: int | None = None
        self.missing_after: Mapping[StreamKey, Missing] = NOTHING_MISSING
        self.urgent = False
        self._rate = parse_rate(rate)
        self._delivered = 0
        self._pacer = Pacer()

    @property
    def status(self) -> str:
        """Nothing to say: frames come as they should."""
        return ""

    @property
    def connected(self) -> bool:
        """Always: nothing can be lost."""
        return True

    @property
    def next_frame_s(self) -> float | None:
        """Seconds until the next frame is due, where more than one lies between frames."""
        return self._pacer.remaining_s
