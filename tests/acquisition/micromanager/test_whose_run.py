"""What we started we stop, whatever happened; what others started we leave."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from acquisition import FormatChanged, SourceError
from acquisition.micromanager import MicroManagerSource, process
from tests.acquisition.micromanager.conftest import (
    LONG,
    GiveUp,
    OpenSource,
    acquiring,
    assert_contiguous,
    kill_client,
    read_frames,
    read_until_change,
    read_until_status,
    wait_until_stopped,
)
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.other_client import OtherClient


@pytest.mark.parametrize("mode", ["acquire", "follow"])
def test_a_port_that_another_client_holds_for_long_costs_no_frame_of_the_buffer(
    micro_manager: RunningMicroManager, make_source: OpenSource, give_up: GiveUp, mode: str
) -> None:
    micro_manager.core("setExposure", 20)
    if mode == "follow":
        micro_manager.tell("live")
    source = make_source(f"mode={mode}")
    source.open()
    frames = read_frames(source, 10)
    other = OtherClient(micro_manager.port)
    other.begin("sleep", "double", 4000)
    micro_manager.wait_for(lambda: "sleep" in micro_manager.tell("calls"))
    give_up(source)
    frames += read_until_status(source, "s. Trying again")
    other.answer()
    other.close()
    frames += read_frames(source, 250)
    indices = [frame.index for frame in frames]
    assert indices == sorted(set(indices))
    # One may have been on its way to the client that was given up; it is counted.
    lost = indices[-1] - indices[0] + 1 - len(indices)
    assert lost <= (1 if mode == "acquire" else 0)
    assert ("did not answer: 1." in source.status) == bool(lost)
    assert source.settings["mode"] == mode
    source.close()
    assert micro_manager.core("isSequenceRunning") == (mode == "follow")


# The core ends its camera where an image comes while the buffer is made anew: hardly each time.
MOST_TRIES = 10


def runs_on(source: MicroManagerSource) -> bool:
    """Read until frames of new numbers come, or the camera is said to have stopped."""
    give_up = time.monotonic() + LONG
    while "camera was stopped" not in source.status:
        try:
            source.read(0.2)
        except FormatChanged:
            return True
        assert time.monotonic() < give_up, source.status
    return False


TIMES = pytest.mark.parametrize("times", ["the camera's", "the core's"])


@TIMES
@pytest.mark.parametrize(
    "command",
    [
        {"core": ["setCircularBufferMemoryFootprint", 48]},
        {"core": ["clearCircularBuffer"]},
        {"clear_late": None},
    ],
)
def test_a_buffer_resized_or_cleared_leaves_the_run_ours(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    command: dict[str, object],
    times: str,
) -> None:
    micro_manager.tell("core_times", times == "the core's")
    for _ in range(MOST_TRIES):
        source = make_source()
        source.open()
        read_frames(source, 10)
        micro_manager.tell(*next(iter(command.items())))
        if runs_on(source):
            break
        source.close()
    assert source.settings["mode"] == "acquire"
    assert "cleared or resized" in source.status
    assert_contiguous(read_frames(source, 10))
    source.close()
    assert not micro_manager.core("isSequenceRunning")


@pytest.mark.parametrize(
    ("times", "sign"),
    [
        ("the camera's", "it was seen to stand still"),
        ("the core's", "it was seen to stand still"),
        ("the core's", "it took as long to start as for us"),
    ],
)
def test_a_script_that_starts_the_camera_anew_is_followed(
    micro_manager: RunningMicroManager, make_source: OpenSource, times: str, sign: str
) -> None:
    seen = "seen" in sign
    micro_manager.tell("core_times", times == "the core's")
    micro_manager.tell("slow_start", 0 if seen else 1.0)
    source = acquiring(make_source())
    micro_manager.tell("restart_seen" if seen else "restart")
    read_until_change(source)
    assert_contiguous(read_frames(source, 10))
    assert source.settings["mode"] == "follow"
    # One that stood still for long was told as stopped, until its frames came.
    assert "Another program restarted the camera" in source.status or seen
    source.close()
    assert micro_manager.core("isSequenceRunning")


@TIMES
def test_live_that_is_pressed_while_we_acquire_is_followed(
    micro_manager: RunningMicroManager, make_source: OpenSource, times: str
) -> None:
    micro_manager.tell("core_times", times == "the core's")
    source = acquiring(make_source())
    micro_manager.tell("live")
    read_until_change(source)
    assert_contiguous(read_frames(source, 10))
    assert "Live was pressed" in source.status
    source.close()
    assert micro_manager.core("isSequenceRunning")


def test_of_a_start_that_nothing_shows_it_is_told_that_it_may_have_been_one(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The core shows the same after its buffer was cleared, and then the run is ours."""
    micro_manager.tell("core_times", True)
    source = acquiring(make_source())
    micro_manager.tell("restart")
    read_until_change(source)
    assert "or else another program restarted the camera" in source.status
    assert source.settings["mode"] == "acquire"
    source.close()
    assert not micro_manager.core("isSequenceRunning")


@pytest.mark.parametrize("pixel_type", ["32bitRGB", "32bit"])
def test_live_in_colour_is_refused_and_left_running(
    micro_manager: RunningMicroManager, make_source: OpenSource, pixel_type: str
) -> None:
    source = acquiring(make_source())
    micro_manager.tell("live", {"PixelType": pixel_type})
    with pytest.raises(SourceError, match=r"colour|32 bits"):
        read_until_change(source)
    source.close()
    assert micro_manager.core("isSequenceRunning")


def test_the_camera_of_a_server_that_thaws_after_the_end_is_stopped(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = acquiring(make_source())
    micro_manager.tell("stall")
    read_until_status(source, "has not answered for")
    source.close()
    assert "the camera may still be running" in source.status
    assert micro_manager.core("isSequenceRunning")
    micro_manager.tell("resume")
    wait_until_stopped(micro_manager)


def test_the_camera_of_a_client_given_up_before_the_end_is_stopped(
    micro_manager: RunningMicroManager, make_source: OpenSource, give_up: GiveUp
) -> None:
    source = acquiring(make_source())
    micro_manager.tell("stall")
    give_up(source)
    read_until_status(source, "s. Trying again")
    micro_manager.tell("resume")
    source.close()
    wait_until_stopped(micro_manager)


def leave_running(micro_manager: RunningMicroManager, source: MicroManagerSource) -> None:
    """End a session while Micro-Manager stands still, for longer than its client tries."""
    source.open()
    read_frames(source, 5)
    micro_manager.tell("stall")
    read_until_status(source, "has not answered for")
    source.close()
    process._still_trying[-1].kill()
    process._still_trying[-1].wait()
    micro_manager.tell("resume")


def test_a_run_that_an_earlier_session_could_not_stop_is_known_for_ours(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    leave_running(micro_manager, make_source())
    assert micro_manager.core("isSequenceRunning")
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    assert_contiguous(frames)
    assert source.settings["mode"] == "acquire"
    assert "left running by an earlier pssr-live" in source.status
    source.close()
    assert not micro_manager.core("isSequenceRunning")
    assert micro_manager.tell("objects") == {}


def test_live_pressed_after_a_lost_session_is_not_taken_for_its_run(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    leave_running(micro_manager, make_source())
    micro_manager.core("stopSequenceAcquisition")
    # As long as a user takes to press a button: runs are told apart by when they began.
    time.sleep(1.2)
    micro_manager.tell("live")
    source = acquiring(make_source())
    assert source.settings["mode"] == "follow"
    source.close()
    assert micro_manager.core("isSequenceRunning")


def test_of_two_that_acquire_the_first_is_told_who_took_the_camera(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    first, second = make_source("mode=acquire"), make_source("mode=acquire")
    first.open()
    read_frames(first, 5)
    second.open()
    read_frames(second, 5)
    give_up = time.monotonic() + LONG
    while "Another pssr-live took the camera" not in first.status:
        assert time.monotonic() < give_up, first.status
        with suppress(FormatChanged):
            first.read(0.1)
    first.close()
    assert micro_manager.core("isSequenceRunning")
    second.close()
    assert not micro_manager.core("isSequenceRunning")


def test_no_object_of_a_client_that_was_killed_stays_in_micro_manager(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 3)
    kill_client(source)
    read_until_status(source, "broke down")
    read_frames(source, 10)
    source.close()
    # The last client lets go by itself, also where its parent has waited long enough for it.
    micro_manager.wait_for(lambda: micro_manager.tell("objects") == {})
