"""One stretch of frames of one format: a ring, and the threads between it, viewer and files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from acquisition import Frame, FrameFormat, RingBuffer
from engines import OpeningGivenUpError
from pssr_live.recording import DiskError, Recorder, RecordingStart, record_engine
from pssr_live.restoring import SharedEngine, WindowRestorer, begin_judge
from pssr_live.session.display import SegmentDisplay
from pssr_live.session.newest import Newest, Origin
from pssr_live.session.preview_restorer import PreviewRestorer
from pssr_live.session.recording_restorer import RecordingRestorer
from pssr_live.session.segment_recording import SegmentRecording
from pssr_live.session.statistics import Statistics
from pssr_live.session.window_cursor import WindowCursor

# Frames wait in the ring while the disk is slow or refuses, and while an engine is opened.
_RING_BYTES = 128 * 2**20
_FEWEST_IN_RING, _MOST_IN_RING = 64, 1024
_POLL = 0.02
_LONGEST_COURTESY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What all segments of a session share.

    Attributes
    ----------
    open_engine : callable
        Opens the engine for frames of one format, or returns it if it is open.
    newest : Newest
        Where the viewer looks.
    statistics : Statistics
        Counts.
    source_is_urgent : callable
        Whether the source needs the processor at once, see `FrameSource`.
    on_fault : callable
        Told, from any thread, of an error that a thread of a segment stopped for.
    on_no_engine : callable
        Told why nothing can be restored.
    save_restored : bool
        Whether recordings hold restored frames too.
    """

    open_engine: Callable[[FrameFormat], SharedEngine]
    newest: Newest
    statistics: Statistics
    source_is_urgent: Callable[[], bool]
    on_fault: Callable[[Exception], None]
    on_no_engine: Callable[[Exception], None]
    save_restored: bool = True


class Segment:
    """Takes frames of one format, has them written and restored, and finishes by itself.

    Frames flow into the ring and to the raw file from the first one on; the engine is opened
    meanwhile, by the thread that restores. Where restored frames are recorded too, a
    `RecordingRestorer` restores every window. Without a recording, of one that holds raw frames
    only, and of one that the disk has given up, a `PreviewRestorer` restores the newest.

    Parameters
    ----------
    parts : SessionParts
        What it shares with the session's others.
    frame_format : FrameFormat
        Of its frames.
    number : int
        Its number in the session, from 0.
    first_sequence : int
        The first frame's place in the session.
    start : RecordingStart or None
        Where its frames are written; closed by the segment when its last frame is restored.

    Attributes
    ----------
    engine : SharedEngine or None
        What restores its frames; None until it is open.
    recording : SegmentRecording or None
        Of its frames.
    """

    def __init__(
        self,
        parts: SessionParts,
        frame_format: FrameFormat,
        *,
        number: int,
        first_sequence: int,
        start: RecordingStart | None = None,
    ) -> None:
        self.format = frame_format
        self.first_sequence = first_sequence
        self.engine: SharedEngine | None = None
        self._parts = parts
        self._number = number
        self._ring = ring = RingBuffer(frame_format, _ring_capacity(frame_format))
        self._cursor = WindowCursor(ring)
        self.recording = (
            SegmentRecording(
                ring,
                start,
                on_loss=parts.statistics.frames_not_recorded,
                on_fault=parts.on_fault,
            )
            if start is not None
            else None
        )
        self._ended_by = ""
        self._thread = threading.Thread(target=self._run, name="restorer")

    def start(self) -> None:
        """Begin; returns at once."""
        if self.recording is not None:
            self.recording.raw_writer.start()
        self._thread.start()

    @property
    def received(self) -> int:
        """Frames appended."""
        return self._ring.written

    @property
    def restored(self) -> int:
        """Frames restored or, without a recording of restored frames, passed over."""
        return self._cursor.position

    def append(self, frame: Frame) -> None:
        """Take a frame; waits for the disk rather than lose one."""
        if self.recording is not None:
            self.recording.raw_writer.wait_for_room()
        self._cursor.keep_first(frame.pixels)
        self._ring.append(frame)

    def end(self, ended_by: str) -> None:
        """Say that no frame follows, and why; what is under way is finished."""
        self._ended_by = ended_by
        self._ring.end()

    def settle(self) -> None:
        """Say that nobody takes over what it holds in memory alone, see `SegmentRecording`."""
        if self.recording is not None:
            self.recording.settle()

    def abandon(self) -> None:
        """Stop restoring; raw frames are still written."""
        self._cursor.abandon()

    @property
    def finished(self) -> bool:
        """Whether every thread is done and the recording is closed."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until it is finished; nobody takes over anything of it any more."""
        self.settle()
        self._thread.join()

    def _run(self) -> None:
        if self.recording is None:
            self._restore(None)
            return
        with self.recording.flushed(read_back=self._parts.save_restored) as recorder:
            self._restore(recorder)
        self.recording.close(self._ended_by)

    def _restore(self, recorder: Recorder | None) -> None:
        try:
            try:
                engine = self.engine = self._parts.open_engine(self.format)
            except OpeningGivenUpError:
                return
            except Exception as error:
                self._parts.on_no_engine(error)
                return
            self._restore_with(engine, recorder)
        except Exception as error:
            self._parts.on_fault(error)

    def _restore_with(self, engine: SharedEngine, recorder: Recorder | None) -> None:
        first_frames = self._cursor.wait_for_first_frames()
        if first_frames is None:
            return
        intensity = engine.fix_intensity(first_frames)
        record = record_engine(
            engine.selection.engine, engine.path, intensity, uncertainty=engine.uncertainty
        )
        folder = recorder.folder.name if recorder is not None else ""
        windows = WindowRestorer(
            engine,
            self.format,
            intensity=intensity,
            judge=begin_judge(engine, self.format, intensity, first_frames),
            before_each=self._let_frames_go_first,
        )
        display = SegmentDisplay(
            newest=self._parts.newest,
            statistics=self._parts.statistics,
            origin=Origin(self._number, self.format, record, folder),
            first_sequence=self.first_sequence,
        )
        if recorder is not None and self.recording is not None:
            try:
                recorder.note_engine(record)
            except OSError as error:
                self._parts.on_fault(DiskError.of_restored(error, recorder.folder))
            else:
                if self._parts.save_restored:
                    RecordingRestorer(
                        self._cursor,
                        windows,
                        display,
                        recorder=recorder,
                        raw_writer=self.recording.raw_writer,
                        on_fault=self._parts.on_fault,
                    ).run()
        # Without files, or when they can't be written any more, the preview goes on.
        PreviewRestorer(self._cursor, windows, display).run()

    def _let_frames_go_first(self) -> None:
        """Leave the processor to a source that is about to lose frames, for a moment."""
        patience_ends = time.perf_counter() + _LONGEST_COURTESY
        while self._parts.source_is_urgent() and time.perf_counter() < patience_ends:
            if self._cursor.abandoned:
                return
            time.sleep(_POLL)


def _ring_capacity(frame_format: FrameFormat) -> int:
    frame_bytes = frame_format.height * frame_format.width * frame_format.dtype.itemsize
    return min(max(_RING_BYTES // frame_bytes, _FEWEST_IN_RING), _MOST_IN_RING)
