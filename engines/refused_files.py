"""Why the system refuses to write a file, in words that a user can act on."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

NO_MORE_FILES = "its disk has room left, but can hold no more files"
_CUT_OFF = re.compile(r"\d+ requested and \d+ written")
_NO_ROOM = "its disk has no room left"
_TOO_LARGE = "its disk allows no file of that size"


def why_refused(error: OSError, place: Path) -> str:
    """Say why a file can't be written.

    Parameters
    ----------
    error : OSError
        As the system gave it.
    place : Path
        Where the file was to be.

    Returns
    -------
    str
        To stand behind a colon.
    """
    if lacks_room(error):
        return NO_MORE_FILES if holds_no_more_files(place) else _NO_ROOM
    if error.errno == errno.EFBIG:
        return _TOO_LARGE
    return error.strerror or str(error) or type(error).__name__


def lacks_room(error: OSError) -> bool:
    """Whether a file can't be written for want of room on its disk.

    NumPy says only that it wrote a part of an array; there is one reason for that.
    """
    if error.errno is None:
        return any(_CUT_OFF.fullmatch(str(one)) for one in error.args)
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def holds_no_more_files(place: Path) -> bool:
    """Whether the disk of a place has run out of places for files, not of room for bytes.

    Parameters
    ----------
    place : Path
        Need not be there yet.

    Returns
    -------
    bool
        False, too, where the system does not say.
    """
    none_left = False
    if sys.platform != "win32":
        absolute = place.absolute()
        there = next((one for one in (absolute, *absolute.parents) if one.exists()), absolute)
        with suppress(OSError):
            disk = os.statvfs(there)
            none_left = disk.f_files > 0 and disk.f_favail == 0
    return none_left
