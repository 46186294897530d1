"""What TensorStore refuses: errors of the system, and all that a damaged OME-Zarr brings up."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

ON_WINDOWS = os.name == "nt"
_NO_WORDS = re.compile(r"^[A-Z_]+: | \[(tensorstore_spec|source locations)=.*", re.DOTALL)
_SYSTEM_ERROR = re.compile(r"([^:]*) \[os_error_code='(\d+)'\]")


class ZarrError(Exception):
    """An OME-Zarr that was not written by `ZarrAppender`, or is damaged."""


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Tell TensorStore's errors apart, which are all of one type."""
    try:
        yield
    except ValueError as error:
        found = _SYSTEM_ERROR.search(str(error))
        if found is not None:
            raise _system_error(int(found[2]), found[1].strip()) from error
        raise ZarrError(_NO_WORDS.sub("", str(error))) from error


def _system_error(code: int, words: str) -> OSError:
    # Windows has numbers of its own, from which Python finds errno.
    return OSError(None, words, None, code) if ON_WINDOWS else OSError(code, words)
