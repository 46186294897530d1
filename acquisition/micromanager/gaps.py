"""Why numbers are missing between two images of a run."""

from __future__ import annotations

OVERFLOW = "overflow"
TAKEN = "taken"
CLEARED = "cleared"
# Cleared, or all of it taken: nothing shows which.
EMPTIED = "emptied"
AWAY = "away"
# Left out by us: frames of another size or kind than their recording's.
KIND = "kind"
# Of an experiment that we run: frames that were not taken.
MISSED = "missed"


def why_missing(came: int, held_before: int, capacity: int, *, channels: int) -> str:
    """Tell whether the core threw images away, or another program took them.

    The core throws nothing away but all of a buffer that is full.

    Parameters
    ----------
    came : int
        Numbers counted since the buffer was last looked at.
    held_before : int
        Images in it then.
    capacity : int
        Images that it holds.
    channels : int
        Of the camera: each may have put images into the buffer under numbers of its own.
    """
    return OVERFLOW if held_before + (came + 1) * channels >= capacity else TAKEN
