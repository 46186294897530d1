"""Whether a window can be shown here; asked before Qt is, since Qt would end the process."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

# What Debian and Ubuntu call the libraries that Qt's X11 plugin needs and servers lack.
_X11_PACKAGES = (
    "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 "
    "libxcb-image0 libxcb-render-util0 libxcb-shape0"
)


def display_missing() -> str | None:
    """Say in words why no window can be shown, or None if one can.

    Returns
    -------
    str or None
        A sentence, with the fix where there is one.
    """
    if not sys.platform.startswith("linux"):
        return None
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform not in ("", "xcb"):
        return None
    if os.environ.get("WAYLAND_DISPLAY") and not platform:
        return None
    if not os.environ.get("DISPLAY"):
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."
    return _missing_library()


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
                    f"On Debian or Ubuntu: sudo apt install {_X11_PACKAGES}"
                )
    return None
