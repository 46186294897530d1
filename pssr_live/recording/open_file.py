"""Files that are being written, and others that change them meanwhile."""

from __future__ import annotations

import errno
import io
import os

from engines import force_to_disk


def length_of(file: io.FileIO) -> int:
    """Say how many bytes are in an open file."""
    return os.fstat(file.fileno()).st_size


def check_length(file: io.FileIO, least: int) -> None:
    """Make sure that nobody has cut an open file short: what is written would leave a hole in it.

    Parameters
    ----------
    file : FileIO
        Open.
    least : int
        Bytes that were written to it.

    Raises
    ------
    OSError
        ESTALE, if it is shorter.
    """
    if length_of(file) < least:
        raise cut_short(file)


def close_whole(file: io.FileIO, least: int) -> None:
    """Force what was written to the disk and close the file; nothing where it is closed already.

    Raises
    ------
    OSError
        As `check_length`, or if the disk refuses; it is closed all the same.
    """
    if file.closed:
        return
    try:
        force_to_disk(file)
        check_length(file, least)
    finally:
        file.close()


def cut_short(file: io.FileIO) -> OSError:
    """Say that another program has cut an open file short."""
    return OSError(errno.ESTALE, "another program has cut it short", os.fspath(file.name))
