"""A whole microscope for the demo camera: focus, stage, shutters, and channels as presets."""

from __future__ import annotations

import time
from typing import Any

import pymmcore

TEXT = "java.lang.String"
STRINGS = "mmcorej.StrVector"
CONFIGURATION = "mmcorej.Configuration"
SETTING = "mmcorej.PropertySetting"
OBJECT = "java.lang.Object"

# What a client that runs experiments calls, by Java's signatures.
CORE_METHODS = {
    "getAutoShutter": [((), "boolean")],
    "getAvailableConfigGroups": [((), STRINGS)],
    "getAvailableConfigs": [((TEXT,), STRINGS)],
    "getChannelGroup": [((), TEXT)],
    "getConfigGroupState": [((TEXT,), CONFIGURATION)],
    "getCurrentConfig": [((TEXT,), TEXT)],
    "getFocusDevice": [((), TEXT)],
    "getImage": [((), OBJECT), (("long",), OBJECT)],
    "getPosition": [((TEXT,), "double"), ((), "double")],
    "getShutterDevice": [((), TEXT)],
    "getShutterOpen": [((TEXT,), "boolean"), ((), "boolean")],
    "getXPosition": [((TEXT,), "double"), ((), "double")],
    "getXYStageDevice": [((), TEXT)],
    "getYPosition": [((TEXT,), "double"), ((), "double")],
    "setAutoShutter": [(("boolean",), "void")],
    "setConfig": [((TEXT, TEXT), "void")],
    "setPosition": [((TEXT, "double"), "void"), (("double",), "void")],
    "setShutterOpen": [((TEXT, "boolean"), "void"), (("boolean",), "void")],
    "setXYPosition": [((TEXT, "double", "double"), "void"), (("double", "double"), "void")],
    "snapImage": [((), "void")],
    "waitForConfig": [((TEXT, TEXT), "void")],
    "waitForDevice": [((TEXT,), "void")],
}
OTHER_METHODS = {
    STRINGS: {"get": [(("int",), TEXT)], "size": [((), "int")]},
    CONFIGURATION: {
        "getSetting": [(("long",), SETTING), ((TEXT, TEXT), SETTING)],
        "size": [((), "int")],
    },
    SETTING: {
        "getDeviceLabel": [((), TEXT)],
        "getPropertyName": [((), TEXT)],
        "getPropertyValue": [((), TEXT)],
    },
}


class Strings:
    """Java's list of texts, which can't be iterated over.

    Parameters
    ----------
    texts : tuple of str
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    def size(self) -> int:
        return len(self._texts)

    def get(self, number: int) -> str:
        return self._texts[number]


JAVA_CLASSES: dict[type, str] = {
    Strings: STRINGS,
    pymmcore.Configuration: CONFIGURATION,
    pymmcore.PropertySetting: SETTING,
}


# Of what it is not asked to do something else with, a callback writes to the standard output.
_Silent: Any = type(
    "_Silent",
    (pymmcore.MMEventCallback,),
    {name: lambda *_: None for name in dir(pymmcore.MMEventCallback) if name.startswith("on")},
)


class Shutters(_Silent):
    """Notes when which shutter was opened and closed, and when a picture was taken.

    Attributes
    ----------
    events : list of (str, bool or None, float)
        The shutter's label and whether it is open, or the camera's label and None; and the time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, bool | None, float]] = []

    def onShutterOpenChanged(self, label: str, is_open: bool) -> None:  # noqa: N802
        self.events.append((label, is_open, time.monotonic()))

    def onImageSnapped(self, label: str) -> None:  # noqa: N802
        self.events.append((label, None, time.monotonic()))

    def changes(self) -> list[tuple[str, bool]]:
        """List what was opened and closed; device and core both tell of it."""
        told = [(label, is_open) for label, is_open, _ in self.events if is_open is not None]
        last: dict[str, bool] = {}
        changed = []
        for label, is_open in told:
            if last.get(label, False) != is_open:
                changed.append((label, is_open))
            last[label] = is_open
        return changed


def add_microscope(core: pymmcore.CMMCore) -> Shutters:
    """Add the devices to a core that has the demo camera, and listen to its shutters."""
    for label, device in {
        "Z": "DStage",
        "XY": "DXYStage",
        "Lamp": "DShutter",
        "Laser": "DShutter",
        "Wheel": "DWheel",
    }.items():
        core.loadDevice(label, "DemoCamera", device)
        core.initializeDevice(label)
    core.setFocusDevice("Z")
    core.setXYStageDevice("XY")
    core.setShutterDevice("Lamp")
    core.setAutoShutter(True)
    for number, (preset, shutter) in enumerate(
        {"DIC": "Lamp", "GFP": "Lamp", "mCherry": "Lamp", "Cy5": "Laser"}.items()
    ):
        core.defineConfig("Channel", preset, "Wheel", "State", str(number))
        core.defineConfig("Channel", preset, "Core", "Shutter", shutter)
    for preset, binning in {"whole": "1", "half": "2"}.items():
        core.defineConfig("Size", preset, "Camera", "Binning", binning)
    core.setChannelGroup("Channel")
    core.setConfig("Channel", "DIC")
    core.waitForConfig("Channel", "DIC")
    core.setPosition(7.0)
    shutters = Shutters()
    core.registerCallback(shutters)
    return shutters


def state_of(core: Any) -> dict[str, Any]:
    """Read what an experiment changes, by any core's own names."""
    return {
        "preset": core("getCurrentConfig", "Channel"),
        "size": core("getCurrentConfig", "Size"),
        "exposure": core("getExposure"),
        "z": round(core("getPosition"), 3),
        "x": round(core("getXPosition"), 3),
        "y": round(core("getYPosition"), 3),
        "auto shutter": core("getAutoShutter"),
        "open": core("getShutterOpen"),
    }
