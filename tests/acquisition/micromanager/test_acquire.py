from __future__ import annotations

import time
from contextlib import suppress

import numpy as np
import pytest

from acquisition import EndOfFrames, Frame, SourceError
from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager


def test_every_frame_comes_numbered_timed_and_with_its_tags(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    frame_format = source.open()
    assert frame_format.shape == (48, 64)
    assert frame_format.dtype == np.uint16
    assert frame_format.significant_bits == 12
    assert frame_format.pixel_size_um == 0.196
    assert frame_format.interval_s is not None
    assert frame_format.interval_s > 0.005
    assert frame_format.camera == "Camera"
    assert source.frame_count is None

    frames = read_frames(source, 60)
    assert frames[0].index == 0
    assert frames[0].acquired == 0
    assert_contiguous(frames)
    for frame in frames:
        assert frame.pixels.shape == (48, 64)
        assert frame.pixels.dtype == np.uint16
        assert not frame.pixels.flags.writeable
        assert frame.tags["ImageNumber"] == str(frame.index)
        assert frame.tags["Exposure-ms"] == "10"
    assert source.status == ""
    assert source.settings["mode"] == "acquire"


def test_frames_hold_what_the_camera_saw(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The demo camera's waves move, and are smooth along rows and columns."""
    source = make_source()
    source.open()
    first, second = read_frames(source, 2)
    assert not np.array_equal(first.pixels, second.pixels)
    for axis in (0, 1):
        steps = np.abs(np.diff(first.pixels.astype(int), axis=axis))
        assert 0 < steps.max() < np.ptp(first.pixels) / 4


def test_no_java_object_is_left_behind(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 100)
    assert micro_manager.tell("objects") == {
        "mmcorej.CMMCore": 1,
        "mmcorej.Metadata": 1,
        "org.micromanager.acquisition.AcquisitionManager": 1,
    }
    source.close()
    assert micro_manager.tell("objects") == {}


def test_closing_stops_the_camera_that_we_started(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 3)
    assert micro_manager.core("isSequenceRunning")
    source.close()
    assert not micro_manager.core("isSequenceRunning")


def test_who_ends_gets_all_that_the_camera_took_before_it_was_stopped(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    # More than are under way between the processes.
    micro_manager.wait_for(lambda: micro_manager.core("getRemainingImageCount") > 20)
    source.take_no_more()
    told = set()
    with suppress(EndOfFrames):
        while True:
            frame = source.read(LONG)
            told.add(source.status)
            frames += [frame] if frame is not None else []
    assert not micro_manager.core("isSequenceRunning")
    assert micro_manager.core("getRemainingImageCount") == 0
    assert_contiguous(frames)
    assert len(frames) > 40
    assert any("are being taken out of Micro-Manager's buffer" in words for words in told)
    source.close()
    assert source.status == ""


def test_old_images_in_the_buffer_are_not_taken_for_new_ones(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("startSequenceAcquisition", 20, 0, False)
    while micro_manager.core("isSequenceRunning"):
        pass
    micro_manager.set_camera("PixelType", "8bit")
    source = make_source()
    assert source.open().dtype == np.uint8
    assert read_frames(source, 1)[0].index == 0


def test_silent_overflow_shows_as_a_gap(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The core throws away all it holds and says nothing; only the numbers jump."""
    micro_manager.core("setCircularBufferMemoryFootprint", 1)
    micro_manager.set_camera("OnCameraCCDXSize", "256")
    micro_manager.set_camera("OnCameraCCDYSize", "256")
    source = make_source()
    source.open()
    frames = read_frames(source, 3)
    micro_manager.tell("stall")
    half, held = micro_manager.core("getBufferTotalCapacity") // 2, 0
    while (now := micro_manager.core("getRemainingImageCount")) > held - half:
        held = max(held, now)
    micro_manager.tell("resume")
    frames += read_frames(source, 60)
    jumps = np.diff([frame.index for frame in frames])
    assert (jumps >= 1).all()
    assert jumps.max() > 1
    assert {frame.lost_to for frame, jump in zip(frames[1:], jumps, strict=True) if jump > 1} == {
        "overflow"
    }
    # The status may know of more by now, where the computer is slow.
    give_up = time.monotonic() + LONG
    while not source.status.startswith(f"Frames dropped by Micro-Manager: {lost(frames)}; enlarge"):
        assert time.monotonic() < give_up, source.status
        frames += read_frames(source, 1)
    assert not micro_manager.core("isBufferOverflowed")


def lost(frames: list[Frame]) -> int:
    """How many numbers are missing between frames."""
    return int((np.diff([frame.index for frame in frames]) - 1).sum())


def test_a_named_camera_is_used_and_the_other_put_back(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("loadDevice", "Second", "DemoCamera", "DCam")
    micro_manager.core("initializeDevice", "Second")
    source = make_source("camera=Second")
    assert source.open().camera == "Second"
    read_frames(source, 2)
    source.close()
    assert micro_manager.core("getCameraDevice") == "Camera"


def test_a_camera_that_is_not_there_is_refused(make_source: OpenSource) -> None:
    with pytest.raises(SourceError, match="no camera 'Nobody'"):
        make_source("camera=Nobody").open()


def test_live_pressed_while_we_acquire_is_followed(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 5)
    micro_manager.tell("live")
    read_until_change(source)
    frames = read_frames(source, 30)
    assert frames[0].index == 0
    assert_contiguous(frames)
    assert "Live was pressed" in source.status
    assert source.settings["mode"] == "follow"
    assert micro_manager.core("getRemainingImageCount") >= 29
    source.close()
    assert micro_manager.core("isSequenceRunning"), "somebody else's sequence goes on"


def test_a_sequence_stopped_by_the_user_waits_for_live(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 5)
    micro_manager.core("stopSequenceAcquisition")
    read_until_status(source, "press Live there to go on")
    micro_manager.tell("live")
    read_until_change(source)
    assert_contiguous(read_frames(source, 20))
    assert source.status == ""


def test_a_new_frame_size_begins_a_new_segment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """The demo camera's run dies of it without an error, so it is begun again."""
    source = make_source()
    source.open()
    read_frames(source, 5)
    micro_manager.core("setROI", 8, 4, 32, 16)
    before, new_format = read_until_change(source)
    assert all(frame.pixels.shape == (48, 64) for frame in before)
    assert new_format.shape == (16, 32)
    frames = read_frames(source, 10)
    assert all(frame.pixels.shape == (16, 32) for frame in frames)
    assert frames[0].index == 0
    assert source.settings["region"] == "32 x 16 at 8, 4"
