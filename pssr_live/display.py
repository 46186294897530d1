"""Whether a window can be shown here; asked before Qt is, since Qt would end the process."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

# What Debian and Ubuntu call the libraries that Qt's X11 plugin needs and servers lack.
_X11_PACKAGES = (
    "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 "
    "libxcb-image0 libxcb-render-util0 libxcb-shape0"
)
_PLATFORM = "QT_QPA_PLATFORM"
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_DRAWN_NOWHERE = ("offscreen", "minimal")
# The binding that the window would take, see `gui.qt`; without the window, which takes a second.
_TRIAL = """
import importlib, os, resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
wanted = {"pyside6": "PySide6", "pyqt6": "PyQt6"}.get(os.environ.get("QT_API", "").lower())
importlib.import_module((wanted or "PySide6") + ".QtGui").QGuiApplication(["pssr-live"])
os._exit(0)
"""
# The display of another computer may be slow to answer, or never answer.
_PATIENCE = 60.0


def display_missing() -> str | None:
    """Say in words why no window can be shown, or None if one can.

    Qt is really asked for the display, in a process of its own: where it can't have one, it ends
    the process that asks.

    Returns
    -------
    str or None
        A sentence, with the fix where there is one.
    """
    return _missing_of(sys.platform)


def _missing_of(system: str) -> str | None:
    platform = os.environ.get(_PLATFORM, "")
    if platform in _DRAWN_NOWHERE or system == "win32":
        return None
    on_linux = system.startswith("linux")
    named = [name for name in _DISPLAYS if os.environ.get(name)]
    if on_linux and platform in ("", "xcb") and not named:
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."
    refusal = _try_display()
    if refusal is None:
        return None
    if not on_linux:
        return f"There is no display: {refusal}."
    settings = [f"{name}={os.environ[name]}" for name in (_PLATFORM, *named) if name in os.environ]
    return _missing_library() or f"There is no display at {', '.join(settings)}: {refusal}."


def _try_display() -> str | None:
    """Ask Qt for the display; returns what came of it, None if it is there."""
    try:
        trial = subprocess.run(  # noqa: S603 - this Python
            [sys.executable, "-P", "-c", _TRIAL],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it does not answer for {_PATIENCE:g} seconds"
    if trial.returncode == 0:
        return None
    if b"ModuleNotFoundError" in trial.stderr:
        return "Qt is not installed"
    return "no window can be shown there"


def _missing_library() -> str | None:
    """Load Qt's X11 plugin as Qt would; a library that is missing is named, not aborted for."""
    spec = importlib.util.find_spec("PySide6")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        plugin = Path(folder) / "Qt" / "plugins" / "platforms" / "libqxcb.so"
        if plugin.exists():
            try:
                ctypes.CDLL(str(plugin))
            except OSError as error:
                return (
                    f"The window needs a system library: {str(error).split(':')[0]}. "
                    f"On Debian or Ubuntu install it by:\n\nsudo apt install {_X11_PACKAGES}\n"
                )
    return None
