"""Restores what is recorded: every window of each stream, in order, however late."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from acquisition import WINDOW_LENGTH, Overtaken, Window
from pssr_live.recording import (
    DiskError,
    RawWindows,
    RawWriter,
    Recorder,
    RestoredItem,
    RestoredWriter,
)
from pssr_live.session.display import SegmentDisplay
from pssr_live.session.segment_restorer import Restorer
from pssr_live.session.window_cursor import WindowCursor

# A restorer further behind than this also restores the newest window, so that the preview is live.
_BACKLOG_OF_A_LATE_PREVIEW = 4 * WINDOW_LENGTH
_PREVIEW_INTERVAL = 0.25
_POLL = 0.2


class RecordingRestorer:
    """Restores every window of a ring for a recording.

    Windows that have left the ring are read back from the raw file. While the disk has no room for
    restored frames, or does not answer, and while the engine is far behind, the newest window is
    restored now and then for whoever looks.

    Parameters
    ----------
    cursor : WindowCursor
        At the recording's first frame.
    windows : Restorer
        Restores and judges them.
    display : SegmentDisplay
        Shows them.
    recorder : Recorder
        Its restored file is begun here; `SessionNotes.note_engine` comes before.
    raw_writer : RawWriter
        Writes the same recording's raw frames.
    on_fault : callable
        Told why no more is restored, or not now.
    """

    def __init__(
        self,
        cursor: WindowCursor,
        windows: Restorer,
        display: SegmentDisplay,
        *,
        recorder: Recorder,
        raw_writer: RawWriter,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._cursor = cursor
        self._ring = cursor.ring
        self._windows = windows
        self._display = display
        self._recorder = recorder
        self._raw_writer = raw_writer
        self._on_fault = on_fault
        self._preview_due = 0.0

    def run(self) -> None:
        """Restore to the end of the ring, unless it is abandoned or the disk refuses for good."""
        try:
            self._recorder.begin_restored()
        except OSError as error:
            self._on_fault(DiskError.of_restored(error, self._recorder.folder))
            return
        writer = RestoredWriter(
            self._recorder,
            self._raw_writer,
            on_written=self._display.count,
            on_fault=self._on_fault,
        )
        writer.start()
        try:
            with RawWindows(self._recorder) as raw_windows:
                while self._goes_on(writer) and self._restore_next(writer, raw_windows):
                    self._cursor.move_on()
        except DiskError as error:
            self._on_fault(error)
        finally:
            writer.finish()

    def _goes_on(self, writer: RestoredWriter) -> bool:
        return self._may_go_on() and not writer.failed

    def _may_go_on(self) -> bool:
        return not self._cursor.abandoned and self._raw_writer.error is None

    def _restore_next(self, writer: RestoredWriter, raw_windows: RawWindows) -> bool:
        """Restore the window whose turn it is; returns False if none was."""
        if not self._wait_for_room(writer):
            return False
        late = self._engine_is_late()
        if late:
            self._preview_newest_if_due()
        in_ring = True
        try:
            window = self._cursor.wait_for_window()
            if window is None:
                return False
            item = self._windows.restore(window)
            self._ring.check(window.first)
        except Overtaken:
            in_ring, window = False, self._read_back(raw_windows)
            if window is None:
                return False
            item = self._windows.restore(window)
        # It is written while it is judged: while the engine, which takes every core, rests.
        verdict: Future[RestoredItem] = Future()
        writer.put(item, verdict)
        restored = item
        try:
            item = self._windows.judge(restored)
            if in_ring and self._is_gone(window.first):
                # Overwritten while it was looked at.
                window = self._read_back(raw_windows)
                item = self._windows.judge(restored._replace(window=window)) if window else restored
        finally:
            # After an error too: the writer waits for it.
            verdict.set_result(item)
        if not late and window is not None:
            self._display.show(item)
        return True

    def _is_gone(self, place: int) -> bool:
        try:
            self._ring.check(place)
        except Overtaken:
            return True
        return False

    def _wait_for_room(self, writer: RestoredWriter) -> bool:
        """Wait until the writer takes one more; returns False if that is not to be expected."""
        while not writer.wait_for_room(_PREVIEW_INTERVAL):
            if not self._goes_on(writer) or (self._ring.ended and writer.stuck):
                return False
            self._preview_newest_if_due()
            self._ring.wait(self._ring.written, _POLL)
        return True

    def _read_back(self, raw_windows: RawWindows) -> Window | None:
        """Wait for the window whose turn it is, from the raw file; None if that has no use."""
        # Of a recording that was given up, it may have left the ring without reaching the disk.
        while self._may_go_on():
            window = raw_windows.read(self._cursor.place, _PREVIEW_INTERVAL)
            if window is not None:
                return window
            self._preview_newest_if_due()
        return None

    def _engine_is_late(self) -> bool:
        return self._cursor.backlog > _BACKLOG_OF_A_LATE_PREVIEW

    def _preview_newest_if_due(self) -> None:
        """Restore the newest window for the viewer; its turn for the file will come."""
        if time.perf_counter() < self._preview_due:
            return
        for newest in self._cursor.newest_windows:
            if not self._display.wants(newest, self._cursor.stream_of(newest)):
                continue
            with suppress(Overtaken):
                window = self._ring.window(newest)
                if window is not None:
                    item = self._windows.both(window)
                    self._ring.check(window.first)
                    self._display.show(item)
        self._preview_due = time.perf_counter() + _PREVIEW_INTERVAL
