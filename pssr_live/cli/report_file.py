"""What ``pssr-live doctor --report`` writes: all that helps to find a fault, and nobody's name."""

from __future__ import annotations

import getpass
import os
import platform
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from engines import free_bytes, write_whole
from pssr_live.bench import describe_computer
from pssr_live.cli.checks import CheckResult
from pssr_live.errors import UserError

_MARKS = {True: "ok ", False: "no ", None: "   "}
# Windows allows blanks in a user's name; there the next folder is where it ends.
_HOMES = re.compile(
    r"(?im)(/home/|/Users/)[^/\s:,;'\"]+|[a-z]:[\\/]+Users[\\/]+[^\\/\n]+?(?=[\\/]|$)"
)
# In a source, an engine or a folder as it was typed, all up to the last separator.
_TYPED = re.compile(r"(?:(?<!\w)[a-zA-Z]:[\\/]|/).*(?=[\\/])")
_ELSEWHERE = re.compile(r"(?<![\w~:/…])(?:[a-zA-Z]:)?(?:[\\/][\w.@+-]+)+(?=[\\/]\w)")


def check_place(path: Path) -> None:
    """Refuse a file that can't be written, before the doctor looks at anything.

    Raises
    ------
    UserError
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UserError(f"No report can be written to {path}.", "Name a file: --report report.txt")


def write_report(path: Path, findings: Sequence[CheckResult], *, typed: Sequence[str] = ()) -> None:
    """Write one text file: versions, hardware, and what the doctor found, timings among it.

    Names of users and computers, and where their folders are, are left out.

    Parameters
    ----------
    path : Path
        Made or replaced.
    findings : sequence of CheckResult
        What was found.
    typed : sequence of str
        Source, engine and folder that were named: blanks in their folders tell nothing of where a
        path ends.

    Raises
    ------
    OSError
        If it can't be written.
    """
    text = "\n".join([*_about_computer(), "", *_about_packages(), "", *_found(findings), ""])
    folders = {found[0] for found in map(_TYPED.search, typed) if found is not None and found[0]}
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(folder, "…")
    write_whole(path, _ELSEWHERE.sub("…", without_names(text)))


def without_names(text: str) -> str:
    """Leave out of a text who uses this computer, what it is called, and where the home folder is.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    home = str(Path.home())
    if len(home) > 1:
        for written in {home, home.replace("\\", "/"), home.replace("\\", "\\\\")}:
            text = re.sub(re.escape(written), "~", text, flags=re.IGNORECASE)
    text = _HOMES.sub("~", text)
    for name, word in ((_user(), "USER"), (platform.node(), "COMPUTER")):
        if name:
            text = re.sub(rf"(?i)(?<![\w]){re.escape(name)}(?![\w])", word, text)
    return text


def _user() -> str:
    # Where nobody is known by the number, there is no name to leave out.
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""


def _about_computer() -> Iterable[str]:
    yield f"Report of pssr-live doctor, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield "It holds no names of people or computers, and no paths of folders."
    yield ""
    for name, words in describe_computer().items():
        yield f"{name}: {words}"
    yield f"Python: {platform.python_implementation()} {platform.python_version()}"
    yield f"memory free for pssr-live: {1e-9 * free_bytes():.1f} GB"
    for name in ("QT_API", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE"):
        if name in os.environ:
            yield f"{name}: {os.environ[name]}"


def _about_packages() -> Iterable[str]:
    """Versions of what pssr-live is built on, its extras among it."""
    yield "Packages"
    required = metadata.requires("pssr-live") or []
    for name in sorted({re.split(r"[^\w.-]", one)[0] for one in required} - {"pssr-live"}):
        with suppress(metadata.PackageNotFoundError):
            yield f"  {name} {metadata.version(name)}"


def _found(findings: Sequence[CheckResult]) -> Iterable[str]:
    yield "Found"
    for finding in findings:
        yield f"{_MARKS[finding.good]} {finding.name}: {finding.words}"
        if finding.good is False:
            yield f"      {finding.fix}"
