"""What libraries raise on damaged files, turned into words."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tifffile

from acquisition.errors import SourceError
from acquisition.names import readable

# What tifffile is known to raise on bytes that are not a TIFF, or no longer one.
DAMAGE = (
    tifffile.TiffFileError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
COPY_AGAIN = "Copy the file again from where it was recorded."
IMAGECODECS = "Install it: python -m pip install imagecodecs"


class DamagedImageError(SourceError):
    """An image that can't be read, of a file that can.

    Parameters
    ----------
    path : Path
        The file.
    which : str
        What follows "damaged:".
    """

    def __init__(self, path: Path, which: str) -> None:
        super().__init__(f"{readable(path.name)} is damaged: {which}.", COPY_AGAIN)
        self.path = path


def damaged(path: Path, number: int, problem: str) -> DamagedImageError:
    """Say that a frame, counted from 0, is damaged."""
    return DamagedImageError(path, f"frame {number + 1} {problem}")


@contextmanager
def reading(path: Path, image: str = "an image in it") -> Iterator[None]:
    """Turn what a library raises while it reads an image into a `SourceError`.

    Raises
    ------
    DamagedImageError, SourceError
    """
    try:
        with in_words(path, ""):
            yield
    except SourceError as error:
        if isinstance(error.__cause__, DAMAGE) and error.fix == COPY_AGAIN:
            raise DamagedImageError(path, f"{image} can't be read") from error.__cause__
        raise


@contextmanager
def in_words(path: Path, problem: str, fix: str = COPY_AGAIN) -> Iterator[None]:
    """Turn what a library raises into a `SourceError`.

    Parameters
    ----------
    path : Path
        The file, named first.
    problem : str
        What follows its name, without the full stop.
    fix : str
        What to do.

    Raises
    ------
    SourceError
    """
    try:
        yield
    except ImportError as error:
        raise needs_codec(path) from error
    except PermissionError as error:
        raise SourceError(
            f"You are not allowed to read {readable(path.name)}.",
            "Ask for permission, or for a copy.",
        ) from error
    except DAMAGE as error:
        if "imagecodecs" in str(error):
            raise needs_codec(
                path, str(error).partition("COMPRESSION.")[2].partition(":")[0]
            ) from error
        raise SourceError(f"{readable(path.name)} {problem}.", fix) from error


def needs_codec(path: Path, kind: str = "") -> SourceError:
    """Say that pixels are compressed in a way that a library is missing for."""
    return SourceError(
        f"{readable(path.name)} is compressed{f' by {kind}' if kind else ''}, and the library "
        "that reads that is not installed.",
        IMAGECODECS,
    )
