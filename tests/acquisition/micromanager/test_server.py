"""The stand-in speaks as Micro-Manager does: an unmodified pycromanager is the judge."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.acquisition.micromanager.harness import ROOT, RunningMicroManager

# In a process of its own: a client whose server dies can't end by itself.
_CLIENT = """
import json, os, sys, time, warnings
told = []
warnings.showwarning = lambda message, *_, **__: told.append(str(message))
from pycromanager import Core, JavaObject, Studio

port = int(sys.argv[1])
core = Core(port=port)
metadata = JavaObject("mmcorej.Metadata", port=port)
seen = {"warnings": told, "types": {}}
for pixel_type in ("8bit", "16bit", "32bit", "32bitRGB", "64bitRGB"):
    core.set_property("Camera", "PixelType", pixel_type)
    core.start_continuous_sequence_acquisition(0)
    while not core.get_remaining_image_count():
        time.sleep(0.005)
    pixels = core.pop_next_image_md(metadata)
    core.stop_sequence_acquisition()
    lines = metadata.serialize().split("\\n")
    name = lines[lines.index("PixelType") + 3]
    seen["types"][pixel_type] = [pixels.dtype.name, pixels.ndim, pixels.size, name]
tagged = core.get_last_tagged_image()
seen["tagged"] = [tagged.pix.size, tagged.tags["Camera"]]
del tagged
seen["whole double"] = type(core.get_exposure()).__name__
core.clear_circular_buffer()
try:
    core.pop_next_image_md(metadata)
except Exception as error:
    seen["empty"] = str(error)
try:
    core.set_property("Camera", "FastImage", 1)
except Exception as error:
    seen["float overload"] = str(error)
core.set_property("Camera", "FastImage", "1")
seen["FastImage"] = core.get_property("Camera", "FastImage")
try:
    acquisitions = Studio(port=port).acquisitions()
    seen["experiment"] = [acquisitions.is_acquisition_running(), acquisitions.is_paused()]
except Exception as error:
    seen["experiment"] = str(error)
print(json.dumps(seen), flush=True)
os._exit(0)
"""


def ask(micro_manager: RunningMicroManager) -> dict[str, Any]:
    """What the client saw."""
    answer = subprocess.run(
        [sys.executable, "-c", _CLIENT, str(micro_manager.port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=120,
        cwd=ROOT,
    )
    seen: dict[str, Any] = json.loads(answer.stdout)
    return seen


def test_the_client_connects_without_a_warning_and_reads_all_pixel_types(
    micro_manager: RunningMicroManager,
) -> None:
    seen = ask(micro_manager)
    assert seen["warnings"] == []
    pixels = 64 * 48
    assert seen["types"] == {
        "8bit": ["uint8", 1, pixels, "GRAY8"],
        "16bit": ["uint16", 1, pixels, "GRAY16"],
        "32bit": ["float32", 1, pixels, "GRAY32"],
        "32bitRGB": ["uint8", 1, 4 * pixels, "RGB32"],
        "64bitRGB": ["uint16", 1, 4 * pixels, "RGB64"],
    }
    assert seen["tagged"] == [4 * pixels, "Camera"]
    assert seen["whole double"] == "int"
    assert seen["empty"].startswith("java.lang.Exception: Circular buffer is empty.")
    assert "1.000000" in seen["float overload"]
    assert seen["FastImage"] == "1"


def test_another_version_makes_the_client_warn(micro_manager: RunningMicroManager) -> None:
    micro_manager.tell("version", "4.2.0")
    (warning,) = ask(micro_manager)["warnings"]
    assert "4.2.0" in warning


def test_the_window_tells_of_experiments_and_a_core_alone_has_no_such_class(
    micro_manager: RunningMicroManager,
) -> None:
    assert ask(micro_manager)["experiment"] == [False, False]
    micro_manager.tell("experiment", {"points": 1, "interval_s": 1, "held": True})
    micro_manager.tell("pause", True)
    assert ask(micro_manager)["experiment"] == [True, True]
    micro_manager.tell("studio", False)
    assert "Class not found on any classloaders" in ask(micro_manager)["experiment"]
