"""The beginning of a recording, for which no frame waits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pssr_live.recording.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStart:
    """A recording that is being begun: a folder on a slow drive takes its time, frames don't wait.

    Attributes
    ----------
    folder : Path
        Asked for; the recorder's may stand beside it.
    asked : bool
        Whether it was asked for now, and may be refused; one that goes on with another is tried
        again instead.
    recorder : Future of Recorder
        Once its folder and files are there.
    """

    folder: Path
    asked: bool
    recorder: Future[Recorder]

    @classmethod
    def of(cls, folder: Path, begin: Callable[[], Recorder], *, asked: bool) -> RecordingStart:
        """Begin a recording in a thread of its own."""
        starter = ThreadPoolExecutor(1, "recording start")
        try:
            return cls(folder=folder, asked=asked, recorder=starter.submit(begin))
        finally:
            starter.shutdown(wait=False)

    @property
    def refused(self) -> bool:
        """Whether it could not be begun."""
        return self.recorder.done() and self.recorder.exception() is not None

    def forget(self) -> None:
        """Leave nothing of it, once it has begun."""
        self.recorder.add_done_callback(_close_unused)


def _close_unused(begun: Future[Recorder]) -> None:
    if begun.exception() is None:
        with suppress(OSError):
            begun.result().close("no frame")
