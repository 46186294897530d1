"""Times as a user types them: ``2s``, ``500ms``, ``30min``."""

from __future__ import annotations

import math
import re

from acquisition.errors import SourceError

_UNITS = {"": 1.0, "ms": 1e-3, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_TYPED = re.compile(r"\s*([\d.]+)\s*([a-z]*)\s*", re.IGNORECASE)


def parse_duration(typed: str, what: str = "--interval") -> float:
    """Read a time.

    Parameters
    ----------
    typed : str
        A number, and ``ms``, ``s``, ``min`` or ``h``; seconds where it is a number alone.
    what : str
        Named where it can't be read.

    Returns
    -------
    float
        In seconds; more than 0.

    Raises
    ------
    SourceError
        If it is not a duration.
    """
    match = _TYPED.fullmatch(typed)
    try:
        number = float(match[1]) if match else math.nan
    except ValueError:
        number = math.nan
    factor = _UNITS.get(match[2].lower(), math.nan) if match else math.nan
    seconds = number * factor
    if not (math.isfinite(seconds) and seconds > 0):
        raise SourceError(
            f"{typed!r} is not a duration.",
            f"Give a number and ms, s, min or h, such as {what} 2s or {what} 1.5min.",
        )
    return seconds


def in_words(seconds: float) -> str:
    """Write a time down as `parse_duration` reads it."""
    if seconds < 1:
        return f"{1000 * seconds:g} ms"
    return f"{seconds:g} s"
