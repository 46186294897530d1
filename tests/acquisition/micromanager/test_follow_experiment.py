"""An experiment that somebody runs in Micro-Manager: each image fetched once, nothing touched."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from typing import Any

import pytest

from acquisition import Channel, FormatChanged, Frame, FrameFormat, RunEnded, StreamKey
from acquisition.micromanager import MicroManagerSource
from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.datastore import Coords, digest
from tests.acquisition.micromanager.experiment import ACQ_ENG_J, DEFAULT
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_experiment import account_of, changed
from tests.places import ROOT

CHANNELS = ["GFP", "mCherry"]
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


def begin(
    micro_manager: RunningMicroManager, source: MicroManagerSource, points: int = 4, **more: Any
) -> list[Frame]:
    """Start an experiment in Micro-Manager's window; returns frames that came before.

    It takes no image before it is noticed, however late that is.
    """
    micro_manager.tell("mda", {"points": points, "held": True} | more)
    before = read_until_status(source, "Its images are fetched as they come")
    micro_manager.tell("go")
    return before


def read_run(source: MicroManagerSource) -> tuple[list[Frame], list[FrameFormat]]:
    """Read to the end of an experiment; its frames, and the formats announced on the way."""
    frames: list[Frame] = []
    formats: list[FrameFormat] = []
    give_up = time.monotonic() + LONG
    while time.monotonic() < give_up:
        try:
            frame = source.read(0.2)
        except FormatChanged as change:
            formats.append(change.new_format)
        except RunEnded:
            return frames, formats
        else:
            frames += [frame] if frame is not None else []
    pytest.fail(f"no end after {len(frames)} frames: {source.status}")


def name_of(frame: Frame) -> str:
    """The Coords of the image that a frame was."""
    position, channel, z = frame.stream
    return Coords.of(time=frame.time_point, position=position, channel=channel, z=z).toString()


def assert_followed(micro_manager: RunningMicroManager, frames: list[Frame]) -> dict[str, Any]:
    """Check that each image of the experiment came once, whole, and that nothing was touched."""
    account = account_of(micro_manager)
    assert account["error"] == ""
    assert changed(account) == set()
    assert len(frames) == account["images"]
    assert {name_of(frame): digest(frame.pixels) for frame in frames} == account["stored"]
    by_stream: dict[StreamKey, list[Frame]] = {}
    for frame in frames:
        by_stream.setdefault(frame.stream, []).append(frame)
    for stream in by_stream.values():
        assert [frame.index for frame in stream] == list(range(len(stream)))
        assert all(a.time_point < b.time_point for a, b in itertools.pairwise(stream))
        assert all(a.acquired < b.acquired for a, b in itertools.pairwise(stream))
    return account


def test_channels_slices_and_positions_of_an_experiment_become_streams(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    positions = ["cell 1", "cell 2"]
    begin(micro_manager, source, channels=CHANNELS, slices=3, positions=positions, interval_s=0.1)
    frames, (told,) = read_run(source)
    assert_followed(micro_manager, frames)
    assert told.channels == (Channel("GFP", (0, 255, 0)), Channel("mCherry", (255, 0, 0)))
    assert (told.slices, told.z_step_um) == (3, 0.5)
    assert told.positions == ("cell 1", "cell 2")
    assert told.interval_s == 0.1
    assert told.shape == (48, 64)
    assert told.pixel_size_um == 0.196
    assert told.significant_bits == 12
    assert {frame.stream for frame in frames} == set(told.streams)
    assert frames[0].tags["Camera"] == "Camera"
    assert source.settings["mode"] == "follow"
    assert source.settings["experiment"] == "Untitled"
    assert "48 of its 48 images were fetched" in source.status


def test_an_experiment_that_runs_already_is_the_first_segment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("mda", {"points": 4, "channels": CHANNELS, "held": True})
    source = make_source()
    assert len(source.open().channels) == 2
    micro_manager.tell("go")
    frames, formats = read_run(source)
    assert formats == []
    assert_followed(micro_manager, frames)


def test_each_experiment_is_a_run_of_its_own_and_the_next_is_waited_for(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    for points in (3, 2):
        begin(micro_manager, source, points, channels=CHANNELS)
        frames, formats = read_run(source)
        assert len(formats) == 1
        assert_followed(micro_manager, frames)
        read_until_status(source, "press Live there to go on")
    micro_manager.tell("live")
    _, live = read_until_change(source)
    assert len(live.channels) == 1
    assert_contiguous(read_frames(source, 5))


def test_the_camera_that_was_ours_before_is_started_again_after_an_experiment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 3)
    begin(micro_manager, source, channels=CHANNELS)
    assert not micro_manager.core("isSequenceRunning")
    _, told = read_until_change(source)
    assert len(told.channels) == 2
    frames, _ = read_run(source)
    account = account_of(micro_manager)
    assert len(frames) == account["images"]
    read_until_change(source)
    assert_contiguous(read_frames(source, 3))
    assert source.settings["mode"] == "acquire"


@pytest.mark.parametrize("interval_s", [0.01, 0.3])
def test_an_experiment_of_either_engine_without_channels_is_one_stream(
    micro_manager: RunningMicroManager, make_source: OpenSource, interval_s: float
) -> None:
    source = make_source("mode=follow")
    source.open()
    engine = ACQ_ENG_J if interval_s < 0.1 else DEFAULT
    begin(micro_manager, source, 6, interval_s=interval_s, engine=engine)
    frames, (told,) = read_run(source)
    assert_followed(micro_manager, frames)
    assert told.streams == (StreamKey(),)
    assert told.channels == (Channel(),)


def test_a_channel_that_leaves_time_points_out_has_no_gaps(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 6, channels=CHANNELS, every=[1, 3])
    frames, _ = read_run(source)
    assert_followed(micro_manager, frames)
    seldom = [frame for frame in frames if frame.stream.channel == 1]
    assert [frame.time_point for frame in seldom] == [0, 3]
    assert "8 of its 12 images" in source.status


def test_what_an_experiment_took_before_we_came_is_fetched_too(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("mda", {"points": 1000, "channels": CHANNELS})
    micro_manager.wait_for(lambda: micro_manager.tell("account")["images"] >= 4)
    micro_manager.tell("pause", True)
    source = make_source("mode=follow")
    source.open()
    source.read(0)
    assert "that the experiment had taken before are fetched too" in source.status
    micro_manager.tell("pause", False)
    frames = read_frames(source, 12)
    micro_manager.tell("stop_mda")
    frames += read_run(source)[0]
    assert_followed(micro_manager, frames)


def test_an_experiment_is_followed_while_it_is_paused_and_stopped(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    frames = read_frames(source, 4)
    micro_manager.tell("pause", True)
    frames += read_until_status(source, "is paused and still has the camera")
    micro_manager.tell("pause", False)
    frames += read_frames(source, 2)
    micro_manager.tell("stop_mda")
    rest, _ = read_run(source)
    assert_followed(micro_manager, frames + rest)
    assert f"{len(frames + rest)} of its 2000 images were fetched" in source.status


def test_an_experiment_whose_data_window_is_closed_is_told_and_the_next_followed(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    frames = read_frames(source, 4)
    micro_manager.tell("close_data")
    rest, _ = read_run(source)
    assert "data window of the experiment in Micro-Manager was closed" in source.status
    assert f"{len(frames + rest)} of its 2000 images were fetched" in source.status
    assert micro_manager.tell("account")["running"]
    micro_manager.tell("stop_mda")
    assert changed(account_of(micro_manager)) == set()
    begin(micro_manager, source, 2, channels=CHANNELS)
    frames, _ = read_run(source)
    assert_followed(micro_manager, frames)


def test_a_channel_of_another_size_is_left_out_in_words(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS, sizes=[64, 32], interval_s=0.2)
    read_until_change(source)
    frames = read_until_status(source, "of mCherry, of 32 x 48 pixels of 16 bits, were left out")
    assert {frame.stream.channel for frame in frames} == {0}
    micro_manager.tell("stop_mda")
    frames += read_run(source)[0]
    account = account_of(micro_manager)
    assert {frame.stream.channel for frame in frames} == {0}
    assert changed(account) == set()
    kept = {name: one for name, one in account["stored"].items() if "channel=1" not in name}
    assert {name_of(frame): digest(frame.pixels) for frame in frames} == kept


def test_a_server_that_was_switched_off_meanwhile_gives_all_that_is_there(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The experiment goes on, and so does the segment."""
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    frames = read_frames(source, 4)
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
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    frames = read_frames(source, 4)
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
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    frames = read_frames(source, 4)
    micro_manager.kill()
    frames += read_until_status(source, "Micro-Manager has gone")
    assert f"{len(frames)} of its 2000 images had come" in source.status
    successor = RunningMicroManager(micro_manager.port)
    try:
        assert read_run(source) == ([], [])
        read_until_status(source, "is not to be found in Micro-Manager any more")
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
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    held = [sum(micro_manager.tell("objects").values()) for _ in read_frames(source, 40)]
    # An image, its place and its metadata, or a list of places, while they are looked at.
    assert max(held) - min(held) <= 3
    micro_manager.tell("stop_mda")
    read_run(source)
    source.close()
    assert micro_manager.tell("objects") == {}


def test_closing_beside_an_experiment_that_is_followed_leaves_it_alone(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 15, channels=CHANNELS)
    read_until_change(source)
    read_frames(source, 3)
    source.close()
    account = account_of(micro_manager)
    assert (account["images"], account["error"]) == (30, "")
    assert changed(account) == set()
    assert micro_manager.tell("objects") == {}


def test_who_acquires_stands_aside_and_fetches_nothing(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("mda", {"points": 4, "channels": CHANNELS, "held": True})
    source = make_source("mode=acquire")
    source.open()
    read_until_status(source, "can't be shown here")
    micro_manager.tell("go")
    account = account_of(micro_manager)
    assert changed(account) == set()
    assert "getImage" not in account["calls"]


def test_of_an_experiment_that_has_taken_many_images_those_that_follow_are_fetched(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("setExposure", 1)
    micro_manager.tell("mda", {"points": 100_000, "channels": CHANNELS, "interval_s": 0})
    micro_manager.wait_for(lambda: micro_manager.tell("account")["images"] > 600)
    micro_manager.tell("pause", True)
    source = make_source("mode=follow")
    source.open()
    read_until_status(source, "images that the experiment had taken before are left where they are")
    before = micro_manager.tell("account")["images"]
    micro_manager.core("setExposure", 20)
    micro_manager.tell("pause", False)
    frames = read_frames(source, 8)
    micro_manager.tell("stop_mda")
    frames += read_run(source)[0]
    stored = account_of(micro_manager)["stored"]
    assert len(frames) == len(stored) - before
    assert frames[0].time_point == before // 2
    assert {name_of(frame): digest(frame.pixels) for frame in frames}.items() <= stored.items()
    assert source.taken_by_others == 0


def test_the_bridge_keeps_nothing_of_an_image_that_was_let_go_of(
    micro_manager: RunningMicroManager,
) -> None:
    """A client that follows for a day holds no more than one that has just begun."""
    count = [sys.executable, "-c", _COUNT_WHAT_IS_KEPT, str(micro_manager.port)]
    kept = subprocess.run(count, stdout=subprocess.PIPE, check=True, timeout=LONG, cwd=ROOT)
    assert int(kept.stdout) == 0
