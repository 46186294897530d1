"""File names as they can be shown and written, whatever bytes they are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

REPLACEMENT = "\ufffd"
_SHOWN = 8
# What is neither a letter, a digit nor a dot: one system or another has a use of its own for it.
_NO_FILE_NAME = re.compile(r"[^\w.]+")
# What Windows takes for a device, whatever folder it stands in and whatever follows a dot.
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE
)


def readable(name: object) -> str:
    """Replace what no terminal, table or XML takes: bytes that are not UTF-8, control characters.

    Parameters
    ----------
    name : object
        A name or a path.

    Returns
    -------
    str
        The same with the replacement character for each of these.
    """
    if isinstance(name, str) and name.isprintable():
        return name
    return "".join(character if _is_plain(character) else REPLACEMENT for character in str(name))


def printable(text: str) -> str:
    """Make text of several lines as `readable` makes names."""
    return "\n".join(map(readable, text.split("\n")))


def numbered(names: Sequence[str]) -> str:
    """List names behind their numbers, the first of many: ``0 GFP, 1 mCherry``."""
    shown = [f"{number} {readable(name)}".strip() for number, name in enumerate(names[:_SHOWN])]
    return ", ".join(shown) + (", …" if len(names) > _SHOWN else "")


def names_of_positions(positions: Sequence[str]) -> list[str]:
    """Name each position so that a file or folder of any system can be called by it.

    Parameters
    ----------
    positions : sequence of str
        As the microscope called them; may be empty or alike.

    Returns
    -------
    list of str
        No two alike, whatever their case: those that would be have their number behind them, and
        so have names of Windows' devices.
    """
    plain = [_NO_FILE_NAME.sub("-", readable(name)).strip("-.") for name in positions]
    folded = [name.casefold() for name in plain]
    return [
        name
        if name and folded.count(name.casefold()) == 1 and not names_device(name)
        else _with_number(name or "position", number)
        for number, name in enumerate(plain)
    ]


def names_device(name: str) -> bool:
    """Whether Windows takes the name of a file or folder for a device, such as ``aux.tif``."""
    return _DEVICE.fullmatch(name) is not None


def _with_number(name: str, number: int) -> str:
    if names_device(name):
        stem, dot, rest = name.partition(".")
        return f"{stem}-{number}{dot}{rest}"
    return f"{name}-{number}"


def _is_plain(character: str) -> bool:
    code = ord(character)
    return (
        code >= 0x20
        and not 0x7F <= code <= 0x9F
        and not 0xD800 <= code <= 0xDFFF
        and (code not in (0xFFFE, 0xFFFF))
    )
