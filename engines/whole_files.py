"""Files and folders that are replaced at once: seen as they were or as they are, never half.

What is new is written under a name of our own and put in place by renaming it. Windows refuses that
for as long as another program, a virus scanner or a backup say, holds what is to be replaced or
what takes its place; it is then tried again for a while.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from io import FileIO
from pathlib import Path
from typing import IO, Any

PATIENCE_S = 15.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_MARK = ".new"
_STREAMS = (Path("/dev"), Path("/dev/fd"))
# Windows: access denied, sharing violation, lock violation.
_HELD = (5, 32, 33)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, and put it in its place once it is whole.

    What is no place on a disk, /dev/stdout say, is written to at the end and stays what it is.

    Parameters
    ----------
    path : Path
        The file to make or to replace; a link is replaced, not followed.

    Yields
    ------
    Path
        An empty file with the same suffix, in the same folder, under a name that was free. A killed
        process may leave it behind, see `is_leftover`.

    Raises
    ------
    OSError
        If it can't be written or put in place; `path` is then as it was.
    """
    if _is_stream(path):
        with _passed_on(path) as draft:
            yield draft
        return
    draft = path.with_name(f".{path.stem[:100]}.{uuid.uuid4().hex[:12]}{_MARK}{path.suffix}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield draft
        put_in_place(draft, path)
    except OSError as error:
        if error.filename in (None, str(draft)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    """Whether a path leads to a device, a pipe or a file that is open already."""
    if os.name != "posix":
        return False
    # What /dev/stdout leads to may be a file, but what stands there is not to be replaced.
    place = Path(os.path.realpath(path.parent))
    if place in _STREAMS or place.is_relative_to("/proc"):
        return True
    with suppress(OSError):
        return path.is_fifo() or path.is_char_device() or path.is_socket()
    return False


@contextmanager
def _passed_on(path: Path) -> Iterator[Path]:
    """Give a file to write elsewhere, and write its content to a stream."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.touch()
        yield draft
        # What was printed to the same file before stays.
        with draft.open("rb") as content, path.open("ab", buffering=0) as stream:
            shutil.copyfileobj(content, stream)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file at once and force it to the disk.

    Parameters
    ----------
    path : Path
        Made or replaced.
    content : str or bytes
        Text is written in UTF-8, with line ends as they are.
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as draft, draft.open("r+b") as file:
        file.write(data)
        file.flush()
        force_to_disk(file)
        # Windows renames no open file.
        file.close()


def force_to_disk(file: IO[Any] | FileIO) -> None:
    """Have what was written to a file on the disk itself, past its own memory.

    macOS' fsync leaves it in the drive's cache, which a power cut empties; a call of its own does
    not, where the drive knows it.

    Raises
    ------
    OSError
        If it can't be forced there.
    """
    if sys.platform != "win32":
        import fcntl

        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is not None:
            with suppress(OSError):
                fcntl.fcntl(file.fileno(), full)
                return
    os.fsync(file.fileno())


def is_leftover(path: Path) -> bool:
    """Whether a file was begun by `replacing`, in a process that was killed then."""
    return path.name.startswith(".") and path.stem.endswith(_MARK)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes of ours left in a folder that no other one writes to now."""
    for path in filter(is_leftover, folder.glob(".*")):
        path.unlink()


def put_in_place(draft: Path, path: Path) -> None:
    """Rename a finished file, over the one that is there.

    Raises
    ------
    OSError
        If it is still held by another program after `PATIENCE_S`; nothing has then changed.
    """
    _patiently(lambda: draft.replace(path))


def replace_folder(draft: Path, folder: Path) -> None:
    """Put a finished folder in place of another, or where there is none.

    The old one is renamed aside and removed last, so that nothing is lost at any time. What can't
    be removed then stays beside it, under a hidden name, until the folder is replaced again.

    Raises
    ------
    OSError
        If one of them is still held by another program after `PATIENCE_S`; both are then whole,
        the old one in its place.
    """
    if not folder.exists():
        _patiently(lambda: draft.rename(folder))
        return
    old = _put_aside(folder)
    try:
        _patiently(lambda: draft.rename(folder))
    except BaseException:
        _patiently(lambda: old.rename(folder))
        raise
    with suppress(OSError):
        _patiently(lambda: shutil.rmtree(old))


def remove_folder(folder: Path) -> None:
    """Remove a folder: at no time is there a part of it in its place.

    What can't be removed stays beside it, under a hidden name, until the folder is replaced or
    removed again.

    Raises
    ------
    OSError
        If it is still held by another program after `PATIENCE_S`; it is then whole.
    """
    old = _put_aside(folder)
    with suppress(OSError):
        _patiently(lambda: shutil.rmtree(old))


def _put_aside(folder: Path) -> Path:
    for leftover in folder.parent.glob(f".{escape(folder.name)}-*.old"):
        shutil.rmtree(leftover, ignore_errors=True)
    old = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}.old")
    _patiently(lambda: folder.rename(old))
    return old


def is_held(error: OSError) -> bool:
    """Whether Windows refuses only because another program uses a file just now."""
    code = getattr(error, "winerror", None)
    return code in _HELD or (
        os.name == "nt" and code is None and isinstance(error, PermissionError)
    )


def _patiently(act: Callable[[], object]) -> None:
    pause, waited = _FIRST_PAUSE_S, 0.0
    while True:
        try:
            act()
        except OSError as error:
            if not is_held(error) or waited >= PATIENCE_S:
                raise
            time.sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        else:
            return
