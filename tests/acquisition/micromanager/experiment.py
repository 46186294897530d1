"""Experiments of the stand-in: run on the real core, and killed as Micro-Manager's own are.

Nothing here decides that an experiment fails: the core refuses a snap while a sequence runs, and
each of Micro-Manager's two acquisition engines does with that what it does in Micro-Manager.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pymmcore

DEFAULT, ACQ_ENG_J = "default", "AcqEngJ"


class Experiment(threading.Thread):
    """One Multi-D Acquisition of one channel.

    Parameters
    ----------
    core : pymmcore.CMMCore
    calls : Counter
        Of clients, by method.
    points : int
        Time points.
    interval_s : float
        From one to the next; at 0 they are one sequence, whose images the engine pops.
    engine : str
        Which of Micro-Manager's engines: the default one tries twice, and names the device only.
    held : bool
        Whether it prepares itself until it is told to `go`.

    Attributes
    ----------
    images : int
        How many it has taken.
    error : str
        Why it failed; empty where it did not.
    calls : dict of str to int
        What clients called while it ran.
    """

    def __init__(
        self,
        core: pymmcore.CMMCore,
        calls: Counter[str],
        points: int,
        interval_s: float,
        engine: str = DEFAULT,
        held: bool = False,
    ) -> None:
        super().__init__(daemon=True)
        self._calls, self._calls_before = calls, calls.copy()
        self._core, self._points, self._interval_s, self._engine = core, points, interval_s, engine
        self._prepared, self._unpaused = threading.Event(), threading.Event()
        self._unpaused.set()
        if not held:
            self._prepared.set()
        self._over = threading.Event()
        self.images = 0
        self.error = ""
        self.calls: dict[str, int] = {}

    @property
    def running(self) -> bool:
        """Whether it has not ended; paused or not."""
        return not self._over.is_set()

    @property
    def paused(self) -> bool:
        """Whether it was told to pause."""
        return not self._unpaused.is_set()

    def go(self) -> None:
        """Begin with the first time point."""
        self._prepared.set()

    def pause(self, paused: bool) -> None:
        """Wait before the next time point, or wait no longer."""
        if paused:
            self._unpaused.clear()
        else:
            self._unpaused.set()

    def run(self) -> None:
        """Take all time points, or fail."""
        try:
            self._prepared.wait()
            self._take_all()
        except Exception as error:
            self.error = f"Acquisition failed. {error}"
        finally:
            # Both engines leave a camera behind that stands still.
            if self._core.isSequenceRunning():
                self._core.stopSequenceAcquisition()
            self.calls = dict(self._calls - self._calls_before)
            self._over.set()

    def account(self) -> dict[str, Any]:
        """Say what else there is to say of it."""
        return {}

    def stop(self) -> None:
        """End it before its time."""
        raise NotImplementedError

    def _take_all(self) -> None:
        if self._interval_s:
            self._snap_all()
        else:
            self._pop_all()

    def _snap_all(self) -> None:
        for _ in range(self._points):
            self._unpaused.wait()
            self._try(self._core.snapImage)
            self._core.getImage()
            self.images += 1
            self._over.wait(self._interval_s)

    def _pop_all(self) -> None:
        self._try(lambda: self._core.startSequenceAcquisition(self._points, 0, True))
        while self.images < self._points:
            while self._core.isSequenceRunning() and not self._core.getRemainingImageCount():
                self._over.wait(0.001)
            self._core.popNextImage()
            self.images += 1

    def _try(self, call: Callable[[], Any]) -> None:
        if self._engine == ACQ_ENG_J:
            call()
            return
        for _ in range(2):
            try:
                call()
            except RuntimeError:
                continue
            return
        raise RuntimeError(f"Device failure: {self._core.getCameraDevice()}")


class Acquisitions:
    """Micro-Manager's AcquisitionManager, as far as a client may call it."""

    def __init__(self) -> None:
        self.current: Experiment | None = None

    def begin(self, experiment: Experiment) -> None:
        """Run an experiment."""
        self.current = experiment
        experiment.start()

    def isAcquisitionRunning(self) -> bool:  # noqa: N802 - Java's name
        return self.current is not None and self.current.running

    def isPaused(self) -> bool:  # noqa: N802 - Java's name
        return self.current is not None and self.current.running and self.current.paused
