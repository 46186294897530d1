"""What the readers of microscope makers' own files share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from acquisition.errors import SourceError
from acquisition.images.damage import DAMAGE
from acquisition.names import readable


def not_installed(path: Path, library: str) -> SourceError:
    """Say which library is missing, and the command that installs it."""
    return SourceError(
        f"{readable(path.name)} can't be read: {library} is not installed.",
        f"Install it: python -m pip install {library}",
    )


def at(tree: Any, *keys: str) -> Any:
    """Follow keys down a tree; None where it ends."""
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return None
        tree = tree[key]
    return tree


def close_quietly(close: Callable[[], object]) -> Callable[[], None]:
    """Make a close that may be called more than once, and fails at nothing."""
    closed = False

    def once() -> None:
        nonlocal closed
        if not closed:
            closed = True
            with suppress(*DAMAGE):
                close()

    return once
