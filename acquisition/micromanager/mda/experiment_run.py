"""An experiment as it is run: time points at their deadlines, by a clock that does not drift."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray

from acquisition import steady_clock
from acquisition.micromanager.core import first_line
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.plans import LATE_S, ExperimentPlan, Exposure
from acquisition.plans.durations import in_words

# So long at most nobody is asked anything while a deadline is waited for.
_SLICE_S = 0.1
# No question is asked any more so shortly before a deadline.
_QUIET_S = 0.03
# Of the time that the first exposure took to be prepared, and no longer than half an interval.
_AHEAD, _AHEAD_S = 1.5, 0.005

LIVE_IS_ON = "Live is on in Micro-Manager"
SLEPT = "the computer slept, or was busy"
EXPERIMENT_RUNS = "an experiment runs in Micro-Manager"


class Microscope(Protocol):
    """What `ExperimentRun` asks for, see `acquisition.micromanager.mda.hardware.Hardware`."""

    def forget(self) -> None: ...  # noqa: D102 - see there

    def prepare(self, exposure: Exposure) -> None: ...  # noqa: D102

    def snap(self, *, keep_shutter_open: bool = False) -> NDArray[Any]: ...  # noqa: D102

    def close_shutter(self) -> None: ...  # noqa: D102


class Listener(Protocol):
    """Who is told what becomes of an experiment."""

    def waits_for(self, moment: float) -> None:
        """Hear when the next time point is due, by `steady_clock`."""

    def takes(self, exposure: Exposure) -> None:
        """Hear that an exposure begins, and be patient."""

    def frame(
        self,
        pixels: NDArray[Any],
        exposure: Exposure,
        *,
        time_point: int,
        began_s: float,
        late_s: float,
    ) -> None:
        """Get a frame, when it began in seconds from the start, and how late its time point did.

        NaN where that has no deadline, or its first exposure failed.
        """

    def late(self, time_point: int, late_s: float) -> None:
        """Hear that a time point began after its deadline."""

    def missed(self, first: int, last: int, why: str) -> None:
        """Hear that time points were not taken."""

    def frame_missed(self, exposure: Exposure, time_point: int, why: str) -> None:
        """Hear that one frame of a time point was not taken."""

    def look(self) -> str:
        """Look at Micro-Manager; returns who has the camera, empty where nobody has."""


class ExperimentRun:
    """Takes the time points of a plan, from one on.

    A time point begins at its deadline, counted from the start; one that can't begin within half
    an interval of it is missed, and the next one begins at its own.

    Parameters
    ----------
    plan : ExperimentPlan
    microscope : Microscope
    listener : Listener
    stopping : threading.Event
        Ends it.
    clock : callable
        Seconds.
    """

    def __init__(
        self,
        plan: ExperimentPlan,
        microscope: Microscope,
        listener: Listener,
        *,
        stopping: threading.Event,
        clock: Callable[[], float] = steady_clock.seconds,
    ) -> None:
        self._plan = plan
        self._microscope = microscope
        self._listener = listener
        self._stopping = stopping
        self._clock = clock
        self._start = 0.0
        self._prepared_in_s = 0.0
        # Of the time point being taken.
        self._late_s = math.nan

    def run(self, start: float, time_point: int = 0) -> None:
        """Take all time points from one on.

        Parameters
        ----------
        start : float
            When the first of all was due, by the clock.
        time_point : int
            The first that is to be taken: those that are too late by now are missed.
        """
        self._start = start
        why = "Micro-Manager did not answer" if time_point else SLEPT
        while not self._stopping.is_set():
            time_point = self._pass_over(time_point, why)
            due_s = self._plan.due_s(time_point)
            if due_s is None:
                return
            if not self._wait_until(due_s - self._ahead_s(time_point), due_s):
                return
            if self._is_missed(time_point):
                why = SLEPT
                continue
            why = self._take(time_point, due_s)
            time_point += 1

    def _take(self, time_point: int, due_s: float) -> str:
        """Take one time point; returns why the next may be late."""
        exposures = self._plan.at(time_point)
        taken_by = self._listener.look()
        while taken_by and not self._plan.timed and not self._stopping.is_set():
            # It has no deadline that could be missed.
            self._stopping.wait(_SLICE_S)
            taken_by = self._listener.look()
        if taken_by:
            self._listener.missed(time_point, time_point, taken_by)
            # In its time, so that whoever has the camera is not asked without a pause.
            self._wait_until(min(self._plan.missed_s(time_point), due_s + _SLICE_S), due_s)
            return taken_by
        self._microscope.forget()
        why, self._late_s = "", math.nan
        try:
            for number, exposure in enumerate(exposures):
                if self._stopping.is_set():
                    break
                due = due_s if number == 0 else None
                why = self._take_one(exposure, time_point, due)
                if why == SLEPT:
                    self._listener.missed(time_point, time_point, why)
                    return why
                if why:
                    self._listener.frame_missed(exposure, time_point, why)
        finally:
            if not (exposures and exposures[-1].keep_shutter_open):
                self._microscope.close_shutter()
        return why or f"a time point takes {in_words(round(self._now_s() - due_s, 2))}"

    def _take_one(self, exposure: Exposure, time_point: int, due_s: float | None) -> str:
        """Take one frame, the first of a time point when that is due.

        Returns
        -------
        str
            Why it was missed, empty if it was not.
        """
        self._listener.takes(exposure)
        try:
            before_s = self._now_s()
            self._microscope.prepare(exposure)
            if due_s is not None:
                self._prepared_in_s = self._now_s() - before_s
                self._wait_until(due_s, due_s)
                if self._is_missed(time_point):
                    return SLEPT
            began_s = self._now_s()
            if due_s is not None and self._plan.timed:
                self._late_s = began_s - due_s
                if self._late_s > LATE_S:
                    self._listener.late(time_point, self._late_s)
            pixels = self._microscope.snap(keep_shutter_open=exposure.keep_shutter_open)
        except ExperimentRunning:
            why = EXPERIMENT_RUNS
        except Exception as error:
            # If Micro-Manager has gone, so does this call, and the client ends.
            why = self._listener.look() or first_line(error).rstrip(".")
        else:
            self._listener.frame(
                pixels, exposure, time_point=time_point, began_s=began_s, late_s=self._late_s
            )
            return ""
        self._microscope.forget()
        return why

    def _pass_over(self, time_point: int, why: str) -> int:
        """Pass over time points that are missed; returns the first that is not."""
        first = time_point
        while self._plan.due_s(time_point) is not None and self._is_missed(time_point):
            time_point += 1
        if time_point > first:
            self._listener.missed(first, time_point - 1, why)
        return time_point

    def _is_missed(self, time_point: int) -> bool:
        return self._now_s() > self._plan.missed_s(time_point)

    def _ahead_s(self, time_point: int) -> float:
        """So long before a deadline its first exposure is prepared."""
        if not self._plan.timed:
            return 0.0
        due_s = self._plan.due_s(time_point) or 0.0
        most = self._plan.missed_s(time_point) - due_s
        return min(_AHEAD * self._prepared_in_s + _AHEAD_S, most)

    def _wait_until(self, moment_s: float, due_s: float) -> bool:
        """Wait, and look at Micro-Manager meanwhile; returns whether it is not to end."""
        self._listener.waits_for(self._start + due_s)
        while not self._stopping.is_set():
            left = moment_s - self._now_s()
            if left <= 0:
                return True
            if left > _QUIET_S:
                self._listener.look()
                left = min(moment_s - self._now_s() - _QUIET_S / 2, _SLICE_S)
            self._stopping.wait(max(left, 0.0))
        return False

    def _now_s(self) -> float:
        return self._clock() - self._start
