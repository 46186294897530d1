"""An experiment that somebody runs in Micro-Manager: each image fetched once, nothing touched."""

from __future__ import annotations

import pytest

from acquisition import Channel, StreamKey
from tests.acquisition.micromanager.conftest import (
    OpenSource,
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.datastore import digest
from tests.acquisition.micromanager.experiment import ACQ_ENG_J, DEFAULT
from tests.acquisition.micromanager.following import (
    CHANNELS,
    assert_followed,
    begin,
    follow,
    name_of,
    read_run,
)
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_experiment import account_of, changed


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
    # Beyond its first seconds: after one that ends so soon, a user has long to begin it again.
    begin(micro_manager, source, 7, channels=CHANNELS, interval_s=1.0)
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
    frames = read_until_status(source, "that the experiment had taken before are fetched too")
    micro_manager.tell("pause", False)
    frames += read_frames(source, 12)
    micro_manager.tell("stop_mda")
    frames += read_run(source)[0]
    assert_followed(micro_manager, frames)


def test_an_experiment_is_followed_while_it_is_paused_and_stopped(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source, frames = follow(micro_manager, make_source)
    micro_manager.tell("pause", True)
    frames += read_until_status(source, "is paused and still has the camera")
    micro_manager.tell("pause", False)
    frames += read_frames(source, 2)
    micro_manager.tell("stop_mda")
    rest, _ = read_run(source)
    assert_followed(micro_manager, frames + rest)
    assert f"{len(frames + rest)} of its 2000 images were fetched" in source.status


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
