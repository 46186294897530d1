"""A real core with its demo camera."""

from __future__ import annotations

import mm_test_adapters
import pymmcore


def demo_core() -> pymmcore.CMMCore:
    """Load a core with the demo camera: 64 x 48, 16 bit, 100 frames/s, 0.196 µm pixels."""
    core = pymmcore.CMMCore()
    core.setDeviceAdapterSearchPaths([mm_test_adapters.device_adapter_path()])
    core.loadDevice("Camera", "DemoCamera", "DCam")
    core.initializeAllDevices()
    core.setCameraDevice("Camera")
    for name, value in {
        "OnCameraCCDXSize": "64", "OnCameraCCDYSize": "48", "PixelType": "16bit", "BitDepth": "12",
        "DisplayImageNumber": "0",
    }.items():  # fmt: skip
        core.setProperty("Camera", name, value)
    core.setExposure(10)
    core.definePixelSizeConfig("calibrated", "Camera", "Binning", "1")
    core.setPixelSizeUm("calibrated", 0.196)
    core.setCircularBufferMemoryFootprint(32)
    return core


def new_metadata() -> pymmcore.Metadata:
    """An empty one, to be filled by the core."""
    return pymmcore.Metadata()
