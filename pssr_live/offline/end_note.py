"""How the completing of a recording ended, written down whatever becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from acquisition import FrameRow
from pssr_live.recording import FrameAppender, SessionRecord


class EndNoted:
    """Says in session.json how the completing of a recording ended, also where closing failed.

    Parameters
    ----------
    folder : Path
        Of the recording.
    session : SessionRecord
        What its session.json says.
    rows : callable
        Asked at the end for those of its raw frames, as far as frames.csv has them.
    raw, due : int
        How many raw frames there are, and how many of them are to be restored.

    Attributes
    ----------
    writer : FrameAppender or None
        Of the restored file, once it is open.
    """

    def __init__(
        self,
        folder: Path,
        session: SessionRecord,
        rows: Callable[[], Sequence[FrameRow]],
        *,
        raw: int,
        due: int,
    ) -> None:
        self._folder = folder
        self._session = session
        self._rows = rows
        self._raw = raw
        self._due = due
        self.writer: FrameAppender | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        session = self._session
        if self.writer is not None:
            session.restored_frames = self.writer.written
        session.raw_frames = self._raw
        session.note_missing(self._rows())
        whole = kind is None and session.restored_frames == self._due
        session.state = "complete" if whole else "raw only"
        session.write(self._folder)
