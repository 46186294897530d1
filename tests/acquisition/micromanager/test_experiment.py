"""Micro-Manager's own experiments: whatever we do beside one, it runs to its end."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from acquisition import FormatChanged
from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.experiment import ACQ_ENG_J, DEFAULT
from tests.acquisition.micromanager.harness import RunningMicroManager

POINTS = 20
ENGINES = pytest.mark.parametrize("engine", [DEFAULT, ACQ_ENG_J])


def begin(micro_manager: RunningMicroManager, interval_s: float = 0.05, **more: Any) -> None:
    """Start an experiment in Micro-Manager."""
    micro_manager.tell("experiment", {"points": POINTS, "interval_s": interval_s} | more)


def account_of(micro_manager: RunningMicroManager) -> dict[str, Any]:
    """Wait for an experiment's end, and say what came of it."""
    give_up = time.monotonic() + LONG
    while (account := micro_manager.tell("account"))["running"]:
        assert time.monotonic() < give_up, account
        time.sleep(0.01)
    return dict(account)


def ran_to_its_end(account: dict[str, Any]) -> bool:
    """Whether it got all of its images."""
    return account["images"] == POINTS and account["error"] == ""


def changed(account: dict[str, Any]) -> set[str]:
    """The calls that clients made beside it by which something is changed."""
    return set(account["calls"]) & {
        "startContinuousSequenceAcquisition", "stopSequenceAcquisition", "clearCircularBuffer",
        "setCameraDevice", "setProperty", "setExposure", "haltAcquisition", "popNextImageMD",
    }  # fmt: skip


def assert_undisturbed(micro_manager: RunningMicroManager) -> None:
    """Wait for an experiment's end, and see that all of it is there and nothing was changed."""
    account = account_of(micro_manager)
    assert ran_to_its_end(account), account
    assert changed(account) == set()


@ENGINES
@pytest.mark.parametrize("interval_s", [0.02, 0])
def test_the_tests_experiment_fails_where_a_sequence_runs(
    micro_manager: RunningMicroManager, engine: str, interval_s: float
) -> None:
    """As Micro-Manager's own does, and with the words of its engine."""
    begin(micro_manager, interval_s, engine=engine)
    assert ran_to_its_end(account_of(micro_manager))
    micro_manager.core("startContinuousSequenceAcquisition", 0)
    begin(micro_manager, interval_s, engine=engine)
    account = account_of(micro_manager)
    assert account["images"] == 0
    words = "Device failure: Camera" if engine == DEFAULT else "while sequence acquisition is"
    assert words in account["error"]
    assert not micro_manager.core("isSequenceRunning")


@ENGINES
def test_the_tests_experiment_is_killed_by_a_sequence_between_two_snaps(
    micro_manager: RunningMicroManager, engine: str
) -> None:
    begin(micro_manager, 0.2, engine=engine)
    while not micro_manager.tell("account")["images"]:
        pass
    micro_manager.core("startContinuousSequenceAcquisition", 0)
    account = account_of(micro_manager)
    assert 0 < account["images"] < POINTS
    assert "Acquisition failed" in account["error"]


@ENGINES
@pytest.mark.parametrize("mode", ["auto", "acquire"])
def test_an_experiment_that_runs_already_is_left_alone_to_its_end(
    micro_manager: RunningMicroManager, make_source: OpenSource, mode: str, engine: str
) -> None:
    begin(micro_manager, engine=engine, held=True)
    source = make_source(f"mode={mode}")
    assert source.open().shape == (48, 64)
    read_until_status(source, "An experiment is running in Micro-Manager")
    micro_manager.tell("go")
    assert_undisturbed(micro_manager)
    assert read_until_status(source, "has ended; the camera is started again") == []
    frames = read_frames(source, 5)
    assert frames[0].index == 0
    assert_contiguous(frames)
    assert source.status == ""
    assert source.settings["mode"] == "acquire"


def test_the_camera_that_the_user_names_is_not_chosen_in_an_experiment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("loadDevice", "Second", "DemoCamera", "DCam")
    micro_manager.core("initializeDevice", "Second")
    begin(micro_manager, held=True)
    source = make_source("camera=Second")
    source.open()
    micro_manager.tell("go")
    assert_undisturbed(micro_manager)
    read_until_change(source)
    assert micro_manager.core("getCameraDevice") == "Second"
    source.close()
    assert micro_manager.core("getCameraDevice") == "Camera"


@pytest.mark.parametrize("interval_s", [0.05, 0])
def test_an_experiment_beside_one_who_follows_runs_to_its_end(
    micro_manager: RunningMicroManager, make_source: OpenSource, interval_s: float
) -> None:
    """Live is on before it, and off after it; what Live has left behind is not shown again."""
    micro_manager.tell("live")
    source = make_source("mode=follow")
    source.open()
    before = read_frames(source, 5)
    begin(micro_manager, interval_s, held=True)
    before += read_until_status(source, "An experiment has begun in Micro-Manager")
    assert_contiguous(before)
    micro_manager.tell("go")
    assert_undisturbed(micro_manager)
    assert read_until_status(source, "has ended: press Live there to go on") == []
    micro_manager.tell("live")
    read_until_change(source)
    frames = read_frames(source, 10)
    assert frames[0].index == 0
    assert_contiguous(frames)
    assert source.status == ""


def test_an_experiment_that_fetches_its_frames_is_described_as_such(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    begin(micro_manager, interval_s=0, points=100_000)
    source = make_source()
    source.open()
    assert read_until_status(source, "It fetches each frame as soon as it comes") == []
    account = micro_manager.tell("account")
    assert account["running"]
    assert account["images"] > 0


@ENGINES
@pytest.mark.parametrize("interval_s", [0.05, 0])
def test_the_camera_is_given_up_when_an_experiment_begins(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    interval_s: float,
    engine: str,
) -> None:
    """One that prepares itself for longer than a moment doesn't even notice that it was ours."""
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    begin(micro_manager, interval_s, engine=engine, held=True)
    frames += read_until_status(source, "pssr-live has given up the camera")
    assert not micro_manager.core("isSequenceRunning")
    popped = micro_manager.tell("calls")["popNextImageMD"]
    micro_manager.tell("go")
    assert ran_to_its_end(account_of(micro_manager))
    read_until_status(source, "ended after a few seconds")
    assert_contiguous(frames)
    # Every frame of ours was fetched, and none of the experiment's.
    assert len(frames) == popped == micro_manager.tell("calls")["popNextImageMD"]


def test_an_experiment_that_failed_because_of_us_succeeds_when_started_again(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """It snapped at once, before we could know of it."""
    source = make_source()
    source.open()
    read_frames(source, 5)
    micro_manager.tell("stall")
    begin(micro_manager)
    assert account_of(micro_manager)["images"] == 0
    micro_manager.tell("resume")
    read_until_status(source, "or by an experiment that failed: start that again now")
    begin(micro_manager)
    assert_undisturbed(micro_manager)


def test_the_camera_is_given_up_while_nobody_takes_our_frames(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """As where a disk hangs: what we send is not read, and more has come than is under way."""
    source = make_source()
    source.open()
    frames = read_frames(source, 1)
    while micro_manager.core("getRemainingImageCount") < 40:
        pass
    begin(micro_manager, held=True)
    while micro_manager.core("isSequenceRunning"):
        pass
    micro_manager.tell("go")
    assert ran_to_its_end(account_of(micro_manager))
    frames += read_until_status(source, "given up")
    assert_contiguous(frames)
    assert len(frames) > 40


def test_an_experiment_that_is_over_before_our_frames_are_taken_is_told_too(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """And Live that was pressed after it is followed."""
    source = make_source()
    source.open()
    frames = read_frames(source, 1)
    while micro_manager.core("getRemainingImageCount") < 40:
        pass
    begin(micro_manager, held=True)
    while micro_manager.core("isSequenceRunning"):
        pass
    micro_manager.tell("go")
    assert ran_to_its_end(account_of(micro_manager))
    micro_manager.tell("live")
    asked = micro_manager.tell("calls")["isAcquisitionRunning"]
    # The end is seen, and then that the camera runs for Live.
    while micro_manager.tell("calls")["isAcquisitionRunning"] < asked + 4:
        pass
    told, words = False, "pssr-live has given up the camera to an experiment"
    with suppress(FormatChanged):
        while True:
            frame = source.read(0.2)
            frames += [frame] if frame is not None else []
            told = told or words in source.status
    assert told or words in source.status
    assert_contiguous(frames)
    assert_contiguous(read_frames(source, 5))
    assert source.settings["mode"] == "follow"


def test_a_paused_experiment_keeps_the_camera(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    begin(micro_manager, held=True)
    source = make_source()
    source.open()
    micro_manager.tell("pause", True)
    read_until_status(source, "is paused and still has the camera")
    micro_manager.tell("pause", False)
    read_until_status(source, "is running")
    micro_manager.tell("go")
    assert_undisturbed(micro_manager)


def test_closing_beside_an_experiment_touches_nothing(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    begin(micro_manager, held=True)
    source = make_source()
    source.open()
    micro_manager.tell("go")
    source.close()
    assert_undisturbed(micro_manager)


def test_a_core_without_micro_managers_window_has_no_experiments(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("studio", False)
    source = make_source()
    source.open()
    assert_contiguous(read_frames(source, 5))
    assert source.status == ""
