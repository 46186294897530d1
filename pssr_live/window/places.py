"""Where the window's recordings and snapshots go, and what they are called."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from pathlib import Path


def default_folder() -> Path:
    """Where recordings go unless the user says otherwise: ``pssr-live`` in the home folder."""
    return Path.home() / "pssr-live"


def name_of(wish: str) -> str:
    """Turn what the user calls a recording into its name; date and time for no name."""
    # Windows drops blanks and dots at the end of a name without a word.
    return wish.rstrip(" .") or datetime.now().strftime("%Y-%m-%d-%H%M%S")


def free_place(folder: Path, name: str, ending: str = "") -> Path:
    """Find a place where nothing is yet.

    Parameters
    ----------
    folder : Path
        Where to.
    name, ending : str
        Of the file or folder that must not be there.

    Returns
    -------
    Path
        ``folder/name``, or ``folder/name-2`` and so on; without the ending.
    """
    for number in count(1):
        place = folder / (name if number == 1 else f"{name}-{number}")
        if not place.with_name(place.name + ending).exists():
            return place
    raise AssertionError("numbers have no end")
