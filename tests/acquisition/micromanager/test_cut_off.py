"""What a client that was cut off leaves to the next one: its run, and every frame of it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partialmethod

import pytest

from acquisition.micromanager import ClientProcess
from tests.acquisition.micromanager.conftest import (
    GiveUp,
    OpenSource,
    acquiring,
    assert_contiguous,
    kill_client,
    read_frames,
    read_until_change,
    read_until_held,
    read_until_status,
    wait_until_stopped,
)
from tests.acquisition.micromanager.harness import RunningMicroManager

AWAY = re.compile(r"while Micro-Manager did not answer: (\d+)\.")


@pytest.mark.parametrize("mode", ["auto", "acquire"])
def test_a_client_killed_before_its_first_frame_came_costs_none_of_the_run(
    micro_manager: RunningMicroManager, make_source: OpenSource, mode: str
) -> None:
    micro_manager.core("setExposure", 300)
    source = make_source(f"mode={mode}")
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(source.open)
        micro_manager.wait_for(lambda: micro_manager.core("getRemainingImageCount") > 0)
        kill_client(source)
        opening.result()
    indices = [frame.index for frame in read_frames(source, 10)]
    told = AWAY.search(source.status)
    lost = int(told[1]) if told else 0
    assert sorted(set(indices)) == indices
    assert len(indices) + lost == indices[-1] + 1
    assert source.settings["mode"] == "acquire"
    assert "left running" not in source.status
    assert micro_manager.tell("calls")["startContinuousSequenceAcquisition"] == 1
    source.close()
    assert not micro_manager.core("isSequenceRunning")


def test_a_run_is_known_again_though_its_newest_image_came_late(
    micro_manager: RunningMicroManager, make_source: OpenSource, give_up: GiveUp
) -> None:
    """A busy computer notes its coming later than the camera notes its time."""
    source = make_source()
    source.open()
    frames = read_frames(source, 3)
    frames += read_until_held(source, micro_manager, "getRemainingImageCount")
    frames += read_frames(source, micro_manager.tell("calls")["popNextImageMD"] - len(frames))
    micro_manager.tell("late", 0.9)
    give_up(source)
    frames += read_until_status(source, "s. Trying again")
    micro_manager.tell("resume")
    frames += read_frames(source, 100)
    assert_contiguous(frames)
    assert source.status == ""
    assert source.settings["mode"] == "acquire"


def test_a_run_begun_anew_by_us_is_gone_on_with_though_no_frame_of_it_came(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = acquiring(make_source("mode=acquire"))
    micro_manager.core("setExposure", 300)
    # It ends the run, which we begin anew.
    micro_manager.core("setROI", 0, 0, 32, 32)
    started = "startContinuousSequenceAcquisition"
    micro_manager.wait_for(
        lambda: (
            micro_manager.tell("calls").get(started) == 2
            and micro_manager.core("getRemainingImageCount") > 0
        )
    )
    kill_client(source)
    _, changed = read_until_change(source)
    assert changed.shape == (32, 32)
    indices = [frame.index for frame in read_frames(source, 6)]
    told = AWAY.search(source.status)
    assert len(indices) + (int(told[1]) if told else 0) == indices[-1] + 1
    assert micro_manager.tell("calls")[started] == 2


def test_the_camera_is_stopped_though_no_client_was_let_in_after_the_one_that_ran_it(
    micro_manager: RunningMicroManager, make_source: OpenSource, give_up: GiveUp
) -> None:
    source = acquiring(make_source())
    micro_manager.tell("stall")
    give_up(source)
    read_until_status(source, "is not Micro-Manager, or Micro-Manager is busy")
    source.close()
    micro_manager.tell("resume")
    wait_until_stopped(micro_manager)


def test_a_camera_started_by_a_client_that_was_never_heard_of_again_is_stopped(
    micro_manager: RunningMicroManager, make_source: OpenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another one, however long that takes to be ready."""
    unhurried = partialmethod(ClientProcess.__init__, time_to_stop=0.0)
    monkeypatch.setattr(ClientProcess, "__init__", unhurried)
    micro_manager.core("setExposure", 1000)
    source = make_source()
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(source.open)
        micro_manager.wait_for(lambda: bool(micro_manager.core("isSequenceRunning")))
        kill_client(source)
        source._closing.set()
        with pytest.raises(Exception, match="closed before"):
            opening.result()
    source.close()
    wait_until_stopped(micro_manager)
