"""A core in our own process, of Micro-Manager's demo configuration."""

from __future__ import annotations

from pathlib import Path

import mm_test_adapters
import pytest

from acquisition import SourceError, open_source
from acquisition.micromanager import MicroManagerSource
from tests.acquisition.micromanager.conftest import (
    assert_contiguous,
    kill_client,
    read_frames,
    read_until_change,
)

DEMO = Path(mm_test_adapters.device_adapter_path()) / "MMConfig_demo.cfg"


def test_a_configuration_is_loaded_and_its_camera_read() -> None:
    source = open_source(f"micromanager+local:{DEMO}")
    assert isinstance(source, MicroManagerSource)
    try:
        frame_format = source.open()
        assert frame_format.shape == (512, 512)
        assert frame_format.pixel_size_um == 1.0
        assert frame_format.camera == "Camera"
        frames = read_frames(source, 20)
        assert frames[0].index == 0
        assert_contiguous(frames)
        assert frames[0].pixels.shape == (512, 512)
        assert source.settings["library"] == "DemoCamera"
        assert source.settings["mode"] == "acquire"
        assert source.status == ""
    finally:
        source.close()


def test_a_driver_that_crashes_costs_a_segment_and_not_the_session() -> None:
    source = open_source(f"micromanager+local:{DEMO}")
    assert isinstance(source, MicroManagerSource)
    try:
        source.open()
        read_frames(source, 3)
        kill_client(source)
        read_until_change(source)
        assert_contiguous(read_frames(source, 5))
    finally:
        source.close()


def test_a_configuration_that_cannot_be_loaded_is_told_with_the_reason(tmp_path: Path) -> None:
    config = tmp_path / "broken.cfg"
    config.write_text("Device,Camera,NoSuchLibrary,DCam\n", encoding="utf-8")
    adapters = mm_test_adapters.device_adapter_path()
    with pytest.raises(SourceError) as told:
        open_source(f"micromanager+local:{config},adapters={adapters}").open()
    assert "can't be loaded" in told.value.problem
    assert "NoSuchLibrary" in told.value.problem
    assert "adapters=FOLDER" in told.value.fix
