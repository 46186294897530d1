"""A clock for deadlines: it goes on while the computer sleeps, and is never set."""

from __future__ import annotations

import sys
import time

# Of the system's clocks the one that goes on while the computer sleeps: on Linux Python's own
# monotonic one stands still meanwhile, on macOS it is the other way round.
_NAMES = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}
_CLOCK: int | None = getattr(time, _NAMES.get(sys.platform, ""), None)


def seconds() -> float:
    """Return seconds since some moment, the same for all processes until the computer restarts."""
    if sys.platform != "win32" and _CLOCK is not None:
        return time.clock_gettime(_CLOCK)
    return time.perf_counter()
