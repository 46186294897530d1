"""What becomes known while a recording is made, written down in its session.json."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from acquisition import FrameFormat, FrameRow, Missing, StreamKey
from engines import is_held
from pssr_live.recording.disk_error import DISK, LostFrames
from pssr_live.recording.session_file import EngineRecord, LossRecord, OpenedRecord, SessionRecord

_AGAIN_AFTER_S = 60.0


class SessionNotes:
    """Keeps session.json up to date, from the threads that write raw and restored frames.

    While another program holds the file, what is to be noted is written down later.

    Parameters
    ----------
    folder : Path
        Of the recording.
    record : SessionRecord
        What the file says; changed here.
    frame_format : FrameFormat
        Of the raw frames, at one position.
    """

    def __init__(self, folder: Path, record: SessionRecord, frame_format: FrameFormat) -> None:
        self._folder = folder
        self._record = record
        self._format = frame_format
        self._of_several = len(frame_format.streams) > 1
        # Guards the record, which both writing threads change.
        self._lock = threading.Lock()
        self._again_at = math.inf

    def note_opened(self, engines: Sequence[OpenedRecord | None]) -> None:
        """Write down what is to restore each channel, where there are several streams.

        None for one that is not. `note_engine` follows, channel by channel, as soon as its
        intensity scale is known.
        """
        with self._lock:
            self._record.engines = list(engines)
            self._write_unless_held()

    def note_engine(self, engine: EngineRecord, channel: int = 0) -> None:
        """Write down what restores a channel, now that engine and intensity scale are known."""
        with self._lock:
            if not self._of_several:
                self._record.engine = engine
            else:
                engines = self._record.engines or [None] * len(self._format.channels)
                engines[channel] = engine
                self._record.engines = engines
            self._write_unless_held()

    def write_what_waits(self) -> None:
        """Write down what the file was held for, once a while has passed."""
        if time.monotonic() >= self._again_at:
            with self._lock:
                self._write_unless_held()

    def note_lost_before(self, stream: StreamKey, row: FrameRow) -> None:
        """Note which frames are missing before one; in the file at the end."""
        self._record.lost_frames += row.lost_before
        if row.lost_before:
            self._record.losses.append(LossRecord.before(row, self._name(stream)))

    def note_loss(self, loss: LostFrames, cause: str = DISK) -> None:
        """Note, at the end, frames that are on no disk: in general those after the last here."""
        self._record.losses.append(
            LossRecord(first=loss.first, last=loss.last, stream=loss.stream, cause=cause)
        )
        self._record.lost_frames += loss.count

    def note_missing_after(self, stream: StreamKey, missing: Missing) -> None:
        """Note, at the end, that the source lost frames behind the last of a stream."""
        first, last, cause = missing
        of = self._name(stream)
        self._record.losses.append(LossRecord(first=first, last=last, stream=of, cause=cause))
        self._record.lost_frames += last - first + 1

    def end(self, ended_by: str, *, raw: int, restored: int, complete: bool) -> None:
        """Write down how it ended, and how many frames of each kind there are.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        self._record.raw_frames = raw
        self._record.restored_frames = restored
        self._record.state = "complete" if complete else "raw only"
        self._record.ended_by = ended_by
        self._record.write(self._folder)

    def _name(self, stream: StreamKey) -> str:
        return self._format.stream_name(stream) if self._of_several else ""

    def _write_unless_held(self) -> None:
        self._again_at = math.inf
        try:
            self._record.write(self._folder)
        except OSError as error:
            if not is_held(error):
                raise
            self._again_at = time.monotonic() + _AGAIN_AFTER_S
