"""Deadlines of an experiment on a real core, by a clock that the test moves."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pymmcore
import pytest
import useq
from numpy.typing import NDArray
from pyjavaz.bridge import _camel_case_2_snake_case

from acquisition.micromanager.experiment import Experiments
from acquisition.micromanager.mda.experiment_run import SLEPT, ExperimentRun
from acquisition.micromanager.mda.hardware import Hardware
from acquisition.plans import LATE_S, ExperimentPlan, Exposure, simple_plan
from acquisition.plans.useq_plan import plan_of
from tests.acquisition.micromanager.conftest import LONG
from tests.acquisition.micromanager.demo_core import demo_core
from tests.acquisition.micromanager.microscope import Shutters, add_microscope

START = 1000.0


class SnakeCore:
    """A core by the names that pycromanager gives it."""

    def __init__(self, core: pymmcore.CMMCore) -> None:
        self._by_name = {_camel_case_2_snake_case(name): name for name in dir(core)}
        self.core = core

    def __getattr__(self, name: str) -> Any:
        return getattr(self.core, self._by_name[name])


class Clock:
    """Stands still but when somebody waits; and an event that is set by the listener."""

    def __init__(self) -> None:
        self.now = START - 1.0
        self.stopped = False

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.stopped

    def wait(self, seconds: float) -> bool:
        # No wait is shorter than a clock's step.
        self.now += max(seconds, 1e-6)
        return self.stopped


class Witness:
    """Notes what an experiment says, and does things at given time points."""

    def __init__(self, core: SnakeCore, clock: Clock) -> None:
        self.core, self.clock = core, clock
        self.frames: list[tuple[int, Exposure, float]] = []
        self.late_s: list[float] = []
        self.where: list[tuple[str, float, float]] = []
        self.said: list[tuple[Any, ...]] = []
        self.sleep_before: dict[int, float] = {}
        self.exposure_s: dict[int, float] = {}
        self.taken_by = ""
        self._waited = itertools.count()
        self._moments: list[float] = []

    def waits_for(self, moment: float) -> None:
        if moment not in self._moments:
            self._moments.append(moment)
            self.clock.now += self.sleep_before.pop(len(self._moments) - 1, 0.0)

    def takes(self, exposure: Exposure) -> None:
        pass

    def frame(
        self,
        pixels: NDArray[Any],
        exposure: Exposure,
        *,
        time_point: int,
        began_s: float,
        late_s: float,
    ) -> None:
        assert pixels.shape == (48, 64)
        self.late_s.append(late_s)
        self.frames.append((time_point, exposure, began_s))
        core = self.core.core
        self.where.append(
            (core.getCurrentConfig("Channel"), core.getPosition(), round(core.getXPosition(), 2))
        )
        self.clock.now += self.exposure_s.get(time_point, 0.0)

    def late(self, time_point: int, late_s: float) -> None:
        self.said.append(("late", time_point, round(late_s, 3)))

    def missed(self, first: int, last: int, why: str) -> None:
        self.said.append(("missed", first, last, why))

    def frame_missed(self, exposure: Exposure, time_point: int, why: str) -> None:
        self.said.append(("frame missed", time_point, exposure.preset, why))

    def look(self) -> str:
        return self.taken_by

    def begins(self) -> list[float]:
        """When each time point began."""
        return [began for n, (t, _, began) in enumerate(self.frames) if t != self.frames[n - 1][0]]


class Bench:
    """A core with a microscope, and what runs on it."""

    def __init__(self) -> None:
        self.core = SnakeCore(demo_core())
        self.shutters: Shutters = add_microscope(self.core.core)
        self.core.core.setExposure(1)
        self.clock = Clock()
        self.witness = Witness(self.core, self.clock)
        self.hardware = Hardware(self.core, Experiments(None), z_start_um=7.0)

    def changes(self, count: int) -> list[tuple[str, bool]]:
        """Wait for so many changes of the shutters, which the core tells in its own time."""
        give_up = time.monotonic() + LONG
        while len(self.shutters.changes()) < count:
            assert time.monotonic() < give_up
            time.sleep(0.005)
        return self.shutters.changes()

    def run(self, plan: ExperimentPlan, time_point: int = 0) -> Witness:
        ExperimentRun(
            plan,
            self.hardware,
            self.witness,
            stopping=self.clock,  # type: ignore[arg-type]
            clock=self.clock,
        ).run(START, time_point)
        return self.witness


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.core.core.registerCallback(None)
    made.core.core.reset()


def named(plan: ExperimentPlan) -> ExperimentPlan:
    """Write the group of channels into a plan."""
    content = plan.as_json()
    for one in content["exposures"]:
        one["group"] = "Channel" if one["preset"] else ""
    return ExperimentPlan.read(content)


def test_each_exposure_finds_channel_focus_and_stage_as_planned(bench: Bench) -> None:
    sequence = useq.MDASequence(
        axis_order="tpzc",
        time_plan={"interval": 10, "loops": 2},
        channels=["GFP", "mCherry"],
        z_plan={"range": 2, "step": 1},
        stage_positions=[{"x": 0.0, "y": 0.0}, {"x": 0.1, "y": 0.1, "z": 3.0}],
    )
    witness = bench.run(plan_of(sequence))
    of_one = [
        (channel, z, x)
        for x, middle in ((0.0, 7.0), (0.1, 3.0))
        for z in (middle - 1, middle, middle + 1)
        for channel in ("GFP", "mCherry")
    ]
    assert witness.where == of_one * 2
    assert witness.begins() == pytest.approx([0.0, 10.0])
    assert witness.said == []


def test_deadlines_do_not_drift_however_long_exposures_take(bench: Bench) -> None:
    bench.witness.exposure_s = dict.fromkeys(range(100), 0.3)
    witness = bench.run(named(simple_plan(1.0, ["GFP", "mCherry"], 20.0)))
    assert witness.begins() == pytest.approx([float(n) for n in range(20)])
    assert witness.said == []


def test_a_late_time_point_is_told_and_the_next_begins_at_its_own_deadline(bench: Bench) -> None:
    bench.witness.exposure_s = {3: 1.2}
    witness = bench.run(simple_plan(1.0, (), 8.0))
    assert witness.begins() == pytest.approx([0, 1, 2, 3, 4.2, 5, 6, 7])
    assert witness.said == [("late", 4, pytest.approx(0.2))]
    assert LATE_S < 0.2
    # What the record has of it: when it was due is when it began less how late that was.
    assert witness.late_s == pytest.approx([0, 0, 0, 0, 0.2, 0, 0, 0], abs=1e-3)


def test_a_time_point_that_would_be_pressed_together_with_the_next_is_missed(bench: Bench) -> None:
    bench.witness.exposure_s = {1: 2.7}
    witness = bench.run(simple_plan(1.0, (), 6.0))
    assert witness.begins() == pytest.approx([0, 1, 4, 5])
    assert witness.said == [("missed", 2, 3, "a time point takes 2.7 s")]


def test_a_computer_that_slept_for_a_minute_misses_time_points_and_bunches_none(
    bench: Bench,
) -> None:
    bench.witness.sleep_before = {5: 60.0}
    witness = bench.run(simple_plan(2.0, (), 100.0))
    taken = [time_point for time_point, _, _ in witness.frames]
    # It fell asleep after the fifth one, 8 s after the start.
    assert witness.said == [("missed", 5, 33, SLEPT)]
    assert taken == [*range(5), *range(34, 50)]
    assert np.diff(witness.begins()).min() == pytest.approx(2.0)


def test_an_experiment_that_was_cut_off_goes_on_with_the_time_point_that_is_due(
    bench: Bench,
) -> None:
    bench.clock.now = START + 7.7
    witness = bench.run(simple_plan(1.0, (), 10.0), 3)
    assert witness.said == [("missed", 3, 7, "Micro-Manager did not answer")]
    assert witness.begins() == pytest.approx([8.0, 9.0])


def test_time_points_are_missed_while_somebody_else_has_the_camera(bench: Bench) -> None:
    witness = bench.witness
    original = witness.waits_for

    def press_live(moment: float) -> None:
        witness.taken_by = "Live is on" if 2.0 <= moment - START <= 3.0 else ""
        original(moment)

    witness.waits_for = press_live  # type: ignore[method-assign]
    bench.run(simple_plan(1.0, (), 6.0))
    assert witness.said == [("missed", 2, 2, "Live is on"), ("missed", 3, 3, "Live is on")]
    assert witness.begins() == pytest.approx([0, 1, 4, 5])


def test_without_an_interval_time_points_follow_one_another(bench: Bench) -> None:
    bench.witness.exposure_s = dict.fromkeys(range(10), 0.7)
    plan = plan_of(useq.MDASequence(time_plan={"interval": 0, "loops": 4}))
    witness = bench.run(plan)
    assert np.diff(witness.begins()) == pytest.approx([0.7, 0.7, 0.7])
    assert np.isnan(witness.late_s).all()
    assert witness.said == []


def test_what_has_no_deadline_waits_until_the_camera_is_free(bench: Bench) -> None:
    witness, looks = bench.witness, itertools.count()
    witness.look = lambda: "Live is on" if next(looks) < 20 else ""  # type: ignore[method-assign]
    bench.run(plan_of(useq.MDASequence(time_plan={"interval": 0, "loops": 3})))
    assert len(witness.frames) == 3
    assert witness.said == []


def test_nothing_is_set_and_snapped_once_the_camera_runs_for_somebody(bench: Bench) -> None:
    before = bench.core.core.getCurrentConfig("Channel")
    bench.core.core.startContinuousSequenceAcquisition(0)
    witness = bench.run(named(simple_plan(1.0, ["GFP", "mCherry"], 1.0)))
    assert [words[:3] for words in witness.said] == [
        ("frame missed", 0, "GFP"),
        ("frame missed", 0, "mCherry"),
    ]
    assert bench.core.core.getCurrentConfig("Channel") == before
    assert bench.core.core.isSequenceRunning()
    bench.core.core.stopSequenceAcquisition()


def test_a_stage_that_times_out_costs_its_frames_and_nothing_else(bench: Bench) -> None:
    """The demo stage moves 10 µm a second."""
    bench.core.core.setTimeoutMs(30)
    sequence = useq.MDASequence(
        axis_order="tpc",
        time_plan={"interval": 100, "loops": 2},
        stage_positions=[{"x": 0.0, "y": 0.0}, {"x": 5000.0, "y": 0.0}],
    )
    witness = bench.run(plan_of(sequence))
    # It may be back at the second time point, and never is at the far place.
    assert {exposure.x_um for _, exposure, _ in witness.frames} == {0.0}
    missed = [words[:2] for words in witness.said]
    assert set(missed) == {("frame missed", 0), ("frame missed", 1)}
    assert len(missed) + len(witness.frames) == 4
    assert "XY" in witness.said[0][3]


def test_the_shutter_is_open_only_while_a_picture_is_taken(bench: Bench) -> None:
    bench.run(named(simple_plan(1.0, ["GFP", "Cy5"], 3.0)))
    one = [("Lamp", True), ("Lamp", False), ("Laser", True), ("Laser", False)]
    assert bench.changes(12) == one * 3
    assert bench.core.core.getAutoShutter()


def test_the_shutter_is_kept_open_across_slices_where_the_plan_says_so(bench: Bench) -> None:
    sequence = useq.MDASequence(
        axis_order="tcz",
        time_plan={"interval": 1, "loops": 2},
        channels=["GFP", "Cy5"],
        z_plan={"range": 2, "step": 1},
        keep_shutter_open_across=["z"],
    )
    bench.run(plan_of(sequence))
    both = [("Lamp", True), ("Lamp", False), ("Laser", True), ("Laser", False)]
    assert bench.changes(8) == both * 2
    assert bench.core.core.getAutoShutter()


def test_a_shutter_kept_open_is_closed_when_its_time_point_fails(bench: Bench) -> None:
    sequence = useq.MDASequence(
        axis_order="tzc",
        time_plan={"interval": 1, "loops": 1},
        channels=["GFP", "mCherry"],
        keep_shutter_open_across=["c"],
    )
    broken = plan_of(sequence).as_json()
    broken["exposures"][1]["preset"] = "no longer there"
    witness = bench.run(ExperimentPlan.read(broken))
    assert [words[:3] for words in witness.said] == [("frame missed", 0, "no longer there")]
    assert not bench.core.core.getShutterOpen()
    assert bench.core.core.getAutoShutter()
