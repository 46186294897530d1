"""Plans from the field's own files, as useq-schema itself writes and understands them."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
import useq

from acquisition import Channel, SourceError
from acquisition.plans import ExperimentPlan, Phase
from acquisition.plans.useq_plan import plan_of, read_plan
from tests.places import ROOT

PLAN = """
axis_order: tpcz
time_plan: {interval: 2, loops: 5}
channels:
  - {config: GFP, exposure: 30}
  - {config: mCherry, group: Light, exposure: 50, acquire_every: 2}
z_plan: {range: 2, step: 1}
stage_positions:
  - {x: 10, y: 20, name: left}
  - {x: 30, y: 40, z: 7, name: right}
"""


def written(tmp_path: Path, text: str, name: str = "plan.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def events_by_plan(plan: ExperimentPlan) -> list[tuple[Any, ...]]:
    """List all frames of a plan."""
    found = []
    for time_point in range(plan.time_points or 0):
        found += [
            (
                time_point,
                *one.stream,
                plan.due_s(time_point),
                one.preset,
                one.exposure_ms,
                one.z_um,
                one.x_um,
                one.keep_shutter_open,
            )
            for one in plan.at(time_point)
        ]
    return found


def events_by_useq(sequence: useq.MDASequence) -> list[tuple[Any, ...]]:
    """List the same by useq's own iteration."""
    return [
        (
            event.index["t"],
            event.index.get("p", 0),
            event.index.get("c", 0),
            event.index.get("z", 0),
            event.min_start_time,
            event.channel.config if event.channel else "",
            event.exposure,
            event.z_pos,
            event.x_pos,
            event.keep_shutter_open,
        )
        for event in sequence
    ]


def test_a_yaml_file_becomes_what_it_says(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN))
    assert plan.phases == (Phase(interval_s=2.0, time_points=5),)
    assert plan.channels == (Channel("GFP"), Channel("mCherry"))
    assert plan.slices == 3
    assert plan.z_step_um == 1.0
    assert plan.positions == ("left", "right")
    assert plan.frame_count == 2 * (5 * 3 + 3 * 3)
    left, right = plan.exposures[0], plan.exposures[-1]
    assert (left.preset, left.group, left.exposure_ms) == ("GFP", "Channel", 30.0)
    assert (right.preset, right.group, right.every) == ("mCherry", "Light", 2)
    # Where no z is given, slices lie around the focus at the start.
    assert (left.z_um, left.z_from_start) == (-1.0, True)
    assert (right.z_um, right.z_from_start) == (8.0, False)
    assert (right.x_um, right.y_um) == (30.0, 40.0)


def test_a_json_file_that_useq_wrote_becomes_the_same_plan(tmp_path: Path) -> None:
    by_yaml = read_plan(written(tmp_path, PLAN))
    sequence = useq.MDASequence.from_file(tmp_path / "plan.yaml")
    by_json = written(tmp_path, sequence.model_dump_json(exclude_unset=True), "plan.json")
    assert read_plan(by_json) == by_yaml


@pytest.mark.parametrize(
    "said",
    [
        {"time_plan": {"interval": 1, "loops": 3}},
        {
            "time_plan": [{"interval": 1, "loops": 3}, {"interval": 10, "duration": 30}],
            "channels": ["GFP", "mCherry"],
        },
        {
            "time_plan": [{"interval": 0.5, "duration": 2}, {"duration": 6, "loops": 3}],
            "channels": [{"config": "GFP", "do_stack": False}, "mCherry"],
            "z_plan": {"top": 4, "bottom": 0, "step": 2},
            "axis_order": "tzc",
        },
        {
            "time_plan": {"interval": 1, "loops": 4},
            "channels": [{"config": "GFP", "acquire_every": 3}],
            "stage_positions": [(1, 2, 3), (4, 5, 6)],
        },
        {
            "time_plan": {"interval": 1, "loops": 2},
            "channels": ["GFP", "mCherry"],
            "z_plan": {"above": 1, "below": 1, "step": 1},
            "stage_positions": [(1, 2, 3)],
            "keep_shutter_open_across": ["z"],
        },
        {
            "time_plan": {"interval": 1, "loops": 2},
            "channels": ["GFP"],
            "z_plan": {"absolute": [1, 2, 5]},
            "keep_shutter_open_across": ("z", "t"),
        },
        {
            "time_plan": [
                {"interval": 1, "loops": 2},
                {"interval": 5, "loops": 3},
                {"interval": 0.5, "duration": 2},
            ],
            "channels": [{"config": "GFP", "acquire_every": 4}, "mCherry"],
            "keep_shutter_open_across": "c",
        },
        {
            "time_plan": {"interval": 1, "loops": 2},
            "channels": [{"config": "GFP", "z_offset": 2}, {"config": "mCherry", "exposure": 3}],
            "z_plan": {"relative": [-1, 0, 3], "go_up": False},
        },
        {
            "time_plan": {"interval": 1, "loops": 2},
            "channels": ["GFP"],
            "stage_positions": {
                "plate": "96-well",
                "a1_center_xy": (0, 0),
                "selected_wells": ((0, 1), (0, 1)),
            },
        },
    ],
)
def test_time_points_and_frames_are_those_of_useq(said: dict[str, Any]) -> None:
    sequence = useq.MDASequence(**said)
    expected, planned = events_by_useq(sequence), events_by_plan(plan_of(sequence))
    # The last frame of all has none after it to keep a shutter open for.
    assert [event[:-1] for event in planned] == [event[:-1] for event in expected]
    assert planned[:-1] == expected[:-1]


def test_a_plan_of_very_many_time_points_is_read_without_counting_them() -> None:
    plan = plan_of(useq.MDASequence(time_plan={"interval": 1, "loops": 10**12}))
    assert plan.due_s(10**12 - 1) == 10**12 - 1


def test_without_a_time_plan_there_is_one_time_point() -> None:
    plan = plan_of(useq.MDASequence(channels=["GFP"], z_plan={"range": 2, "step": 1}))
    assert plan.time_points == 1
    assert plan.frame_count == 3


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("autofocus_plan: {autofocus_device_name: Z, axes: [t]}\nchannels: [GFP]", "an autofocus"),
        ("grid_plan: {rows: 2, columns: 2}\nchannels: [GFP]", "a grid plan"),
        (
            "channels: [GFP]\nstage_positions: [{x: 1, y: 2, sequence: {channels: [GFP]}}]",
            "a plan of their own",
        ),
        (
            "axis_order: ptc\nchannels: [GFP]\ntime_plan: {interval: 1, loops: 2}\n"
            "stage_positions: [{x: 1}, {x: 3}]",
            "does not begin with time",
        ),
        ("channels: [GFP]\nstage_positions: [{x: 1}]", "only one of x and y"),
        (
            "channels: [GFP]\ntime_plan: [{interval: 0, loops: 3}, {interval: 1, loops: 2}]",
            "a phase without an interval",
        ),
        (
            "channels: [{config: GFP, camera: Second}]",
            "channels with a camera of their own",
        ),
        (
            "channels: [GFP]\nstage_positions: [{x: 1, y: 2, properties: [[Laser, Power, 3]]}]",
            "positions that set properties",
        ),
        ("channels: [GFP]\nsetup: {x_pos: 1}", "a setup of its own"),
        ("channels: [{config: GFP, z_offset: 2}]", "z_offset, which applies only in a z plan"),
        (
            "axis_order: pc\nchannels: [GFP]\ntime_plan: {interval: 1, loops: 2}",
            "time points, which its axis order pc leaves out",
        ),
        (
            "axis_order: tc\nchannels: [GFP]\nz_plan: {range: 2, step: 1}",
            "slices, which its axis order tc leaves out",
        ),
        ("channels: [GFP]\ntime_plan: {interval: -1, loops: 2}", "an interval of -1 s"),
        ("channels: [GFP]\nz_plan: {range: 2, step: 0}", "step of the z plan"),
        ("channels: [GFP]\nz_plan: {range: 1000000, step: 0.000001}", "frames a time point"),
    ],
)
def test_what_is_not_run_is_refused_by_its_name(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read_plan(written(tmp_path, said))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "neither channels nor a time plan"),
        ("- GFP\n- mCherry", "neither channels nor a time plan"),
        ("channels: [", "is not an MDASequence"),
        ("channels: [{exposure: 10}]", "config"),
        ("channels: [GFP]\ntime_plan: {interval: -}", "time_plan"),
        ("channels: [GFP]\ntimeplan: {interval: 1, loops: 2}", "it has no 'timeplan'"),
        ("channels: [{config: GFP, exposur: 10}]", "channels.0 has no 'exposur'"),
        ("channels: [GFP]\nz_plan: {range: 2, step: 1, stop: 3}", "z_plan has no 'stop'"),
        (
            "channels: [GFP]\ntime_plan: [{interval: 1, loops: 2}, {interval: 1, loops: 3, n: 1}]",
            "time_plan.1 has no 'n'",
        ),
        ("channels: [GFP]\nstage_positions: [{x: 1, y: 2, Z: 3}]", "stage_positions.0 has no 'Z'"),
        ("channels: [{config: GFP, exposure: .inf}]", "channels.0.exposure: inf can't be set"),
        ("channels: [GFP]\nstage_positions: [{x: .nan, y: 1}]", "nan can't be set"),
        ("!!python/object/apply:os.getcwd []", "is not an MDASequence"),
        ("channels: " + "[" * 9999 + "]" * 9999, "nested too deeply"),
        ("&plan\nchannels: [GFP]\nmetadata: *plan", "nested too deeply"),
    ],
)
def test_a_file_that_is_no_plan_is_told_with_the_reason(
    tmp_path: Path, said: str, words: str
) -> None:
    with pytest.raises(SourceError) as told:
        read_plan(written(tmp_path, said))
    assert words in told.value.problem


def test_a_file_that_is_not_there_or_of_another_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can't be read"):
        read_plan(tmp_path / "none.yaml")
    with pytest.raises(SourceError, match="not a plan of an experiment"):
        read_plan(written(tmp_path, PLAN, "plan.txt"))


def test_without_useq_the_command_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "useq":
            raise ImportError(name)
        return really(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SourceError) as told:
        read_plan(written(tmp_path, PLAN))
    assert told.value.fix.endswith('pip install "pssr-live[mda]"')


def test_the_plan_in_the_documentation_is_the_one_it_speaks_of(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    plan = read_plan(written(tmp_path, page.partition("```yaml\n")[2].partition("```")[0]))
    assert (plan.time_points, plan.interval_s, plan.slices) == (120, 1.0, 3)
    assert [channel.name for channel in plan.channels] == ["GFP", "mCherry"]
