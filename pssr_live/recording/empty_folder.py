"""The folder that a recording is begun in: it must hold none, and nobody else may write there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from acquisition import RAW_FILE, TABLE_FILE
from engines import why_refused
from pssr_live.errors import UserError
from pssr_live.recording.claim import Claim, InUseError
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.restored_images import RAW_COPY_FILE
from pssr_live.recording.session_file import SESSION_FILE
from pssr_live.recording.windows_folder import refuse_on_windows

_IMAGES = (RAW_FILE, RAW_COPY_FILE, *(form.restored_file for form in ImageFormat))
FILES = (*_IMAGES, TABLE_FILE, SESSION_FILE)


class FolderTakenError(UserError):
    """There is a recording in the folder already, or another process writes one."""


def refuse_taken(folder: Path) -> None:
    """Refuse a folder that can't be recorded into, and leave it as it was.

    Raises
    ------
    FolderTakenError
        If it holds a recording.
    UserError
        If it can't be written, or Windows takes no such path.
    """
    refuse_on_windows(folder)
    with refusals(folder):
        before = next((place for place in (folder, *folder.parents) if place.exists()), folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            claim_empty(folder).release()
        finally:
            made = folder
            with suppress(OSError):
                while made != before:
                    made.rmdir()
                    made = made.parent


def claim_empty(folder: Path) -> Claim:
    """Have a folder for ourselves that holds no recording.

    Raises
    ------
    FileExistsError
        If it holds one.
    InUseError
        If another process has it.
    """
    claim = Claim.on_folder(folder)
    for name in FILES:
        if (folder / name).exists():
            claim.release()
            raise FileExistsError(name)
    return claim


@contextmanager
def refusals(folder: Path) -> Iterator[None]:
    """Say what the system refuses in words that a user can act on."""
    try:
        yield
    except FileExistsError as error:
        what = "already holds a recording" if folder.is_dir() else "is a file"
        raise FolderTakenError(
            f"{folder} {what}, which is never written over.",
            "Choose another folder with --save.",
        ) from error
    except InUseError as error:
        raise FolderTakenError(error.problem, "Choose another folder with --save.") from error
    except OSError as error:
        raise UserError(
            f"Nothing can be recorded in {folder}: {why_refused(error, folder)}.",
            "Choose another folder with --save.",
        ) from error
