"""One stretch of frames of one format: from the ring through the engine to viewer and files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, Frame, FrameFormat, Overtaken, PixelType, RingBuffer, Window
from engines.errors import OpeningGivenUpError
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.flusher import Flusher
from pssr_live.recording.provenance import record_engine
from pssr_live.recording.raw_windows import RawWindows
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.writers import RawWriter, RestoredItem, RestoredWriter
from pssr_live.restoring.engine_pool import SharedEngine
from pssr_live.restoring.judge_start import begin_judge
from pssr_live.restoring.window_restorer import WindowRestorer
from pssr_live.session.newest import Newest, Origin
from pssr_live.session.statistics import Statistics

# Frames wait in the ring while the disk is slow or refuses.
_RING_BYTES = 128 * 2**20
_FEWEST_IN_RING, _MOST_IN_RING = 64, 1024
# A frame that is being written, or is in a window being restored, must not be overwritten.
_RING_MARGIN = 2 * WINDOW_LENGTH
# A restorer further behind than this also restores the newest window, so that the preview is live.
_BACKLOG_OF_A_LATE_PREVIEW = 4 * WINDOW_LENGTH
_PREVIEW_INTERVAL = 0.25
_LOOK_AHEAD = WINDOW_LENGTH // 2
_POLL = 0.2
_LONGEST_COURTESY = 1.0


class Segment:
    """Runs the threads between one ring buffer and the consumers of its restored frames.

    With a recorder every frame is written and every window restored, in order; windows that have
    left the ring are read back from the raw file. Without one, or where it records raw frames only,
    only the newest window counts.

    Parameters
    ----------
    frame_format : FrameFormat
        Of its frames.
    open_engine : callable
        Opens the engine for them, or returns it if it is open.
    newest : Newest
        Where the viewer looks.
    statistics : Statistics
        Counts.
    recorder : Recorder or None
        Writes them; closed by the segment when its last frame is restored.
    number : int
        Its number in the session, from 0.
    first_sequence : int
        The first frame's place in the session.
    source_is_urgent : callable
        Whether the source needs the processor at once, see `FrameSource`.
    on_fault : callable
        Told, from any thread, of an error that a thread of the segment stopped for.
    save_restored : bool
        Whether the recorder writes restored frames too.
    """

    def __init__(
        self,
        frame_format: FrameFormat,
        open_engine: Callable[[FrameFormat], SharedEngine],
        newest: Newest,
        statistics: Statistics,
        recorder: Recorder | None,
        number: int,
        first_sequence: int,
        source_is_urgent: Callable[[], bool],
        on_fault: Callable[[Exception], None],
        *,
        save_restored: bool = True,
    ) -> None:
        self.format = frame_format
        self.engine: SharedEngine | None = None
        self.recorder = recorder
        self._open_engine = open_engine
        self._newest = newest
        self._statistics = statistics
        self._number = number
        self._first_sequence = first_sequence
        self._source_is_urgent = source_is_urgent
        self._origin: Origin  # once the engine and the intensity scale are known
        self._on_fault = on_fault
        self._save_restored = save_restored
        self._position = 0
        self._abandoned = threading.Event()
        capacity = _ring_capacity(frame_format)
        self._ring = RingBuffer(frame_format, capacity)
        self._raw_writer = (
            RawWriter(self._ring, recorder, capacity - _RING_MARGIN, on_fault) if recorder else None
        )
        # Kept aside: a fast source may have overwritten them in the ring before they are looked at.
        self._first_frames: list[NDArray[PixelType]] = []
        self._ended_by = ""
        self._thread = threading.Thread(target=self._run, name="restorer")
        self._thread.start()

    @property
    def received(self) -> int:
        """Frames appended."""
        return self._ring.written

    @property
    def restored(self) -> int:
        """Frames restored or, without a recorder, passed over."""
        return self._position

    @property
    def recording_works(self) -> bool:
        """Whether raw frames reach the disk."""
        return self._raw_writer is not None and self._raw_writer.error is None

    @property
    def recording_trouble(self) -> Exception | None:
        """Why raw frames don't reach the disk at the moment, or any more; None while they do."""
        return self._raw_writer.trouble if self._raw_writer is not None else None

    @property
    def recording_failed(self) -> bool:
        """Whether the disk gave up the recording, and answers again."""
        return (
            self._raw_writer is not None
            and self._raw_writer.error is not None
            and not self._raw_writer.running
        )

    def append(self, frame: Frame) -> None:
        """Take a frame; waits for the disk rather than lose one."""
        if self._raw_writer is not None:
            self._raw_writer.wait_for_room()
        if len(self._first_frames) < WINDOW_LENGTH:
            self._first_frames.append(frame.pixels)
        self._ring.append(frame)

    def end(self, ended_by: str) -> None:
        """Say that no frame follows, and why; what is under way is finished."""
        self._ended_by = ended_by
        self._ring.end()

    def abandon(self) -> None:
        """Stop restoring; raw frames are still written."""
        self._abandoned.set()

    @property
    def finished(self) -> bool:
        """Whether every thread is done and the recording is closed."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until it is finished."""
        self._thread.join()

    def _run(self) -> None:
        if self.recorder is None or self._raw_writer is None:
            self._try_to_restore()
            return
        growing = self.recorder.growing_files(read_back=self._save_restored)
        flusher = Flusher(growing, self._on_fault)
        self._try_to_restore()
        # Raw frames are written to the last, whatever became of the restored ones.
        self._raw_writer.join()
        flusher.stop()
        try:
            self.recorder.close(str(self._raw_writer.error or self._ended_by))
        except OSError as error:
            if self._raw_writer.error is None:
                self._on_fault(DiskError.of_end(error, self.recorder.folder))

    def _try_to_restore(self) -> None:
        try:
            first_frames = self._wait_for_first_frames()
            if first_frames is not None:
                self._restore_all(first_frames)
        except OpeningGivenUpError:
            return
        except Exception as error:
            self._on_fault(error)

    def _wait_for_first_frames(self) -> NDArray[PixelType] | None:
        """Wait for five frames, or for all if the segment has fewer; None if it has none."""
        while not self._ring.wait(WINDOW_LENGTH - 1, _POLL):
            if self._abandoned.is_set():
                return None
        return np.stack(self._first_frames) if self._first_frames else None

    def _restore_all(self, first_frames: NDArray[PixelType]) -> None:
        engine = self.engine = self._open_engine(self.format)
        intensity = engine.fix_intensity(first_frames)
        judge = begin_judge(engine, self.format, intensity, first_frames)
        record = record_engine(engine.selection.engine, engine.path, intensity, engine.uncertainty)
        folder = self.recorder.folder.name if self.recorder is not None else ""
        self._origin = Origin(self._number, self.format, record, folder)
        work = WindowRestorer(engine, self.format, intensity, judge, self._let_frames_go_first)
        if self.recorder is not None and self._raw_writer is not None:
            try:
                self.recorder.note_engine(record)
                if self._save_restored:
                    self.recorder.begin_restored()
            except OSError as error:
                self._on_fault(DiskError.of_restored(error, self.recorder.folder))
            else:
                if self._save_restored:
                    self._record_restored(self.recorder, self._raw_writer, work)
        # Without files, or when they can't be written any more, the preview goes on.
        self._restore_newest(work)

    def _let_frames_go_first(self) -> None:
        """Leave the processor to a source that is about to lose frames, for a moment."""
        patience_ends = time.perf_counter() + _LONGEST_COURTESY
        while self._source_is_urgent() and time.perf_counter() < patience_ends:
            self._abandoned.wait(_POLL / 10)

    def _record_restored(
        self, recorder: Recorder, raw_writer: RawWriter, work: WindowRestorer
    ) -> None:
        writer = RestoredWriter(
            recorder, raw_writer, self._statistics.frame_restored, self._on_fault
        )
        try:
            with RawWindows(recorder) as raw_windows:
                self._restore_every_one(work, raw_windows, writer)
        except DiskError as error:
            self._on_fault(error)
        finally:
            writer.finish()

    def _restore_newest(self, work: WindowRestorer) -> None:
        # The verdict on one frame is found while the engine is at the next.
        with ThreadPoolExecutor(1, "judge") as judge:
            before: Future[bool] | None = None
            while True:
                try:
                    window = self._next_window(newest=True)
                    if window is None:
                        break
                    item = work.restore(window)
                    self._ring.check(window.first)
                except Overtaken:
                    self._statistics.frames_skipped(1)
                else:
                    self._count_unshown(before)
                    before = judge.submit(self._judge_and_show, work.judge, item)
                self._position += 1
            self._count_unshown(before)

    def _judge_and_show(
        self, judge: Callable[[RestoredItem], RestoredItem], item: RestoredItem
    ) -> bool:
        """Show a frame with its verdict; returns False if its window was overwritten meanwhile."""
        item = judge(item)
        try:
            self._ring.check(item.window.first)
        except Overtaken:
            return False
        self._show(item)
        self._statistics.frame_restored(item.stages(time.perf_counter()), item.trust)
        return True

    def _count_unshown(self, shown: Future[bool] | None) -> None:
        if shown is not None and not shown.result():
            self._statistics.frames_skipped(1)

    def _restore_every_one(
        self,
        work: WindowRestorer,
        raw_windows: RawWindows,
        writer: RestoredWriter,
    ) -> None:
        preview_due = 0.0
        writer_has_room = False
        while not (self._abandoned.is_set() or writer.failed) and self.recording_works:
            writer_has_room = writer_has_room or writer.wait_for_room(_PREVIEW_INTERVAL)
            engine_is_late = self._newest_sequence() - self._position > _BACKLOG_OF_A_LATE_PREVIEW
            if (engine_is_late or not writer_has_room) and time.perf_counter() > preview_due:
                self._preview_newest(work)
                preview_due = time.perf_counter() + _PREVIEW_INTERVAL
            if not writer_has_room:
                if self._ring.ended and writer.stuck:
                    return
                self._ring.wait(self._ring.written, _POLL)
                continue
            in_ring = True
            try:
                window = self._next_window()
                if window is None:
                    return
                item = work.restore(window)
                self._ring.check(window.first)
            except Overtaken:
                in_ring, window = False, self._read_back(raw_windows)
                if window is None:
                    continue
                item = work.restore(window)
            # It is written while it is judged: while the engine, which takes every core, rests.
            verdict: Future[RestoredItem] = Future()
            writer.put(item, verdict)
            restored = item
            try:
                item = work.judge(restored)
                if in_ring and window.first < self._ring.oldest:
                    # Overwritten while it was looked at.
                    window = self._read_back(raw_windows)
                    item = work.judge(restored._replace(window=window)) if window else restored
            finally:
                # After an error too: the writer waits for it.
                verdict.set_result(item)
            if not engine_is_late:
                self._show(item)
            self._position += 1
            writer_has_room = False

    def _read_back(self, raw_windows: RawWindows) -> Window | None:
        """Read the window at the restorer's position; None while the disk gives no answer."""
        # Of a recording that was given up, it may have left the ring without reaching the disk.
        if not self.recording_works:
            return None
        return raw_windows.read(self._position, _PREVIEW_INTERVAL)

    def _next_window(self, *, newest: bool = False) -> Window | None:
        """Wait for the window at the restorer's position; None at the end of the segment."""
        while not self._abandoned.is_set():
            seen, ended = self._ring.written, self._ring.ended
            if newest:
                self._skip_to(self._newest_sequence())
            window = self._ring.window(self._position)
            if window is not None:
                return window
            if ended and self._position >= seen:
                return None
            self._ring.wait(seen, _POLL)
        return None

    def _skip_to(self, newest: int) -> None:
        """Pass over windows that are not the newest; a few behind, as at the start, are kept."""
        if newest > self._position + _LOOK_AHEAD:
            self._statistics.frames_skipped(newest - self._position)
            self._position = newest

    def _newest_sequence(self) -> int:
        """The newest frame whose window is complete."""
        return self._ring.written - 1 - _LOOK_AHEAD

    def _preview_newest(self, work: WindowRestorer) -> None:
        """Restore the newest window for the viewer; its turn for the file will come."""
        newest = self._newest_sequence()
        if self._newest.wants(self._first_sequence + newest):
            with suppress(Overtaken):
                window = self._ring.window(newest)
                if window is not None:
                    item = work.both(window)
                    self._ring.check(window.first)
                    self._show(item)

    def _show(self, item: RestoredItem) -> None:
        sequence = self._first_sequence + item.window.sequence
        self._newest.offer(sequence, item.window, item.pixels, self._origin, item.trust)
        self._statistics.frame_shown(item.trust)


def _ring_capacity(frame_format: FrameFormat) -> int:
    frame_bytes = frame_format.height * frame_format.width * frame_format.dtype.itemsize
    return min(max(_RING_BYTES // frame_bytes, _FEWEST_IN_RING), _MOST_IN_RING)
