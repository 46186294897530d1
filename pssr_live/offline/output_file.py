"""The file that is restored into: claimed, written to and looked into."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import takewhile
from pathlib import Path

from engines import why_refused
from pssr_live.errors import UserError
from pssr_live.recording import Claim, ImageFormat, TiffError, ZarrError, images


@contextmanager
def claimed(output: Path) -> Iterator[None]:
    """Have a file to be written for ourselves; folders that nothing came into go again."""
    made = list(takewhile(lambda folder: not folder.exists(), output.absolute().parents))
    try:
        with writing(output):
            output.parent.mkdir(parents=True, exist_ok=True)
            claim = Claim.on_file(output)
        with claim:
            yield
    finally:
        with suppress(OSError):
            for folder in made:
                folder.rmdir()


@contextmanager
def removed_without_frame(output: Path) -> Iterator[None]:
    """Leave nothing of a file whose first frame failed."""
    try:
        yield
    finally:
        if images.is_without_frame(output):
            with suppress(OSError):
                images.remove(output)


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Say it in words if a file can't be written."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError(error.strerror) from error
        raise UserError(
            f"{output} can't be written: {why_refused(error, output)}.",
            "Fix that, then give the same command again: it goes on where it stopped.",
        ) from error


def check_output(output: Path, source: Path) -> None:
    """Refuse a file that can't be written, or would be written over its source.

    Raises
    ------
    UserError
    """
    ImageFormat.of(output).require()
    if output.exists() and source.exists() and output.samefile(source):
        raise UserError("Input and output are the same file.", "Name another --output.")
    if output.is_dir() and not (images.is_without_frame(output) or images.is_image(output)):
        raise UserError(f"{output} is a folder.", "Name a file to write with --output.")


@contextmanager
def pages_of(output: Path) -> Iterator[images.Pages]:
    """Open what was restored, to be looked at.

    Raises
    ------
    UserError
        If it is damaged.
    """
    try:
        pages = images.open_pages(output)
    except (TiffError, ZarrError) as error:
        raise UserError(
            f"{output} is damaged: {error}.",
            "Restore it again with --force, or name another --output.",
        ) from error
    with closing(pages):
        yield pages
