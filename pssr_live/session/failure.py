"""What is not as it was asked for, at the end of a session in which something went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pssr_live.errors import UserError
from pssr_live.recording import Concern, DiskError, SessionRecord


def find_failure(faults: Sequence[Exception], *, raw_only: bool) -> Exception | None:
    """Find the fault that still matters when all is as it will stay.

    A disk that refused for a while, and took every frame in the end, is no failure.

    Parameters
    ----------
    faults : sequence of Exception
        As they came.
    raw_only : bool
        Whether raw frames were recorded, and no restored ones asked for.

    Returns
    -------
    Exception or None
        Lost frames before all else, then the newest.
    """
    matter = [fault for fault in faults if _still_matters(fault, raw_only=raw_only)]
    losses = [fault for fault in matter if _is_loss(fault)]
    return next(iter([*losses, *reversed(matter)]), None)


def _is_loss(fault: Exception) -> bool:
    return isinstance(fault, DiskError) and fault.concern is Concern.LOSS


def _still_matters(fault: Exception, *, raw_only: bool) -> bool:
    if not isinstance(fault, DiskError):
        # Of raw frames nothing is missing where they could not be looked at.
        return not raw_only or isinstance(fault, UserError)
    if fault.concern is Concern.RESTORED:
        return not _is_complete(fault.folder)
    # What became of raw frames that a disk refused is told as a loss, if it is one.
    return fault.concern is not Concern.RAW


def _is_complete(folder: Path) -> bool:
    try:
        return SessionRecord.read(folder).state == "complete"
    except (UserError, OSError):
        return False
