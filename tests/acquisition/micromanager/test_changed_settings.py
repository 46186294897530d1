"""What is changed in Micro-Manager while frames come: trigger, exposure, pixel size, colour."""

import time

import pytest

from acquisition import SourceError
from acquisition.micromanager.frame_delivery import _SILENCE_WORTH_A_WORD
from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager


def test_a_camera_that_waits_for_a_trigger_is_told_of(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """Its exposure is short, but none begins."""
    micro_manager.core("setExposure", 9000)
    micro_manager.tell("exposure", 10)
    source = make_source()
    source.open()
    read_until_status(source, "waiting for a trigger")


def test_a_camera_that_exposes_for_long_is_not_said_to_wait_for_a_trigger(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """Longer than silence is worth a word otherwise."""
    micro_manager.core("setExposure", 1200 * _SILENCE_WORTH_A_WORD)
    source = make_source()
    source.open()
    said, frame = set(), None
    while frame is None:
        frame = source.read(0.1)
        said.add(source.status)
    assert said == {""}


def test_a_change_of_exposure_is_noted_with_the_frames(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("acquisition.micromanager.source._NEWS_STAYS", LONG)
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    micro_manager.core("setExposure", 20)
    give_up = time.monotonic() + LONG
    said = {source.status}
    noted = "Changed in Micro-Manager: exposure_ms 20."
    while frames[-1].tags["Exposure-ms"] != "20" or source.status != noted:
        assert time.monotonic() < give_up, said
        frames += filter(None, [source.read(0.2)])
        said.add(source.status)
    assert source.settings["exposure_ms"] == "20"
    assert_contiguous(frames)


def test_a_change_of_the_pixel_size_begins_a_new_segment(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """A zoom alters nothing else in a frame."""
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    micro_manager.core("setPixelSizeUm", "calibrated", 0.098)
    rest, new_format = read_until_change(source)
    assert new_format.pixel_size_um == 0.098
    assert_contiguous(frames + rest + read_frames(source, 5))


def test_a_switch_to_colour_ends_the_session_in_words(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    micro_manager.tell("live")
    source.open()
    read_frames(source, 3)
    micro_manager.core("stopSequenceAcquisition")
    micro_manager.set_camera("PixelType", "32bitRGB")
    micro_manager.tell("live")
    with pytest.raises(SourceError, match="colour"):
        read_until_change(source)
