"""What has become of frames that are missing, and of those that are left out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.acquisition.micromanager.conftest import OpenSource, read_frames, read_until_status
from tests.acquisition.micromanager.harness import RunningMicroManager


@pytest.mark.parametrize("mode", ["acquire", "follow"])
def test_frames_that_another_program_takes_are_told_as_taken(
    micro_manager: RunningMicroManager, make_source: OpenSource, mode: str
) -> None:
    micro_manager.core("setExposure", 20)
    if mode == "follow":
        micro_manager.tell("live")
    source = make_source(f"mode={mode}")
    source.open()
    frames = read_frames(source, 10)
    micro_manager.tell("stall")
    # Those that nobody has looked at yet, and one more.
    micro_manager.tell("take", micro_manager.core("getRemainingImageCount") + 1)
    micro_manager.tell("resume")
    frames += read_until_status(source, "taken out of the buffer by another program")
    frames += read_frames(source, 5)
    lost = int((np.diff([frame.index for frame in frames]) - 1).sum())
    assert lost >= 1
    assert f"by another program: {lost};" in source.status
    assert "enlarge" not in source.status


def test_a_camera_that_is_part_of_a_device_of_several_delivers_its_frames(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    two_cameras(micro_manager)
    source = make_source("camera=Second")
    assert source.open().camera == "Second"
    frames = read_frames(source, 10)
    assert {frame.tags["Camera"] for frame in frames} == {"Second"}
    assert frames[0].tags["Both-CameraChannelIndex"] == "1"


def test_frames_of_another_camera_are_counted_and_told(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    two_cameras(micro_manager)
    micro_manager.core("startSequenceAcquisition", "Second", 10**6, 0, False)
    source = make_source("mode=follow")
    source.open()
    read_until_status(source, "frames of Second came and were left out")
    assert "none of channel 0 of Camera" in source.status


def two_cameras(micro_manager: RunningMicroManager) -> None:
    """Load a second camera, and a device that is both."""
    micro_manager.core("loadDevice", "Second", "DemoCamera", "DCam")
    micro_manager.core("loadDevice", "Both", "Utilities", "Multi Camera")
    for device in ("Second", "Both"):
        micro_manager.core("initializeDevice", device)
    micro_manager.core("setProperty", "Second", "OnCameraCCDXSize", "64")
    micro_manager.core("setProperty", "Second", "OnCameraCCDYSize", "48")
    micro_manager.core("setProperty", "Second", "PixelType", "16bit")
    micro_manager.core("setProperty", "Both", "Physical Camera 1", "Camera")
    micro_manager.core("setProperty", "Both", "Physical Camera 2", "Second")
