"""Plans: when what is due, and what can't be."""

from __future__ import annotations

import json

import pytest

from acquisition import Channel, SourceError, StreamKey
from acquisition.plans import ExperimentPlan, Exposure, Phase, parse_duration, simple_plan


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("2s", 2), ("2", 2), ("500ms", 0.5), ("1.5 min", 90), ("30MIN", 1800), ("2h", 7200)],
)
def test_times_are_read_as_they_are_typed(typed: str, seconds: float) -> None:
    assert parse_duration(typed) == pytest.approx(seconds)


@pytest.mark.parametrize("typed", ["", "s", "0s", "-2s", "2 weeks", "1.2.3s", "nan", "inf"])
def test_what_is_no_time_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(SourceError) as told:
        parse_duration(typed)
    assert "--interval 2s" in told.value.fix


def test_a_duration_holds_the_time_points_that_begin_in_it() -> None:
    plan = simple_plan(2.0, ["GFP", "mCherry"], 1800.0)
    assert plan.time_points == 900
    assert plan.frame_count == 1800
    assert plan.due_s(899) == 1798.0
    assert plan.due_s(900) is None
    assert plan.channels == (Channel("GFP"), Channel("mCherry"))
    assert [one.stream for one in plan.at(7)] == [StreamKey(channel=0), StreamKey(channel=1)]
    # 0.3 is no multiple of 0.1 to a computer.
    assert simple_plan(0.1, (), 0.3).time_points == 3
    assert simple_plan(10.0, (), 0.5).time_points == 1


def test_without_a_duration_there_is_no_end() -> None:
    plan = simple_plan(0.1)
    assert plan.time_points is None
    assert plan.frame_count is None
    # Deadlines are products, and never sums that drift.
    assert plan.due_s(1_000_000) == 0.1 * 1_000_000


def test_a_time_point_is_missed_half_an_interval_after_its_deadline() -> None:
    plan = ExperimentPlan(
        exposures=(Exposure(),),
        phases=(
            Phase(interval_s=1.0, time_points=3),
            Phase(first_s=12.0, interval_s=10.0, time_points=2),
        ),
    )
    assert [plan.due_s(t) for t in range(6)] == [0, 1, 2, 12, 22, None]
    assert [plan.missed_s(t) for t in range(5)] == [0.5, 1.5, 7.0, 17.0, 27.0]


def test_what_goes_as_fast_as_it_can_is_never_missed() -> None:
    plan = ExperimentPlan(exposures=(Exposure(),), phases=(Phase(time_points=5),))
    assert not plan.timed
    assert plan.interval_s is None
    assert plan.missed_s(3) == float("inf")
    plan.check_times(1000.0)


def test_exposures_that_do_not_fit_are_refused_with_the_shortest_interval_that_does() -> None:
    plan = simple_plan(0.5, ["GFP", "mCherry"])
    plan.check_times(250.0)
    with pytest.raises(SourceError) as told:
        plan.check_times(300.0)
    assert "The 2 exposures of a time point take 600 ms" in told.value.problem
    assert told.value.fix.endswith("--interval 0.6s")
    with pytest.raises(SourceError) as told:
        plan.check_times(800.0)
    assert "An exposure of 800 ms is longer than the interval of 500 ms." in told.value.problem


def test_a_plan_comes_whole_out_of_json() -> None:
    plan = ExperimentPlan(
        exposures=(
            Exposure(stream=StreamKey(1, 0, 2), group="Channel", preset="GFP", x_um=1.0, every=3),
            Exposure(exposure_ms=10.0, z_um=-1.0, z_from_start=True, keep_shutter_open=True),
        ),
        phases=(Phase(interval_s=2.0),),
        channels=(Channel("GFP", (0, 255, 0), 509.0), Channel()),
        slices=3,
        z_step_um=0.5,
        positions=("a", "b"),
    )
    assert ExperimentPlan.read(json.loads(json.dumps(plan.as_json()))) == plan
