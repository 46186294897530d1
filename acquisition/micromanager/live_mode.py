"""Whether Micro-Manager's own Live is on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


def live_is_on(port: int) -> bool:
    """Ask Micro-Manager's window; a core without one has no Live."""
    from pycromanager import Studio

    with suppress(Exception):  # of a server that has the core alone, or an older window
        live: Any = Studio(port=port).live()
        return bool(live.is_live_mode_on())
    return False
