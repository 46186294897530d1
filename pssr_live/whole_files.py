"""Files that are replaced at once: who reads one sees it as it was or as it is, never half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = ".new"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, and put it in its place once it is whole.

    Parameters
    ----------
    path : Path
        The file to make or to replace.

    Yields
    ------
    Path
        With the same suffix, in the same folder. A killed process may leave it behind; the next
        time it is written over.
    """
    temporary = path.with_name(f"{path.stem}{_MARK}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file at once, in UTF-8, with line ends as they are in `text`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def is_leftover(path: Path) -> bool:
    """Whether a file was begun by `replacing`, in a process that was killed then."""
    return path.stem.endswith(_MARK)
