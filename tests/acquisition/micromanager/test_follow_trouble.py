"""An experiment that is followed while windows, server or Micro-Manager go, and what is left."""

from __future__ import annotations

import subprocess
import sys

from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    read_frames,
    read_until_status,
)
from tests.acquisition.micromanager.following import (
    CHANNELS,
    assert_followed,
    begin,
    follow,
    read_run,
)
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_experiment import account_of, changed
from tests.places import ROOT

# In a process of its own: it changes the bridge for good.
_COUNT_WHAT_IS_KEPT = """
import atexit, os, sys
from acquisition.micromanager.handles import note_nothing_for_the_end
note_nothing_for_the_end()
from pycromanager import Studio
data = Studio(port=int(sys.argv[1]), timeout=60000).data()
before = atexit._ncallbacks()
for time in range(20):
    data.create_coords(f"time={time}")
print(atexit._ncallbacks() - before, flush=True)
os._exit(0)
"""


def test_an_experiment_whose_data_window_is_closed_is_told_and_the_next_followed(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source, frames = follow(micro_manager, make_source)
    micro_manager.tell("close_data")
    rest, _ = read_run(source)
    assert "data window of the experiment in Micro-Manager was closed" in source.status
    assert f"{len(frames + rest)} of its 2000 images were fetched" in source.status
    assert micro_manager.tell("account")["running"]
    micro_manager.tell("stop_mda")
    assert changed(account_of(micro_manager)) == set()
    # Else the next one may begin before the end of this one was seen.
    read_until_status(source, "press Live there to go on")
    begin(micro_manager, source, 2, channels=CHANNELS)
    frames, _ = read_run(source)
    assert_followed(micro_manager, frames)


def test_an_experiment_whose_window_is_closed_is_followed_on_while_its_images_are_kept(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The Multi-D Acquisition window is asked for nothing, so that it may be closed any time."""
    source, frames = follow(micro_manager, make_source)
    micro_manager.tell("close_display")
    frames += read_frames(source, 12)
    micro_manager.tell("stop_mda")
    rest, _ = read_run(source)
    assert_followed(micro_manager, frames + rest)
    assert "has ended" in source.status


def test_a_server_that_was_switched_off_meanwhile_gives_all_that_is_there(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The experiment goes on, and so does the segment."""
    source, frames = follow(micro_manager, make_source)
    micro_manager.tell("untick")
    frames += read_until_status(source, "Micro-Manager has gone")
    assert f"{len(frames)} of its 2000 images had come" in source.status
    before = micro_manager.tell("account")["images"]
    micro_manager.wait_for(lambda: micro_manager.tell("account")["images"] > before + 4)
    micro_manager.tell("tick")
    frames += read_frames(source, 8)
    micro_manager.tell("stop_mda")
    rest, formats = read_run(source)
    assert formats == []
    assert_followed(micro_manager, frames + rest)


def test_an_experiment_that_ended_while_the_server_was_off_is_completed(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source, frames = follow(micro_manager, make_source)
    micro_manager.tell("untick")
    frames += read_until_status(source, "Micro-Manager has gone")
    micro_manager.tell("stop_mda")
    account_of(micro_manager)
    micro_manager.tell("tick")
    rest, formats = read_run(source)
    assert formats == []
    assert_followed(micro_manager, frames + rest)


def test_a_micro_manager_that_was_killed_is_told_with_what_had_come(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source, frames = follow(micro_manager, make_source)
    micro_manager.kill()
    frames += read_until_status(source, "Micro-Manager has gone")
    assert f"{len(frames)} of its 2000 images had come" in source.status
    successor = RunningMicroManager(micro_manager.port)
    try:
        assert read_run(source) == ([], [])
        read_until_status(source, "can no longer be found in Micro-Manager")
        begin(successor, source, 3, channels=CHANNELS)
        frames, formats = read_run(source)
        assert len(formats) == 1
        assert_followed(successor, frames)
    finally:
        source.close()
        successor.kill()


def test_nothing_of_ours_is_left_in_micro_manager(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source, _ = follow(micro_manager, make_source)
    held = [sum(micro_manager.tell("objects").values()) for _ in read_frames(source, 40)]
    # An image, its place and its metadata, or a list of places, while they are looked at.
    assert max(held) - min(held) <= 3
    micro_manager.tell("stop_mda")
    read_run(source)
    source.close()
    assert micro_manager.tell("objects") == {}


def test_the_bridge_keeps_nothing_of_an_image_that_was_let_go_of(
    micro_manager: RunningMicroManager,
) -> None:
    """A client that follows for a day holds no more than one that has just begun."""
    count = [sys.executable, "-c", _COUNT_WHAT_IS_KEPT, str(micro_manager.port)]
    kept = subprocess.run(count, stdout=subprocess.PIPE, check=True, timeout=LONG, cwd=ROOT)
    assert int(kept.stdout) == 0
