"""Links in folders that others made, through which nothing is written."""

from __future__ import annotations

from pathlib import Path

from pssr_live.errors import UserError


def refuse_links(*paths: Path) -> None:
    """Refuse to write to files that stand elsewhere: they may be anything of the user's.

    Parameters
    ----------
    *paths : Path
        Files that are written in place, or folders of them.

    Raises
    ------
    UserError
        If one of them is a link, or has one in it.
    """
    for path in paths:
        for part in (path, *(path.rglob("*") if path.is_dir() else ())):
            if part.is_symlink():
                raise UserError(
                    f"{part} is a link to another place, and pssr-live writes through none.",
                    "Put the file itself there, or delete the link.",
                )
