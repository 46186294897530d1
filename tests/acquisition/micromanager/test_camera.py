"""What is read of camera and scan, from a running Micro-Manager."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition import SourceError
from tests.acquisition.micromanager.conftest import OpenSource, assert_contiguous, read_frames
from tests.acquisition.micromanager.harness import RunningMicroManager


def test_8_bit_frames_come_as_such(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.set_camera("PixelType", "8bit")
    source = make_source()
    frame_format = source.open()
    assert frame_format.dtype == np.uint8
    assert frame_format.significant_bits == 8
    assert read_frames(source, 2)[0].pixels.dtype == np.uint8


@pytest.mark.parametrize(
    ("pixel_type", "words"), [("32bit", "32 bits"), ("32bitRGB", "colour"), ("64bitRGB", "colour")]
)
def test_colour_and_float_are_refused_before_the_camera_starts(
    micro_manager: RunningMicroManager, make_source: OpenSource, pixel_type: str, words: str
) -> None:
    micro_manager.set_camera("PixelType", pixel_type)
    with pytest.raises(SourceError) as told:
        make_source().open()
    assert words in told.value.problem
    assert "PixelType" in told.value.fix
    assert "startContinuousSequenceAcquisition" not in micro_manager.tell("calls")


def test_a_pixel_size_of_0_is_unknown_and_can_be_given(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("deletePixelSizeConfig", "calibrated")
    source = make_source()
    assert source.open().pixel_size_um is None
    assert source.settings["pixel_size"] == "unknown"
    assert "--pixel-size" in source.settings["note"]
    read_frames(source, 3)
    assert "--pixel-size" in source.status
    source.close()
    source = make_source("pixel_size_um=0.17")
    assert source.open().pixel_size_um == 0.17
    assert source.settings["pixel_size"] == "given by the user"
    assert "note" not in source.settings


def test_a_calibration_with_oblong_pixels_is_told_of(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("setPixelSizeAffine", "calibrated", [0.2, 0, 0, 0, 0.4, 0])
    source = make_source()
    source.open()
    assert "not square" in source.settings["note"]


def test_an_openscan_scanners_settings_are_recorded(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    scan = {"LSM-Resolution": "1024", "LSM-ZoomFactor": "2.0", "LSM-PixelRateHz": "1250000"}
    micro_manager.tell("properties", scan)
    source = make_source()
    source.open()
    assert scan.items() <= source.settings.items()
    assert source.settings["library"] == "DemoCamera"
    assert source.settings["region"] == "64 x 48 at 0, 0"
    assert "Magnifier" in source.settings["note"]


def test_a_pydevice_scanners_settings_are_recorded(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    scan = {"Resolution": "440", "Zoom": "1.5", "DwellTime-us": "0.8", "Duration-ms": "218"}
    micro_manager.tell("properties", scan)
    source = make_source()
    source.open()
    assert scan.items() <= source.settings.items()


def test_properties_of_a_home_made_scanner_are_recorded_on_request(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("record=Camera/Photon Flux,record=Camera/Gain,record=Galvo/Zoom")
    source.open()
    assert source.settings["Camera/Photon Flux"] == "50.0000"
    assert source.settings["Camera/Gain"] == "0"
    assert source.settings["note"] == "Micro-Manager has no property Galvo/Zoom."


@pytest.mark.parametrize("mode", ["acquire", "follow"])
@pytest.mark.parametrize("channel", [0, 1])
def test_channels_under_one_label_are_streams_of_their_own(
    micro_manager: RunningMicroManager, make_source: OpenSource, mode: str, channel: int
) -> None:
    micro_manager.tell("interleave", 2)
    micro_manager.core("setExposure", 20)
    if mode == "follow":
        micro_manager.tell("live")
    source = make_source(f"mode={mode},channel={channel}")
    source.open()
    frames = read_frames(source, 20)
    assert_contiguous(frames)
    for frame in frames:
        assert frame.tags["CameraChannelIndex"] == str(channel)
        assert int(frame.tags["ImageNumber"]) == 2 * frame.index + channel
    assert source.settings["channel"] == f"{channel} of 2 (Detector-{channel})"


@pytest.mark.parametrize("mode", ["acquire", "follow"])
def test_two_cameras_behind_one_label_are_streams_of_their_own(
    micro_manager: RunningMicroManager, make_source: OpenSource, mode: str
) -> None:
    micro_manager.core("loadDevice", "Second", "DemoCamera", "DCam")
    micro_manager.core("loadDevice", "Both", "Utilities", "Multi Camera")
    for device in ("Second", "Both"):
        micro_manager.core("initializeDevice", device)
    for name, value in {"OnCameraCCDXSize": "64", "OnCameraCCDYSize": "48"}.items():
        micro_manager.core("setProperty", "Second", name, value)
    micro_manager.core("setProperty", "Second", "PixelType", "16bit")
    micro_manager.core("setProperty", "Both", "Physical Camera 1", "Camera")
    micro_manager.core("setProperty", "Both", "Physical Camera 2", "Second")
    micro_manager.core("setCameraDevice", "Both")
    micro_manager.core("setExposure", 30)
    if mode == "follow":
        micro_manager.tell("live")
    source = make_source(f"channel=1,mode={mode}")
    assert source.open().camera == "Both"
    frames = read_frames(source, 20)
    assert_contiguous(frames)
    assert {frame.tags["Camera"] for frame in frames} == {"Second"}
    assert source.settings["channel"] == "1 of 2 (Second)"


def test_a_channel_that_the_camera_does_not_have_is_refused(make_source: OpenSource) -> None:
    with pytest.raises(SourceError, match="no channel 3"):
        make_source("channel=3").open()
