"""Experiments that we run in Micro-Manager, by the real client over the real protocol."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import numpy as np
import pytest

from acquisition import Channel, StreamKey, open_source
from acquisition.micromanager.mda.source import ExperimentSource
from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    kill_client,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.mda.conftest import RunPlan, read_to_the_end, refused
from tests.acquisition.micromanager.microscope import state_of

TWO_CHANNELS = "interval=100ms,duration=300ms,channels=mCherry,channels=GFP"
STACK = """
axis_order: tpzc
time_plan: {interval: 0, loops: 3}
channels: [{config: GFP, exposure: 5}, {config: Cy5, exposure: 10}]
z_plan: {range: 2, step: 1}
stage_positions: [{x: 0, y: 0, name: left}, {x: 0.05, y: 0, z: 3, name: right}]
"""
ENDLESS = "interval=100ms,channels=GFP,channels=mCherry"


def time_points(frames: list[Any]) -> list[int]:
    """List the time points of frames, each once."""
    return sorted({frame.time_point for frame in frames})


def restored_state(micro_manager: RunningMicroManager) -> dict[str, Any]:
    """Read what an experiment changes."""
    return state_of(micro_manager.core)


def test_two_channels_come_as_two_streams_and_end(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    before = restored_state(micro_manager)
    source = make_source(TWO_CHANNELS)
    assert source.frame_count == 6
    frame_format = source.open()
    assert frame_format.channels == (Channel("mCherry"), Channel("GFP"))
    assert frame_format.interval_s == 0.1
    assert frame_format.shape == (48, 64)
    frames = read_to_the_end(source)
    missed = source._missed.time_points  # on a machine that was busy
    assert len(frames) == 2 * (3 - missed)
    streams = {StreamKey(), StreamKey(channel=1)} if missed < 3 else set()
    assert {frame.stream for frame in frames} == streams
    for frame in frames:
        assert frame.index == frame.time_point
        # Never before its deadline, whatever else it may be.
        assert frame.acquired >= 0.1 * frame.time_point
        assert frame.tags["Exposure-ms"] == "10"
    source.close()
    assert restored_state(micro_manager) == before
    assert not micro_manager.core("isSequenceRunning")


def test_a_plan_with_slices_and_positions_is_run_and_everything_put_back(
    micro_manager: RunningMicroManager, run_plan: RunPlan
) -> None:
    micro_manager.core("setExposure", 20)
    before = restored_state(micro_manager)
    source = run_plan(STACK)
    frame_format = source.open()
    assert frame_format.positions == ("left", "right")
    assert (frame_format.slices, frame_format.z_step_um) == (3, 1.0)
    frames = read_to_the_end(source)
    taken = time_points(frames)
    # Without deadlines none is missed, however busy the machine is.
    assert (len(frames), taken) == (36, [0, 1, 2])
    assert {frame.stream for frame in frames} == set(frame_format.streams)
    assert {frame.tags["Exposure-ms"] for frame in frames} == {"5", "10"}
    source.close()
    assert restored_state(micro_manager) == before
    opened = [event for event in micro_manager.tell("shutters") if event[1] is True]
    assert {label for label, *_ in opened} == {"Lamp", "Laser"}


def test_devices_that_stand_as_in_no_preset_are_put_back_too(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("setProperty", "Wheel", "State", "7")
    source = make_source(TWO_CHANNELS)
    source.open()
    read_to_the_end(source)
    source.close()
    assert micro_manager.core("getProperty", "Wheel", "State") == "7"


def test_closing_in_the_middle_puts_everything_back(
    micro_manager: RunningMicroManager, run_plan: RunPlan
) -> None:
    before = restored_state(micro_manager)
    source = run_plan(
        "time_plan: {interval: 0.2, loops: 1000}\n"
        "channels: [{config: GFP, exposure: 5}, {config: mCherry, exposure: 7}]\n"
        "z_plan: {range: 4, step: 1}\nkeep_shutter_open_across: [z, c, t]\n"
    )
    source.open()
    read_frames(source, 4)
    source.close()
    assert source.status == ""
    assert restored_state(micro_manager) == before


@pytest.mark.parametrize(
    ("options", "problem", "fix"),
    [
        (
            "interval=1s,channels=GFP,channels=YFP",
            "The configuration group Channel has no preset 'YFP'.",
            "DIC, GFP, mCherry",
        ),
        (
            "interval=15ms,channels=GFP,channels=mCherry",
            "take 20 ms, longer than",
            "20 ms at least",
        ),
        ("interval=5ms", "An exposure of 10 ms is longer than the interval of 5 ms.", "0.01s"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_moves(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    options: str,
    problem: str,
    fix: str,
) -> None:
    told = refused(make_source(options))
    assert problem in told.problem
    assert fix in told.fix
    calls = micro_manager.tell("calls")
    assert not {"setConfig", "snapImage", "setExposure", "setPosition"} & set(calls)


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ("channels: [{config: GFP, group: Colour}]", "no configuration group 'Colour'"),
        ("channels: [GFP]\nz_plan: {range: 2, step: 1}", "Micro-Manager has no focus drive"),
        ("channels: [GFP]\nstage_positions: [{x: 1, y: 2}]", "Micro-Manager has no xy stage"),
    ],
)
def test_a_plan_that_needs_what_is_not_there_is_refused(
    micro_manager: RunningMicroManager, run_plan: RunPlan, plan: str, problem: str
) -> None:
    micro_manager.core("setFocusDevice", "")
    micro_manager.core("setXYStageDevice", "")
    assert problem in refused(run_plan(plan)).problem


def test_a_channel_of_another_frame_size_is_refused_with_both_sizes(
    micro_manager: RunningMicroManager, run_plan: RunPlan
) -> None:
    micro_manager.core("setConfig", "Size", "whole")
    before = restored_state(micro_manager)
    told = refused(
        run_plan(
            "time_plan: {interval: 0.2, loops: 5}\n"
            "channels: [{group: Size, config: whole}, {group: Size, config: half}]"
        )
    )
    assert "32 x 24 pixels in half, and 64 x 48 before" in told.problem
    assert "same binning" in told.fix
    assert restored_state(micro_manager) == before


def test_a_frame_size_that_is_changed_between_time_points_begins_a_new_segment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source(ENDLESS)
    source.open()
    read_frames(source, 4)
    micro_manager.core("setProperty", "Camera", "Binning", "2")
    _, changed = read_until_change(source)
    assert changed.shape == (24, 32)
    frames = read_frames(source, 4)
    assert {frame.pixels.shape for frame in frames} == {(24, 32)}


def test_an_experiment_waits_until_live_is_switched_off(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("live")
    source = make_source(TWO_CHANNELS)
    source.open()
    assert read_until_status(source, "Live is on in Micro-Manager. The experiment begins") == []
    assert not {"setConfig", "snapImage"} & set(micro_manager.tell("calls"))
    assert micro_manager.core("isSequenceRunning")
    micro_manager.core("stopSequenceAcquisition")
    taken = time_points(read_to_the_end(source))
    assert len(taken) + source._missed.time_points == 3


def test_live_that_is_pressed_in_the_middle_costs_time_points_and_goes_on_undisturbed(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source(ENDLESS)
    source.open()
    read_frames(source, 2)
    micro_manager.tell("live")
    before = read_until_status(source, "was missed: Live is on in Micro-Manager")
    # If it is ended now, this is what is missing in the record behind its last frames.
    assert set(source.missing_after) == {StreamKey(), StreamKey(channel=1)}
    assert {missing.cause for missing in source.missing_after.values()} == {"missed"}
    assert micro_manager.core("isSequenceRunning")
    micro_manager.core("stopSequenceAcquisition")
    after = read_frames(source, 4)
    assert min(time_points(after)) > max([-1, *time_points(before)])
    assert "Time points missed: " in source.status


def test_an_experiment_of_micro_managers_own_is_left_alone(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source(ENDLESS)
    source.open()
    read_frames(source, 2)
    micro_manager.tell("experiment", {"points": 3, "interval_s": 0.05, "held": True})
    read_until_status(source, "was missed: an experiment runs in Micro-Manager")
    snapped = micro_manager.tell("calls")["snapImage"]
    micro_manager.tell("go")
    micro_manager.wait_for(lambda: not micro_manager.tell("account")["running"])
    account = micro_manager.tell("account")
    assert (account["images"], account["error"]) == (3, "")
    assert snapped > 0
    read_frames(source, 2)


def test_an_experiment_goes_on_at_the_right_time_point_when_micro_manager_is_back(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source(ENDLESS)
    source.open()
    before = read_frames(source, 4)
    micro_manager.kill()
    before += read_until_status(source, "has gone")
    successor = RunningMicroManager(micro_manager.port)
    try:
        successor.tell("microscope")
        after = read_frames(source, 4)
        assert after[0].time_point > before[-1].time_point + 1
        # So it stands in frames.csv and session.json.
        assert after[0].lost_to == "away"
        assert "Time points missed: " in source.status
        for frame in after:
            # By the same clock as before.
            assert frame.acquired >= 0.1 * frame.time_point
            assert frame.index == frame.time_point
        source.close()
        assert successor.core("getCurrentConfig", "Channel") == "DIC"
    finally:
        successor.kill()


def test_a_client_that_is_killed_is_followed_by_one_that_puts_back_what_was_at_first(
    micro_manager: RunningMicroManager, run_plan: RunPlan
) -> None:
    before = restored_state(micro_manager)
    source = run_plan(
        "time_plan: {interval: 0.2, loops: 1000}\n"
        "channels: [{config: GFP, exposure: 5}]\nz_plan: {range: 2, step: 1}\n"
    )
    source.open()
    read_frames(source, 2)
    kill_client(source)
    read_until_status(source, "broke down")
    read_frames(source, 2)
    source.close()
    assert restored_state(micro_manager) == before


@pytest.mark.skipif(os.name == "nt", reason="both are ended by a signal")
def test_what_a_crash_of_ours_has_left_is_put_back_by_the_next_start(
    micro_manager: RunningMicroManager, run_plan: RunPlan, make_source: OpenSource
) -> None:
    before = restored_state(micro_manager)
    plan = (
        "time_plan: {interval: 0.2, loops: 1000}\n"
        "channels: [{config: GFP, exposure: 5}]\nz_plan: {range: 2, step: 1}\n"
        "keep_shutter_open_across: [z, t]\n"
    )
    crashed = run_plan(plan)
    crashed.open()
    read_frames(crashed, 4)
    assert crashed._client is not None
    # As a power cut would: neither our process nor the client has a moment for anything.
    os.kill(crashed._client._process.pid, signal.SIGKILL)
    crashed._left_running = False
    crashed._client._process.wait()
    crashed._client._close()
    crashed._client = None
    crashed._closing.set()
    left = restored_state(micro_manager)
    assert left["preset"] == "GFP"
    assert left["exposure"] == 5
    # Somebody has moved the focus since: it is nobody's business any more.
    micro_manager.core("setPosition", 100.0)
    source = make_source("mode=acquire")
    source.open()
    read_until_status(source, "Put back, as an earlier experiment of pssr-live was cut off")
    source.close()
    assert restored_state(micro_manager) == before | {"z": 100.0}


def test_a_microscope_whose_auto_shutter_is_off_keeps_its_shutter_as_it_is(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("setAutoShutter", False)
    micro_manager.core("setShutterOpen", True)
    source = make_source(TWO_CHANNELS)
    source.open()
    read_until_status(source, "Auto shutter is off in Micro-Manager, so the shutter is left open")
    read_to_the_end(source)
    source.close()
    assert micro_manager.core("getShutterOpen")
    assert not micro_manager.core("getAutoShutter")


def test_nothing_is_left_on_the_java_side(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source(TWO_CHANNELS)
    source.open()
    read_to_the_end(source)
    source.close()
    assert micro_manager.tell("objects") == {}


def test_the_time_until_the_next_time_point_is_told(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("interval=1h,channels=GFP")
    source.open()
    read_frames(source, 1)
    give_up = time.monotonic() + LONG
    while source.next_frame_s is None:
        assert time.monotonic() < give_up
        source.read(0.1)
    assert 0 < source.next_frame_s <= 3600


def test_an_experiment_in_our_own_process_is_run_alike(tmp_path: Any) -> None:
    import mm_test_adapters

    folder = mm_test_adapters.device_adapter_path()
    config = tmp_path / "small.cfg"
    lines = [
        "Property,Core,Initialize,0",
        "Device,Camera,DemoCamera,DCam",
        "Device,Wheel,DemoCamera,DWheel",
        "Device,Z,DemoCamera,DStage",
        "Device,Lamp,DemoCamera,DShutter",
        "Property,Core,Initialize,1",
        "Property,Core,Camera,Camera",
        "Property,Core,Shutter,Lamp",
        "Property,Core,Focus,Z",
        "Property,Core,AutoShutter,1",
        "Property,Camera,OnCameraCCDXSize,64",
        "Property,Camera,OnCameraCCDYSize,48",
        "Property,Camera,PixelType,16bit",
        "ConfigGroup,Channel,GFP,Wheel,State,1",
        "ConfigGroup,Channel,mCherry,Wheel,State,2",
    ]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "axis_order: tzc\ntime_plan: {interval: 0, loops: 4}\n"
        "channels: [{config: GFP, exposure: 5}, {config: mCherry, acquire_every: 2}]\n"
        "z_plan: {range: 2, step: 1}\n",
        encoding="utf-8",
    )
    source = open_source(f"micromanager+local:{config},adapters={folder},experiment={plan}")
    assert isinstance(source, ExperimentSource)
    try:
        frame_format = source.open()
        assert (frame_format.shape, frame_format.slices) == ((48, 64), 3)
        frames = read_to_the_end(source)
        for frame in frames:
            assert frame.time_point == frame.index * (2 if frame.stream.channel else 1)
            assert frame.pixels.dtype == np.uint16
        assert len(frames) == 3 * 4 + 3 * 2
        assert {frame.stream for frame in frames} == set(frame_format.streams)
    finally:
        source.close()
