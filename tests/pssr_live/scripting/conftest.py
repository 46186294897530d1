"""A real core with Micro-Manager's demo camera, driven by pymmcore-plus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mm_test_adapters
import pytest
from pymmcore_plus import CMMCorePlus

DEMO = Path(mm_test_adapters.device_adapter_path()) / "MMConfig_demo.cfg"


@pytest.fixture
def mmcore() -> Iterator[CMMCorePlus]:
    """The demo configuration, on frames of 48 x 64."""
    core = CMMCorePlus()
    core.setDeviceAdapterSearchPaths([mm_test_adapters.device_adapter_path()])
    core.loadSystemConfiguration(DEMO)
    core.setROI(0, 0, 64, 48)
    core.setExposure(2)
    yield core
    core.unloadAllDevices()
