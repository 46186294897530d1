"""Micro-Manager's own window, and whether its Live is on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


def open_studio(port: int) -> Any:
    """Return Micro-Manager's Studio, to be let go of after use; only where it has a window."""
    from pyjavaz import JavaObject

    return JavaObject("org.micromanager.Studio", port=port)


def live_is_on(port: int) -> bool:
    """Ask Micro-Manager's window; a core without one has no Live."""
    with suppress(Exception):  # of a server that has the core alone, or an older window
        live: Any = open_studio(port).live()
        return bool(live.is_live_mode_on())
    return False
