"""The threads that write: one for raw frames, one for restored ones.

A disk that refuses or hangs never holds the preview up for long, and asking it again is worth
while: a network drive may come back, somebody may free some space.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import Frame, PixelType, RingBuffer, StreamKey, Window
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.frame_table import StageTimes
from pssr_live.recording.provenance import describe_restored
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.recording_start import RecordingStart
from pssr_live.trust import Trust

PATIENCE = 10.0
# A write that takes longer is told while it is waited for.
_SILENCE = 3.0
_POLL = 0.2
_PLACE_CHECK_INTERVAL = 1.0
# Restored frames that wait while the system forces others to the disk, some tenths of a second.
_UNDER_WAY_BYTES = 128 * 2**20
_FEWEST_UNDER_WAY, _MOST_UNDER_WAY = 4, 16


class RestoredItem(NamedTuple):
    """A restored frame, the window it came from, the verdict on it, and when each was made.

    Where the engine was asked how far off it may be, `half_width` is its answer in counts.
    """

    window: Window
    pixels: NDArray[PixelType]
    half_width: NDArray[np.float32] | None
    trust: Trust | None
    started: float
    finished: float
    judged: float

    def stages(self, arrived: float) -> StageTimes:
        """Split its latency, given when it arrived where it was going."""
        return StageTimes(
            look_ahead=self.window.completed - self.window.received,
            queue=self.started - self.window.completed,
            engine=self.finished - self.started,
            trust=self.judged - self.finished,
            write=arrived - self.judged,
        )


class RawWriter:
    """Writes every frame of a ring to a recording, in order.

    While the recording is being begun, or the disk refuses, frames wait in the ring; once it is
    full, or the disk has not answered for `PATIENCE` seconds, the recording is given up and frames
    flow on without it.

    Parameters
    ----------
    ring : RingBuffer
        Read from its first frame to its end.
    start : RecordingStart
        Where they are written to.
    margin : int
        Frames for which the ring must have room beyond those that wait, before `wait_for_room`
        holds its writer up.
    on_fault : callable
        Told when the disk refuses, and of the error that stopped it.
    """

    def __init__(
        self,
        ring: RingBuffer,
        start: RecordingStart,
        *,
        margin: int,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._ring = ring
        self._start = start
        self._margin = margin
        self._on_fault = on_fault
        self._recorder: Recorder | None = None
        self._written = 0
        self._error: Exception | None = None
        self._refusal: DiskError | None = None
        # The beginning of the recording, or of a write, that the disk has not answered yet.
        self._waiting_since: float | None = None
        # A write that hangs must not see its frame overwritten in the ring.
        self._pixels: NDArray[PixelType] = np.empty(ring.format.shape, ring.format.dtype)
        self._place_checked = 0.0
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="raw writer")

    def start(self) -> None:
        """Begin to write; returns at once."""
        self._waiting_since = time.perf_counter()
        self._thread.start()

    @property
    def recorder(self) -> Recorder | None:
        """What frames are written to; None until it has begun, or where it never did."""
        return self._recorder

    @property
    def written(self) -> int:
        """Frames of the ring that are on disk."""
        return self._written

    @property
    def error(self) -> Exception | None:
        """Why frames no longer reach the disk; None as long as they do."""
        return self._error

    @property
    def trouble(self) -> Exception | None:
        """Why frames don't reach the disk now, whether they still may or not; None while they do.

        A disk that only is slow is in no trouble; one that does not answer for a while is.
        """
        since = self._waiting_since
        if self._error is not None or self._refusal is not None:
            return self._error or self._refusal
        if since is not None and time.perf_counter() - since > _SILENCE:
            error = TimeoutError(f"no answer for {_SILENCE:g} seconds")
            return DiskError.of_raw(error, self._folder, given_up=False)
        return None

    @property
    def running(self) -> bool:
        """Whether it is writing, or hangs in it."""
        return self._thread.is_alive()

    def wait_for_recorder(self) -> Recorder | None:
        """Wait until the recording has begun; None if it could not, or the disk does not answer."""
        with self._progress:
            self._progress.wait_for(lambda: self._recorder is not None or self._error is not None)
            return self._recorder

    def wait_for_room(self) -> None:
        """Wait until another frame may enter the ring without one being lost on disk."""
        with self._progress:
            while not self._has_room():
                before = self._written, self._recorder
                if not self._progress.wait_for(partial(self._has_moved, before), PATIENCE):
                    error = TimeoutError(f"no answer for {PATIENCE:g} seconds")
                    self._give_up(DiskError.of_raw(error, self._folder, given_up=True))

    def wait_for(self, position: int) -> bool:
        """Wait until a frame is on disk; returns False once writing has failed."""
        with self._progress:
            self._progress.wait_for(lambda: self._error is not None or self._written > position)
            return self._error is None

    def join(self) -> None:
        """Wait for the last frame to be written."""
        self._thread.join()

    @property
    def _folder(self) -> Path:
        return self._recorder.folder if self._recorder is not None else self._start.folder

    def _has_room(self) -> bool:
        return self._error is not None or not self._ring_is_full

    @property
    def _ring_is_full(self) -> bool:
        return self._ring.room_beyond(self._written) <= self._margin

    def _has_moved(self, before: tuple[int, Recorder | None]) -> bool:
        """Whether the disk has answered, or nothing is waited for any more."""
        return (self._written, self._recorder) != before or self._error is not None

    def _run(self) -> None:
        try:
            recorder = self._start.recorder.result()
            if not self._take(recorder):
                self._start.forget()
                return
            while not (self._ring.ended and self._written == self._ring.written):
                self._ring.wait(self._written, _POLL)
                while self._written < self._ring.written:
                    if not self._write(recorder, self._ring.frame(self._written)):
                        return
        except Exception as error:
            self._give_up(error)

    def _take(self, recorder: Recorder) -> bool:
        """Write to a recording that has begun; returns False if it was given up meanwhile."""
        with self._progress:
            if self._error is None:
                self._recorder = recorder
                self._waiting_since = None
                self._progress.notify_all()
            return self._error is None

    def _write(self, recorder: Recorder, frame: Frame) -> bool:
        """Write a frame, asking again while the disk refuses; returns whether to go on."""
        np.copyto(self._pixels, frame.pixels)
        frame = replace(frame, pixels=self._pixels)
        refused_since: float | None = None
        self._waiting_since = time.perf_counter()
        while self._error is None:
            try:
                self._check_place(recorder)
                recorder.append_raw(frame)
            except OSError as error:
                now = time.perf_counter()
                fault = DiskError.of_raw(error, recorder.folder, given_up=False)
                self._refusal = fault
                if refused_since is None and not fault.lasting:
                    refused_since = now
                    self._on_fault(fault)
                if fault.lasting or self._is_hopeless(now - (refused_since or now)):
                    self._give_up(DiskError.of_raw(error, recorder.folder, given_up=True))
                    return False
                time.sleep(_POLL)
            else:
                self._refusal = self._waiting_since = None
                with self._progress:
                    self._written += 1
                    self._progress.notify_all()
                return self._error is None
        return False

    def _is_hopeless(self, refused_for: float) -> bool:
        if self._ring.ended:
            return refused_for > PATIENCE
        return self._ring_is_full

    def _check_place(self, recorder: Recorder) -> None:
        """Notice that the folder was deleted: writing to it goes on without an error."""
        now = time.perf_counter()
        if now - self._place_checked > _PLACE_CHECK_INTERVAL:
            self._place_checked = now
            recorder.check_place()

    def _give_up(self, error: Exception) -> None:
        with self._progress:
            if self._error is not None:
                return
            self._error = error
            self._progress.notify_all()
        self._on_fault(error)


class RestoredWriter:
    """Writes restored frames in the order in which they are put, which is that of each stream.

    It takes 4 to 16 frames, of 128 MB, and no more: while the disk is slow or refuses it has room
    for none, and the memory does not fill up. A restored frame is written only after all raw frames
    that it was made of: whatever happens, it can be made again from the raw file.

    Parameters
    ----------
    recorder : Recorder
        Written to; it has begun its restored file.
    raw_writer : RawWriter
        Writes the same recording's raw frames.
    on_written : callable
        Told where each written frame's latency went, the verdict on it, and its stream.
    on_fault : callable
        Told when the disk refuses, and of the error after which nothing more is written.
    """

    def __init__(
        self,
        recorder: Recorder,
        raw_writer: RawWriter,
        *,
        on_written: Callable[[StageTimes, Trust | None, StreamKey], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._recorder = recorder
        self._raw_writer = raw_writer
        self._on_written = on_written
        self._on_fault = on_fault
        self._items: queue.Queue[tuple[RestoredItem, Future[RestoredItem]] | None] = queue.Queue()
        about = describe_restored(recorder.session)
        under_way = _UNDER_WAY_BYTES // (math.prod(about.shape) * about.dtype.itemsize)
        self._room = threading.Semaphore(min(max(under_way, _FEWEST_UNDER_WAY), _MOST_UNDER_WAY))
        self._refused_since: float | None = None
        self._place_checked = 0.0
        self._finishing = threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="restored writer")

    def start(self) -> None:
        """Begin to write; returns at once."""
        self._thread.start()

    @property
    def failed(self) -> bool:
        """Whether nothing more is written."""
        return self._failed

    @property
    def stuck(self) -> bool:
        """Whether the disk has refused for longer than patience lasts."""
        since = self._refused_since
        return since is not None and time.perf_counter() - since > PATIENCE

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until it takes one more frame by `put`; returns whether it does."""
        return self._room.acquire(timeout=timeout)

    def put(self, item: RestoredItem, judged: Future[RestoredItem]) -> None:
        """Have a frame written, for which there is room.

        Parameters
        ----------
        item : RestoredItem
            Its pixels must not change any more.
        judged : Future of RestoredItem
            The same with the verdict on it, which its line in frames.csv waits for.
        """
        self._items.put((item, judged))

    def finish(self) -> None:
        """Write what was put, unless the disk refuses it, then stop."""
        self._finishing.set()
        self._items.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (put := self._items.get()) is not None:
            self._failed = self._failed or not self._write(*put)
            self._room.release()

    def _write(self, item: RestoredItem, judged: Future[RestoredItem]) -> bool:
        """Write a frame, asking again while the disk refuses; returns whether to go on."""
        if not self._raw_writer.wait_for(item.window.last):
            return False
        appended = False
        while self._raw_writer.error is None:
            try:
                if not appended:
                    self._append(item)
                    appended = True
                item = judged.result()
                stages = item.stages(time.perf_counter())
                self._recorder.complete_row(item.window.sequence, stages, item.trust)
            except OSError as error:
                fault = DiskError.of_restored(error, self._recorder.folder)
                if self._refused_since is None:
                    self._refused_since = time.perf_counter()
                    self._on_fault(fault)
                if fault.lasting or (self._finishing.is_set() and self.stuck):
                    return False
                time.sleep(_POLL)
            except Exception as error:
                self._on_fault(error)
                return False
            else:
                self._refused_since = None
                self._on_written(stages, item.trust, item.window.stream)
                return True
        return False

    def _append(self, item: RestoredItem) -> None:
        now = time.perf_counter()
        if now - self._place_checked > _PLACE_CHECK_INTERVAL:
            self._place_checked = now
            self._recorder.check_restored_place()
        window, recorder = item.window, self._recorder
        place, next_place = window.sequence, recorder.next_to_restore(window.stream)
        if place != next_place:
            raise RuntimeError(f"restored frame {place} came where {next_place} has its place")
        if recorder.streams is None:
            recorder.append_restored(item.pixels, window.acquired)
        else:
            recorder.append_restored(item.pixels, window.acquired, place)
