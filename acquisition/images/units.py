"""Lengths and times as files state them, in every spelling, brought to µm and s."""

from __future__ import annotations

import math
import re

# Prefixes of the OME schema, which tells Mm (megametre) and mm apart by case alone.
_PREFIXES = {
    prefix: 10.0**power
    for powers in (
        {"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1},
        {"": 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18},
        {"z": -21, "y": -24},
    )
    for prefix, power in powers.items()
}
_INCH_UM = 25400.0
_UM_IN = {f"{prefix}m": 1e6 * scale for prefix, scale in _PREFIXES.items()} | {
    "\u00c5": 1e-4,
    "in": _INCH_UM,
    "thou": _INCH_UM / 1000,
    "li": _INCH_UM / 12,
    "ft": 12 * _INCH_UM,
    "yd": 36 * _INCH_UM,
    "pt": _INCH_UM / 72,
}
_S_IN = {f"{prefix}s": scale for prefix, scale in _PREFIXES.items()} | {
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_SPELLINGS = {
    **dict.fromkeys(("micron", "microns", "micrometer", "micrometers"), "um"),
    **dict.fromkeys(("micrometre", "micrometres"), "um"),
    **dict.fromkeys(("nanometer", "nanometers", "nanometre", "nanometres"), "nm"),
    **dict.fromkeys(("millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    **dict.fromkeys(("centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("angstrom", "angstroms", "\u00e5ngstr\u00f6m", "\u00e5"), "\u00c5"),
    **dict.fromkeys(("inch", "inches"), "in"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("usec", "usecs", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
}
# The micro sign, the Greek letter, an escape that ImageJ left as it was, UTF-8 read as Latin-1.
_MICRO = re.compile(
    r"\\u00b5|\\u03bc|&#181;|\u00c2\u00b5|\u00ce\u00bc|\u00b5|\u03bc", re.IGNORECASE
)


def number(said: object) -> float:
    """Read a number, with a decimal point or a decimal comma; NaN for what is none."""
    text = str(said).strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return math.nan


def positive(value: float) -> float | None:
    """Keep a finite number above zero; NaN, infinite, 0 and negative are unknown."""
    return value if math.isfinite(value) and value > 0 else None


def length_um(said: object, unit: str) -> float | None:
    """Read a length.

    Parameters
    ----------
    said : object
        A number or a text with one.
    unit : str
        In any spelling.

    Returns
    -------
    float or None
        In µm; None where number or unit is none.
    """
    return positive(number(said) * _scale(unit, _UM_IN))


def duration_s(said: object, unit: str) -> float | None:
    """Read a time from one frame to the next, as `length_um` does, in s."""
    return positive(number(said) * _scale(unit, _S_IN))


def moment_s(said: object, unit: str) -> float | None:
    """Read a time since the beginning, in s: zero is one, a negative one or NaN is unknown."""
    value = number(said) * _scale(unit, _S_IN)
    return value if math.isfinite(value) and value >= 0 else None


def square(wide: float | None, tall: float | None) -> float | None:
    """Side of a pixel; None for one that is not square, whose size is no single number."""
    if wide is None or tall is None:
        return wide
    return wide if math.isclose(wide, tall, rel_tol=0.01) else None


def _scale(unit: str, known: dict[str, float]) -> float:
    spelt = _MICRO.sub("u", unit.strip())
    spelt = spelt if spelt in known else _SPELLINGS.get(spelt.lower(), spelt)
    # What is written in capitals throughout, as MM or NM, is what small letters mean.
    return known.get(spelt, known.get(spelt.lower(), math.nan))
