"""One stretch of frames of one format: a ring, and the threads between it, viewer and files."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from acquisition import (
    Frame,
    FrameFormat,
    InterleavedRing,
    Overtaken,
    StreamKey,
    Window,
    frames_needed,
    new_ring,
)
from engines import IntensityScale, OpeningGivenUpError, free_bytes
from pssr_live.recording import DiskError, Recorder, RecordingStart, record_engine, record_opened
from pssr_live.restoring import FirstFrames, SharedEngine
from pssr_live.session.display import SegmentDisplay
from pssr_live.session.newest import Origin
from pssr_live.session.preview_restorer import PreviewRestorer
from pssr_live.session.provisional import ProvisionalPreview, is_worth_while
from pssr_live.session.recording_restorer import RecordingRestorer
from pssr_live.session.segment_recording import SegmentRecording
from pssr_live.session.segment_restorer import Restorer, restorer_of_segment
from pssr_live.session.session_parts import SessionParts
from pssr_live.session.stream_cursor import StreamCursor
from pssr_live.session.window_cursor import WindowCursor

# Frames wait in the ring while the disk is slow or refuses, and while an engine is opened.
_RING_BYTES = 128 * 2**20
_FEWEST_IN_RING, _MOST_IN_RING = 64, 1024
_POLL = 0.02
_LONGEST_COURTESY = 1.0


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
    position : int
        Which one its frames are of.
    positions : int
        How many there are, which share the memory for rings.
    start : RecordingStart or None
        Where its frames are written; closed by the segment when its last frame is restored.
    counted_before : int
        How many of its first frames another segment counts as shown or passed over.

    Attributes
    ----------
    engines : tuple of SharedEngine or None
        What restores the frames of each channel; empty until all are open.
    recording : SegmentRecording or None
        Of its frames.
    restores : bool
        Whether an engine is being opened for it, or restores its frames.
    """

    def __init__(
        self,
        parts: SessionParts,
        frame_format: FrameFormat,
        *,
        number: int,
        first_sequence: int,
        position: int = 0,
        positions: int = 1,
        start: RecordingStart | None = None,
        counted_before: int = 0,
    ) -> None:
        self.format = frame_format
        self.first_sequence = first_sequence
        self.engines: tuple[SharedEngine | None, ...] = ()
        self._parts = parts
        self._number = number
        self._position = position
        _refuse_too_many_streams(frame_format)
        self._ring = ring = new_ring(frame_format, _ring_capacity(frame_format, positions))
        self._cursor = (
            StreamCursor(ring) if isinstance(ring, InterleavedRing) else WindowCursor(ring)
        )
        self._first_frames = FirstFrames()
        self._origins: dict[int, Origin] = {}
        self._display = SegmentDisplay(
            newest=parts.newest,
            statistics=parts.statistics,
            origins=self._origins,
            first_sequence=first_sequence,
            position=position,
        )
        self.recording = (
            SegmentRecording(
                ring,
                start,
                place=(frame_format.positions[0] or f"position {position}") * (positions > 1),
                on_loss=parts.statistics.frames_not_recorded,
                on_fault=parts.on_fault,
            )
            if start is not None
            else None
        )
        # Channels without an engine, once it is known where they are recorded.
        self._raw_only: set[int] = set()
        self._engine_noted = True
        self.restores = True
        self._counted_before = counted_before
        self._ended_by = ""
        self._thread = threading.Thread(target=self._run, name="restorer")

    def start(self) -> None:
        """Begin; returns at once."""
        if self.recording is not None:
            self.recording.raw_writer.start()
        self._thread.start()

    @property
    def engine(self) -> SharedEngine | None:
        """What restores its frames, of several engines the first; None until it is open."""
        return next((engine for engine in self.engines if engine is not None), None)

    @property
    def received(self) -> int:
        """Frames appended."""
        return self._ring.written

    @property
    def restored(self) -> int:
        """Frames restored or, without a recording of restored frames, passed over."""
        return self._cursor.done

    def append(self, frame: Frame) -> None:
        """Take a frame; waits for the disk rather than lose one."""
        if self.recording is not None:
            self.recording.note_received(frame)
            self.recording.raw_writer.wait_for_room()
        self._first_frames.keep(frame)
        self._ring.append(frame)
        if frame.stream.channel in self._raw_only:
            self._show_raw(frame, self._ring.written - 1)

    @property
    def unwritten(self) -> int:
        """Frames received that are still to be written to its recording."""
        recording = self.recording
        if recording is None or recording.raw_writer.error is not None:
            return 0
        return self.received - recording.raw_writer.written

    def end(self, ended_by: str) -> None:
        """Say that no frame follows, and why; what is under way is finished."""
        # What has ended it first.
        self._ended_by = self._ended_by or ended_by
        self._ring.end()

    def newest_raw(
        self, wanted: Callable[[StreamKey, int], bool], copy: Callable[[Frame], Frame]
    ) -> Iterator[tuple[int, Frame]]:
        """Copy the newest frame of each stream as it was scanned, for whoever looks.

        Parameters
        ----------
        wanted : callable
            Told the stream and the frame's place in the session, says whether it is.
        copy : callable
            Called with a frame that may be written over.

        Yields
        ------
        int, Frame
            Its place in the session, and the copy.
        """
        ring = self._ring
        places: Iterable[int] = (ring.written - 1,)
        if isinstance(ring, InterleavedRing):
            order = ring.order
            counts = enumerate(map(order.count, range(len(self.format.streams))))
            places = [order.place(stream, count - 1) for stream, count in counts if count]
        for place in places:
            # It may be on its way into the ring, or be gone already: then there is a newer one.
            with suppress(Overtaken, IndexError):
                frame = ring.frame(place)
                stream = frame.stream._replace(position=self._position)
                sequence = self.first_sequence + place
                if wanted(stream, sequence):
                    copied = replace(copy(frame), stream=stream)
                    ring.check(place)
                    yield sequence, copied

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
        self._ring.prepare()
        if self.recording is None:
            self._restore(None)
            return
        with self.recording.flushed(read_back=self._parts.save_restored) as recorder:
            self._restore(recorder)
        self.recording.close(self._ended_by)

    def _restore(self, recorder: Recorder | None) -> None:
        try:
            self._show_as_they_come(recorder)
            try:
                engines = self._parts.open_engines(self.format)
            except OpeningGivenUpError:
                return
            except Exception as error:
                self._parts.on_no_engine(error)
                return
            self.engines = tuple(engines)
            if recorder is not None and len(self.format.streams) > 1:
                self._note_opened(engines, recorder)
            windows = restorer_of_segment(
                engines,
                self._cursor,
                self._first_frames,
                before_each=self._let_frames_go_first,
                on_scale=partial(self._note_scale, recorder=recorder),
            )
            if windows is not None:
                self._restore_with(windows, recorder)
        except Exception as error:
            self._parts.on_fault(error)
        finally:
            self.restores = False

    def _note_opened(self, engines: Sequence[SharedEngine | None], recorder: Recorder) -> None:
        """Write down what is to restore each channel, before any of its frames has come."""
        records = [
            None
            if one is None
            else record_opened(one.selection.engine, one.path, uncertainty=one.uncertainty)
            for one in engines
        ]
        try:
            recorder.notes.note_opened(records)
        except OSError as error:
            self._engine_noted = False
            self._parts.on_fault(DiskError.of_restored(error, recorder.folder))

    def _note_scale(
        self,
        channel: int,
        engine: SharedEngine,
        intensity: IntensityScale,
        *,
        recorder: Recorder | None,
    ) -> None:
        """Write down what restores a channel, as soon as all of it is known."""
        record = record_engine(
            engine.selection.engine, engine.path, intensity, uncertainty=engine.uncertainty
        )
        folder = recorder.folder.name if recorder is not None else ""
        self._origins[channel] = Origin(
            segment=self._number, format=self.format, engine=record, recording=folder
        )
        if recorder is not None:
            try:
                recorder.notes.note_engine(record, channel)
            except OSError as error:
                self._engine_noted = False
                self._parts.on_fault(DiskError.of_restored(error, recorder.folder))

    def _restore_with(self, windows: Restorer, recorder: Recorder | None) -> None:
        provisional = self._parts.provisional
        if is_worth_while(self.format) if provisional is None else provisional:
            preview = ProvisionalPreview(self._cursor, windows, self._display)
            self._cursor.on_idle = preview.show_newest
        recorded = self._parts.save_restored and self._engine_noted
        if recorded and recorder is not None and self.recording is not None:
            RecordingRestorer(
                self._cursor,
                windows,
                self._display,
                recorder=recorder,
                raw_writer=self.recording.raw_writer,
                on_fault=self._parts.on_fault,
            ).run()
        # Without files, or when they can't be written any more, the preview goes on.
        PreviewRestorer(
            self._cursor,
            windows,
            self._display,
            counts=self._preview_counts,
            counted_before=self._counted_before,
        ).run()

    def _preview_counts(self) -> bool:
        """Whether frames count as restored that are in no file: where none was to be, or can be."""
        if self.recording is None or self.recording.refused:
            return True
        return not self._parts.save_restored

    def _show_as_they_come(self, recorder: Recorder | None) -> None:
        """Have frames of channels without an engine shown, from the newest on."""
        folder = recorder.folder.name if recorder is not None else ""
        for channel, lacks_engine in enumerate(self._parts.lacks_engine(self.format)):
            if lacks_engine:
                self._origins[channel] = Origin(
                    segment=self._number, format=self.format, engine=None, recording=folder
                )
                self._raw_only.add(channel)
        # Of a short experiment there may be none to come.
        for sequence, frame in self.newest_raw(
            lambda stream, _: stream.channel in self._raw_only,
            lambda frame: replace(frame, pixels=frame.pixels.copy()),
        ):
            self._show_raw(frame, sequence - self.first_sequence)

    def _show_raw(self, frame: Frame, place: int) -> None:
        window = Window(
            pixels=frame.pixels[None],
            index=frame.index,
            acquired=frame.acquired,
            received=frame.received,
            completed=frame.received,
            sequence=place,
            first=place,
            last=place,
            stream=frame.stream,
            time_point=frame.time_point,
        )
        self._display.offer(window, None)

    def _let_frames_go_first(self) -> None:
        """Leave the processor to a source that is about to lose frames, for a moment."""
        patience_ends = time.perf_counter() + _LONGEST_COURTESY
        while self._parts.source_is_urgent() and time.perf_counter() < patience_ends:
            if self._cursor.abandoned:
                return
            time.sleep(_POLL)


def _refuse_too_many_streams(frame_format: FrameFormat) -> None:
    """Refuse what the memory can't hold: a system that has promised it would end the session."""
    frame_bytes = math.prod(frame_format.shape) * frame_format.dtype.itemsize
    needed = frames_needed(frame_format) * frame_bytes
    if needed > free_bytes():
        raise MemoryError(f"{needed} bytes for the frames of {len(frame_format.streams)} streams")


def _ring_capacity(frame_format: FrameFormat, positions: int) -> int:
    frame_bytes = math.prod(frame_format.shape) * frame_format.dtype.itemsize
    return min(max(_RING_BYTES // positions // frame_bytes, _FEWEST_IN_RING), _MOST_IN_RING)
