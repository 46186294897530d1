"""Whether the rooms beside this package are ours: their names are words that others use, too."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

# What each begins with.
_OURS = {
    "acquisition": '"""How frames come in: ',
    "engines": '"""How frames are restored: ',
    "gui": '"""What the microscopist looks at: ',
}
_COMMANDS = ("pssr-live", "pssr-live-window", "-m")


def check_neighbours() -> None:
    """Refuse to go on with a package of another's in the place of one of ours.

    Raises
    ------
    ImportError
        With what stands in the way, and how to get it out of there. A command says it, and ends.
    """
    here = Path(__file__).resolve().parent.parent
    for name, beginning in _OURS.items():
        found = _place_of(name)
        if found is not None and found.parent.parent == here and _begins(found, beginning):
            continue
        words = (
            f"pssr-live's package {name} is hidden by another of that name: "
            f"{found or 'nothing is found'}. Install pssr-live into an environment of its own "
            "(pipx install pssr-live), or start it in another folder."
        )
        if Path(sys.argv[0]).stem in _COMMANDS:
            sys.exit(f"Error: {words}")
        raise ImportError(words, name=name)


def _place_of(name: str) -> Path | None:
    """Find the file that would be imported."""
    try:
        spec = find_spec(name)
    except ValueError:
        # Imported already, by a way of its own.
        return None
    return Path(spec.origin).resolve() if spec is not None and spec.origin else None


def _begins(path: Path, beginning: str) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().startswith(beginning)
    except (OSError, UnicodeDecodeError):
        return False
