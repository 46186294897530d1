from __future__ import annotations

import numpy as np
import pytest

from acquisition import SourceError
from tests.acquisition.micromanager.conftest import (
    OpenSource,
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager


def test_a_running_camera_is_followed_and_nothing_taken(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """As when Live is on, or an earlier run has crashed and left the camera running."""
    micro_manager.tell("live")
    source = make_source()
    source.open()
    assert_contiguous(read_frames(source, 60))
    assert "running already" in source.status
    assert source.settings["mode"] == "follow"
    assert "popNextImageMD" not in micro_manager.tell("calls")
    assert micro_manager.core("getRemainingImageCount") >= 60
    source.close()
    assert micro_manager.core("isSequenceRunning")


def test_no_frame_is_missed_when_a_full_buffer_is_emptied(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("setCircularBufferMemoryFootprint", 1)
    micro_manager.core("setExposure", 20)
    micro_manager.tell("live")
    source = make_source("mode=follow")
    source.open()
    capacity = micro_manager.core("getBufferTotalCapacity")
    # What comes between the last look and the emptying can't be had any more: one or two frames,
    # or more where the machine was busy just then, but hardly each time.
    missed = []
    while not missed or missed[-1] > 2:
        assert len(missed) < 10, missed
        frames = read_frames(source, capacity + 40)
        missed.append(int((np.diff([frame.index for frame in frames]) - 1).sum()))


def test_others_are_asked_to_wait_while_a_buffer_is_about_to_be_emptied(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.set_camera("OnCameraCCDXSize", "128")
    micro_manager.set_camera("OnCameraCCDYSize", "96")
    micro_manager.core("setCircularBufferMemoryFootprint", 1)
    micro_manager.core("setExposure", 20)
    micro_manager.tell("live")
    source = make_source("mode=follow")
    source.open()
    capacity = micro_manager.core("getBufferTotalCapacity")
    held = 0
    # A test that is late finds the buffer emptied.
    for _ in range(10):
        while source.urgent:
            read_frames(source, 1)
        while not source.urgent:
            read_frames(source, 1)
        held = micro_manager.core("getRemainingImageCount")
        if held > capacity / 2:
            break
    assert held > capacity / 2
    micro_manager.core("stopSequenceAcquisition")
    read_until_status(source, "press Live")
    assert not source.urgent


def test_frames_that_came_during_a_pause_are_fetched(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("live")
    source = make_source("mode=follow")
    source.open()
    first = read_frames(source, 5)
    micro_manager.tell("stall")
    count = micro_manager.core("getRemainingImageCount")
    while micro_manager.core("getRemainingImageCount") < count + 30:
        pass
    micro_manager.tell("resume")
    assert_contiguous(first + read_frames(source, 60))


def test_a_camera_that_stands_still_is_waited_for_in_words(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """Its old images are not taken for new ones, and Live begins the first segment."""
    micro_manager.core("startSequenceAcquisition", 9, 0, False)
    while micro_manager.core("isSequenceRunning"):
        pass
    source = make_source("mode=follow")
    assert source.open().shape == (48, 64)
    assert read_until_status(source, "press Live") == []
    micro_manager.tell("live")
    frames = read_frames(source, 10)
    assert frames[0].index == 0
    assert_contiguous(frames)
    assert source.status == ""


def test_each_start_of_live_is_a_segment_of_its_own(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("live")
    source = make_source()
    source.open()
    read_frames(source, 10)
    micro_manager.core("stopSequenceAcquisition")
    read_until_status(source, "press Live")
    micro_manager.set_camera("PixelType", "8bit")
    micro_manager.tell("live")
    rest, new_format = read_until_change(source)
    assert all(frame.pixels.dtype == np.uint16 for frame in rest)
    assert new_format.dtype == np.uint8
    frames = read_frames(source, 10)
    assert frames[0].index == 0
    assert frames[0].acquired == 0
    assert all(frame.pixels.dtype == np.uint8 for frame in frames)


def test_numbers_that_begin_again_begin_a_segment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("live")
    source = make_source()
    source.open()
    # So many that those after it, seen late, have not caught up with their number.
    read_frames(source, 200)
    micro_manager.core("clearCircularBuffer")
    read_until_change(source)
    assert "cleared or resized" in source.status
    frames = read_frames(source, 10)
    assert frames[0].index < 200
    assert_contiguous(frames)


def test_another_camera_than_the_running_one_cannot_be_followed(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("live")
    with pytest.raises(SourceError, match="uses the camera 'Camera'"):
        make_source("camera=Other").open()
