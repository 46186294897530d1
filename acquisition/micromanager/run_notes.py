"""Notes, on the disk, of the runs that our clients began: who comes later knows them for ours.

A client keeps its note locked while it lives, and takes it away when it has stopped its camera and
let go of its objects. A note that nobody has locked is that of a client which was killed, or which
a Micro-Manager that stood still kept from stopping the camera.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path

from acquisition.micromanager.handles import Handle
from acquisition.micromanager.image import CoreImage

# Beyond all that is written: Windows forbids others to read what is locked.
_LOCKED_BYTE = 2**30
_SAME_RUN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRun:
    """What a client did in a Micro-Manager.

    Attributes
    ----------
    acquiring : bool
        Whether it ran the camera.
    began : str
        When its run began, by Micro-Manager's clock; empty if no image had come.
    camera_before : str
        The camera that Micro-Manager used before; empty if it was left.
    handles : tuple of Handle
        Java objects that it held.
    source : str
        Name of the source that it served: its next client goes on with the run.
    """

    acquiring: bool = False
    began: str = ""
    camera_before: str = ""
    handles: tuple[Handle, ...] = ()
    source: str = ""

    def holds(self, image: CoreImage) -> bool:
        """Whether an image is of its run."""
        began = image.run_began
        if not (self.acquiring and self.began and began):
            return False
        return abs(began - datetime.fromisoformat(self.began)) < _SAME_RUN


class RunNote:
    """The note of this client. A disk that refuses it costs the note alone.

    Parameters
    ----------
    port : int
        Of Micro-Manager; 0 for a core of our own, which ends with us.
    source : str
        See `ClientRun`.
    """

    def __init__(self, port: int, source: str) -> None:
        self.run = ClientRun(source=source)
        self._path = notes_folder() / f"{port}-{secrets.token_hex(8)}.json"
        self._file: FileIO | None = None
        if not port:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(self._path, "x+")
            lock(self._file)

    def change(self, **changes: object) -> None:
        """Note what has changed, see `ClientRun`."""
        changed = replace(self.run, **changes)  # type: ignore[arg-type]
        if changed == self.run:
            return
        self.run = changed
        if self._file is None:
            return
        with suppress(OSError):
            self._file.seek(0)
            self._file.truncate()
            self._file.write(json.dumps(asdict(changed)).encode("utf-8"))

    def forget(self) -> None:
        """Take it away: nothing of ours is left in Micro-Manager."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
                self._path.unlink()
            self._file = None


def read_left(port: int) -> dict[Path, ClientRun]:
    """Read the notes of clients that are no more."""
    return {path: run for path, run, alive in _notes(port) if not alive}


def take_away(notes: Iterable[Path]) -> None:
    """Take away notes of clients that are no more: what they say is done."""
    for path in notes:
        with suppress(OSError):
            path.unlink()


def another_acquires(port: int, mine: RunNote) -> bool:
    """Whether another pssr-live of this user runs a camera of the same Micro-Manager."""
    return any(alive and run.acquiring for path, run, alive in _notes(port) if path != mine._path)


def _notes(port: int) -> Iterator[tuple[Path, ClientRun, bool]]:
    """Read all notes of a port; whether its client lives comes with each."""
    for path in sorted(notes_folder().glob(f"{port}-*.json")):
        try:
            with FileIO(path, "r+") as file:
                alive = not lock(file)
                text = file.read()
            content = json.loads(text) if text else {}
            handles = tuple((str(name), str(kind)) for name, kind in content.pop("handles", ()))
            run = ClientRun(**content, handles=handles)
        except (OSError, ValueError, TypeError):
            continue
        yield path, run, alive


def notes_folder() -> Path:
    """Find the place for what a program keeps of its own doings."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "pssr-live" / "micro-manager"


def lock(file: FileIO) -> bool:
    """Lock a file until it is closed; False if another process has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        return False
    return True
