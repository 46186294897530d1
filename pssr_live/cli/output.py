"""Where the command line prints: losing it ends no recording, which can't be made again."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any


class _LastingStream(io.TextIOBase):
    """Passes text on to a stream until that refuses it; from then on there is silence.

    A closed terminal, ``| head`` that has seen enough, a log file on a full disk.

    Parameters
    ----------
    stream : TextIOWrapper
        What is printed to.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            self._fall_silent()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._fall_silent()

    def _fall_silent(self) -> None:
        """Let the system throw away what is still to come, what libraries print too."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        with suppress(OSError):
            self._stream.flush()


def make_output_last() -> None:
    """See to it that nothing printed from now on can fail.

    A character that the output's encoding lacks, as Japan's of Windows lacks µ, becomes a question
    mark.
    """
    _occupy_standard_descriptors()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
            setattr(sys, name, _LastingStream(stream))


def _occupy_standard_descriptors() -> None:
    """Open nothing in place of a stream that was closed before the start.

    The next file opened, a recording's, would take its number, and get what libraries print.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
