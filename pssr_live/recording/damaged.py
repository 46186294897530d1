"""What to tell of a recording's file that can't be read."""

from __future__ import annotations

from pathlib import Path

from acquisition import RAW_FILE
from engines import quoted
from pssr_live.errors import UserError


def damaged(path: Path, what: str) -> UserError:
    """Say that a file of a recording is damaged, and what to do."""
    if path.name == RAW_FILE:
        fix = "Copy the recording again from where it was made."
    else:
        fix = (
            "Copy it again from where it was made; or move it out of the folder and make it again: "
            f"pssr-live restore {quoted(path.parent)}"
        )
    return UserError(f"{path} is damaged: {what}.", fix)
