"""Text that others wrote, made fit to be printed and kept: names, manifests, libraries' words.

A terminal obeys control characters: they may clear the screen, change its title or hide what is
written; so may those that turn the direction of writing.
"""

from __future__ import annotations

import re
import shlex
import sys

# Control characters (C0, DEL, C1), line separators, marks and overrides of direction, surrogates.
_UNFIT = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
)
_NOT_PRINTED = re.compile(f"[{_UNFIT}\t\n]")
_NOT_WRITTEN = re.compile(f"[{_UNFIT}]")
_MEANT_IN_QUOTES = re.compile(r'["$`\\!]')
# PowerShell takes typographic quotation marks for plain ones.
_MEANT_BY_POWERSHELL = re.compile("[$`\u201c-\u201e]")
_SINGLE_FOR_POWERSHELL = re.compile("(['\u2018-\u201b])")
_BEFORE_QUOTE = re.compile(r"(\\+)$")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def one_line(text: object) -> str:
    """Put text on one line that does nothing but be read.

    Parameters
    ----------
    text : object
        Whatever has a text, an exception or a path say.

    Returns
    -------
    str
        Line breaks and tabs are blanks in it; each other control character is replaced.
    """
    lines = " ".join(str(text).replace("\r\n", "\n").replace("\t", " ").split("\n"))
    return _NOT_PRINTED.sub(REPLACEMENT, lines)


def fit_to_print(text: str) -> str:
    """Replace each control character of a text but line breaks and tabs."""
    return text if is_fit(text) else _NOT_WRITTEN.sub(REPLACEMENT, text)


def quoted(word: object) -> str:
    """Quote a word of a command that is printed to be typed, as this system's shells take it.

    Parameters
    ----------
    word : object
        A path, most often.
    """
    text = one_line(word)
    return _quoted_for_windows(text) if sys.platform == "win32" else _quoted_for_posix(text)


def _quoted_for_posix(text: str) -> str:
    return shlex.quote(text) if _MEANT_IN_QUOTES.search(text) else f'"{text}"'


def _quoted_for_windows(text: str) -> str:
    """Quote for both shells of Windows, as far as one way of writing serves both.

    cmd has no quotes but double ones, in which PowerShell replaces ``$`` and the backtick: what has
    one of them is quoted for PowerShell. Programs read a backslash before a quote as its escape.
    """
    doubled = _BEFORE_QUOTE.sub(r"\1\1", text)
    if _MEANT_BY_POWERSHELL.search(text):
        in_single = _SINGLE_FOR_POWERSHELL.sub(r"\1\1", doubled)
        return f"'{in_single}'"
    return f'"{doubled}"'


def is_fit(text: str) -> bool:
    """Whether a text, of several lines perhaps, has no control characters but breaks and tabs."""
    return _NOT_WRITTEN.search(text) is None
