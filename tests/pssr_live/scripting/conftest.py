"""A real core with Micro-Manager's demo camera, driven by pymmcore-plus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mm_test_adapters
import pytest
from pymmcore_plus import CMMCorePlus

DEMO = Path(mm_test_adapters.device_adapter_path()) / "MMConfig_demo.cfg"


@pytest.fixture
def mmcore(monkeypatch: pytest.MonkeyPatch) -> Iterator[CMMCorePlus]:
    """The demo configuration, on frames of 48 x 64."""
    # Where an earlier test has left a QApplication it would want qtpy.
    monkeypatch.setenv("PYMM_SIGNALS_BACKEND", "psygnal")
    core = CMMCorePlus()
    core.setDeviceAdapterSearchPaths([mm_test_adapters.device_adapter_path()])
    core.loadSystemConfiguration(DEMO)
    core.setROI(0, 0, 64, 48)
    core.setExposure(2)
    # In a sequence pymmcore-plus' own engine may miss the last image where the computer is busy.
    core.mda.engine.use_hardware_sequencing = False
    yield core
    core.unloadAllDevices()
