"""Words that come from elsewhere, made fit to be printed and written."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# What a terminal would obey: a control sequence, an operating system command, any other escape.
_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_LONGEST = 500


def plain(text: str, longest: int = _LONGEST) -> str:
    r"""Strip a text of all that a terminal or a file would obey, and of what is too long.

    Parameters
    ----------
    text : str
        Of a server, a device, a file.
    longest : int
        Characters that are kept.

    Returns
    -------
    str
        In one line.

    Examples
    --------
    >>> plain("\x1b[31mno\x1b[0m camera\x07\n")
    'no camera'
    """
    if text.isprintable() and len(text) <= longest:
        return text
    text = _ESCAPES.sub("", text)
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)
    words = " ".join(seen.split())
    return words if len(words) <= longest else f"{words[: longest - 3]}..."


def plain_content(content: Any) -> Any:
    """Strip every text in what JSON can hold, see `plain`."""
    if isinstance(content, str):
        return plain(content)
    if isinstance(content, dict):
        return {plain(key): plain_content(value) for key, value in content.items()}
    if isinstance(content, list):
        return [plain_content(value) for value in content]
    return content
