"""The live session: frames flow from a source through a ring and an engine to viewer and files.

::

    FrameSource ─ read ─► Segment.append ─► RingBuffer ─ window ─► Engine ─► Newest ─► viewer
                                  │                                   └────► RestoredWriter
                                  └─► RawWriter: every frame, first of all

A segment is a stretch of frames of one format, recorded or not. When the format changes, or a
recording begins or ends, the segment is ended and a new one begun; the old one finishes what it has
by itself, while new frames already flow into the next.
"""

from __future__ import annotations

import threading
import time
from enum import Enum
from pathlib import Path

from acquisition import EndOfFrames, FormatChanged, FrameFormat, FrameSource, SourceError
from engines.errors import OpeningGivenUpError
from pssr_live.errors import UserError
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.folders import RecordingFolders
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.room import Room
from pssr_live.restoring.engine_choice import EngineChoice
from pssr_live.restoring.engine_pool import EnginePool, SharedEngine
from pssr_live.session.newest import Newest
from pssr_live.session.segment import Segment
from pssr_live.session.statistics import Statistics

_READ_TIMEOUT = 0.2
_BEGIN_AGAIN_INTERVAL = 5.0


class State(Enum):
    """Where a session is in its life."""

    STARTING = "starting"
    LIVE = "live"
    FINISHING = "finishing"
    STOPPED = "stopped"


class LiveSession:
    """One run of a source, from `start` to the last restored frame on disk.

    Parameters
    ----------
    source : FrameSource
        Opened, read and closed by the session.
    choice : EngineChoice
        The engine, opened once the frame size is known.
    engines : EnginePool, optional
        Opens it, and stays open; one of its own, closed at its end, where none is given.
    save : Path or None
        Folder to record into from the first frame on.
    save_restored : bool
        Whether to record restored frames too; `pssr-live restore` makes them later where not.
    image_format : ImageFormat
        Of the restored frames in a recording.
    frame_limit : int or None
        Stop after so many frames.

    Attributes
    ----------
    faults : list of Exception
        What went wrong, as it came.
    """

    def __init__(
        self,
        source: FrameSource,
        choice: EngineChoice,
        *,
        engines: EnginePool | None = None,
        save: Path | None = None,
        save_restored: bool = True,
        image_format: ImageFormat = ImageFormat.OME_TIFF,
        frame_limit: int | None = None,
    ) -> None:
        self.source = source
        self.newest = Newest()
        self.statistics = Statistics()
        self.state = State.STARTING
        self.format: FrameFormat | None = None
        self.faults: list[Exception] = []
        self._choice = choice
        self._lent = engines is not None
        self._engines = engines or EnginePool()
        self._first_engine: SharedEngine | None = None
        self._folders = RecordingFolders(source, image_format)
        self._save = save
        self._exactly = True
        self._save_restored = save_restored
        self._frame_limit = frame_limit
        self._segments: list[Segment] = []
        self._segments_begun = 0
        self._next_attempt = 0.0
        self._ended_by = "the source's last frame"
        self._stop = threading.Event()
        self._stopped = threading.Event()
        self._save_changed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="acquisition")

    @property
    def engine(self) -> SharedEngine | None:
        """What restores the newest frames; None until it is open."""
        opened = [segment.engine for segment in self._segments if segment.engine is not None]
        return opened[-1] if opened else self._first_engine

    @property
    def opening(self) -> str:
        """What is being done to open an engine, in words; empty while none is being opened."""
        return self._engines.opening

    @property
    def folders(self) -> list[Path]:
        """The folders recorded into, one after the other."""
        return self._folders.used

    @property
    def room(self) -> Room | None:
        """What the disk still has room for; None without a recording."""
        segment = self._segments[-1] if self._segments else None
        if segment is None or segment.recorder is None or not segment.recording_works:
            return None
        return segment.recorder.room(self._scale_factor)

    @property
    def recording(self) -> Path | None:
        """The folder being recorded into, or None."""
        segment = self._segments[-1] if self._segments else None
        if segment is None or segment.recorder is None or not segment.recording_works:
            return None
        return segment.recorder.folder

    @property
    def wanted(self) -> Path | None:
        """The folder that is asked for, recorded into or not yet; None where none is."""
        return self._save

    @property
    def not_recording(self) -> str:
        """Why a recording that is asked for is not being written now, in words; empty if it is."""
        segment = self._segments[-1] if self._segments else None
        if segment is None or self._save is None or self._save_changed.is_set():
            return ""
        if segment.recording_works and segment.recording_trouble is None:
            return ""
        of_disk = [fault for fault in self.faults if isinstance(fault, DiskError | UserError)]
        return str(segment.recording_trouble or (of_disk[-1] if of_disk else "Look at the disk."))

    @property
    def progress(self) -> tuple[int, int]:
        """Frames done with, and frames received, of the segments that are not finished."""
        segments = [segment for segment in self._segments if not segment.finished]
        return sum(s.restored for s in segments), sum(s.received for s in segments)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, why: str = "the user") -> None:
        """Take no more frames; those received are finished."""
        self._ended_by = why
        self._stop.set()
        if self.state is State.STARTING:
            # It may be waiting for its microscope.
            self.source.close()

    def abandon(self, why: str = "the user") -> None:
        """Stop restoring what is still to be finished; every raw frame is on disk all the same."""
        self.stop(why)
        if not self._lent:
            self._engines.give_up()
        for segment in list(self._segments):
            segment.abandon()

    def record(self, folder: Path | None) -> None:
        """Begin to record from the next frame on, or end the recording.

        Parameters
        ----------
        folder : Path or None
            Where to, or beside it if that is taken; None to end.
        """
        self._save = folder
        self._exactly = False
        self._save_changed.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; returns whether it has come."""
        return self._stopped.wait(timeout)

    def _run(self) -> None:
        try:
            self._acquire()
        except Exception as error:
            given_up = self._stop.is_set() and self.state is State.STARTING
            expected = EndOfFrames | SourceError | OpeningGivenUpError
            if not (given_up and isinstance(error, expected)):
                self._ended_by = str(error)
                self._fault(error)
        self.state = State.FINISHING
        try:
            self.source.close()
        except Exception as error:
            self._fault(error)
        try:
            for segment in self._segments[-1:]:
                segment.end(self._ended_by)
            for segment in self._segments:
                segment.join()
            if not self._lent:
                self._engines.close()
        except Exception as error:
            self._fault(error)
        self.state = State.STOPPED
        self._stopped.set()

    def _acquire(self) -> None:
        self.format = self.source.open()
        self._first_engine = self._open_engine(self.format)
        self._save_changed.clear()
        segment = self._next_segment(self.format, self._recorder(self.format))
        self.state = State.LIVE
        while not self._stop.is_set():
            if self._save_changed.is_set():
                self._save_changed.clear()
                segment = self._next_segment(segment.format, self._recorder(segment.format))
            elif segment.recording_failed and self._save is not None:
                segment = self._begin_again(segment, self._save)
            try:
                frame = self.source.read(_READ_TIMEOUT)
            except EndOfFrames:
                return
            except FormatChanged as change:
                self.format = change.new_format
                self.statistics.new_numbering()
                recorder = self._recorder(self.format, in_any_room=True)
                segment = self._next_segment(self.format, recorder)
                continue
            if frame is None:
                continue
            self.statistics.frame_received(frame.index)
            segment.append(frame)
            if self._frame_limit is not None and self.statistics.received >= self._frame_limit:
                self._ended_by = f"the limit of {self._frame_limit} frames"
                return

    def _next_segment(self, frame_format: FrameFormat, recorder: Recorder | None) -> Segment:
        if self._segments:
            self._segments[-1].end("a new segment")
        segment = Segment(
            frame_format,
            self._open_engine,
            self.newest,
            self.statistics,
            recorder,
            self._segments_begun,
            self.statistics.received,
            lambda: self.source.urgent,
            self._fault,
            save_restored=self._save_restored,
        )
        self._segments_begun += 1
        self._segments = [s for s in self._segments if not s.finished] + [segment]
        return segment

    def _open_engine(self, frame_format: FrameFormat) -> SharedEngine:
        return self._engines.open(self._choice, frame_format)

    def _recorder(self, frame_format: FrameFormat, *, in_any_room: bool = False) -> Recorder | None:
        """Make a recorder for what is asked for now, or None."""
        if self._save is None:
            return None
        try:
            if not in_any_room:
                self._look_for_room(self._save, frame_format)
            exactly = self._exactly and self.state is State.STARTING
            return self._folders.begin(self._save, frame_format, exactly=exactly)
        except UserError as error:
            if self.state is State.STARTING:
                raise
            # A folder that can't be recorded into must not end a running session.
            self._save = None
            self._fault(error)
            return None

    def _begin_again(self, segment: Segment, save: Path) -> Segment:
        """Record anew beside a recording that the disk gave up, once it takes frames again."""
        now = time.perf_counter()
        # A drive that is gone must not be replaced by a folder of its name.
        if now < self._next_attempt or not save.absolute().parent.exists():
            return segment
        self._next_attempt = now + _BEGIN_AGAIN_INTERVAL
        try:
            self._look_for_room(save, segment.format)
            recorder = self._folders.begin(save, segment.format, exactly=False)
        except UserError:
            return segment
        return self._next_segment(segment.format, recorder)

    def _look_for_room(self, save: Path, frame_format: FrameFormat) -> None:
        limit = self._frame_limit
        frames = limit - self.statistics.received if limit is not None else None
        self._folders.look_for_room(save, frame_format, self._scale_factor, frames)

    @property
    def _scale_factor(self) -> int:
        """Restored pixels saved to one raw pixel along a side."""
        if not self._save_restored:
            return 0
        return self._first_engine.scale_factor if self._first_engine is not None else 1

    def _fault(self, error: Exception) -> None:
        self.faults.append(error)
