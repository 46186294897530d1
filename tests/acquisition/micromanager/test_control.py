"""Whatever changes something in Micro-Manager is refused while an experiment runs there."""

from __future__ import annotations

from typing import Any

import pymmcore
import pytest

from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.experiment import ExperimentRunning, Experiments
from tests.acquisition.micromanager.demo_core import demo_core


class Acquisitions:
    """An experiment that begins with the question of this number."""

    def __init__(self, begins_at: int) -> None:
        self._questions, self._begins_at = 0, begins_at

    def is_acquisition_running(self) -> bool:
        self._questions += 1
        return self._questions >= self._begins_at


class Named:
    """A core with the names that pycromanager gives its calls."""

    def __init__(self, core: pymmcore.CMMCore) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Any:
        first, *others = name.split("_")
        return getattr(self._core, first + "".join(word.title() for word in others))


def test_each_call_asks_right_before_it_and_is_refused_in_an_experiment() -> None:
    core = demo_core()
    core.startContinuousSequenceAcquisition(0)
    while not core.getRemainingImageCount():
        pass
    control = CameraControl(Named(core), Experiments(Acquisitions(begins_at=1)))
    for call in (
        control.stop,
        control.clear_buffer,
        control.start,
        lambda: control.use_camera("Nobody"),
    ):
        with pytest.raises(ExperimentRunning, match="the camera is left to it"):
            call()
    assert core.isSequenceRunning()
    assert core.getRemainingImageCount()
    control.stop_ours()
    assert not core.isSequenceRunning()


def test_an_experiment_that_begins_between_two_calls_stops_the_second() -> None:
    core = demo_core()
    control = CameraControl(Named(core), Experiments(Acquisitions(begins_at=2)))
    control.clear_buffer()
    with pytest.raises(ExperimentRunning):
        control.start()
    assert not core.isSequenceRunning()
