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

# What tifffile is known to raise on bytes that are no TIFF, or no longer one.
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
            f"{readable(path.name)} may not be read.", "Ask for the right to read it, or copy it."
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
        f"{readable(path.name)} is compressed in a way that needs another library"
        + (f" ({kind})." if kind else "."),
        IMAGECODECS,
    )
