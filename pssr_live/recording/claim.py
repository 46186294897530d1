"""One process at a time writes to a recording."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pssr_live.errors import UserError
from pssr_live.recording.links import refuse_links

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


class InUseError(UserError):
    """Another process writes there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Another pssr-live is writing to {path}.", "Wait until it has finished, or stop it."
        )


class Claim:
    """Keeps other processes of ours from writing somewhere, until it is released.

    The lock is the operating system's, on a small file beside what is written: it is gone with the
    process that held it, however that ended. Where a network drive knows no locks there is none.

    Parameters
    ----------
    path : Path
        What is to be written.
    lock_file : Path
        In a folder that is there.

    Raises
    ------
    InUseError
        If another process has it.
    UserError
        If the lock file is a link.
    OSError
        If nothing can be written there.
    """

    def __init__(self, path: Path, lock_file: Path) -> None:
        refuse_links(lock_file)
        self._path = lock_file
        # Taken and released by whichever thread begins and ends a recording.
        self._lock = FileLock(lock_file, thread_local=False)
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise InUseError(path) from error
        except NotImplementedError:
            # How filelock says that this system has no locks.
            pass
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise

    @classmethod
    def on_folder(cls, folder: Path) -> Claim:
        """Claim a recording's folder, which must be there."""
        return cls(folder, folder / ".lock")

    @classmethod
    def on_file(cls, path: Path) -> Claim:
        """Claim a file, or an OME-Zarr, that is to be written."""
        return cls(path, path.with_name(f".{path.name}.lock"))

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others write. May be called more than once."""
        if not self._lock.is_locked:
            return
        # A file in use can't be deleted on Windows; elsewhere deleting it later might delete the
        # one that somebody else has just made.
        if os.name != "nt":
            with suppress(OSError):
                self._path.unlink()
        self._lock.release()
        if os.name == "nt":
            with suppress(OSError):
                self._path.unlink()
