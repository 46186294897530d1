"""The thread that writes raw frames, and asks a disk again that refuses them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import Frame, PixelType, RingBuffer
from pssr_live.recording import disk_patience
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.disk_patience import PlaceCheck
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.recording_start import RecordingStart

# A write that takes longer is told while it is waited for.
_SILENCE = 3.0
_POLL = 0.2


class RawWriter:
    """Writes every frame of a ring to a recording, in order.

    While the recording is being begun, or the disk refuses, frames wait in the ring; once it is
    full, or the disk has not answered for as long as `disk_patience` says, the recording is given
    up and frames flow on without it.

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
                if not self._progress.wait_for(
                    partial(self._has_moved, before), disk_patience.PATIENCE
                ):
                    error = TimeoutError(f"no answer for {disk_patience.PATIENCE:g} seconds")
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
            place = PlaceCheck(recorder.check_place)
            while not (self._ring.ended and self._written == self._ring.written):
                self._ring.wait(self._written, _POLL)
                while self._written < self._ring.written:
                    if not self._write(recorder, self._ring.frame(self._written), place):
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

    def _write(self, recorder: Recorder, frame: Frame, place: PlaceCheck) -> bool:
        """Write a frame, asking again while the disk refuses; returns whether to go on."""
        np.copyto(self._pixels, frame.pixels)
        frame = replace(frame, pixels=self._pixels)
        refused_since: float | None = None
        self._waiting_since = time.perf_counter()
        while self._error is None:
            try:
                place.look()
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
                time.sleep(disk_patience.ASK_AGAIN_AFTER)
            else:
                self._refusal = self._waiting_since = None
                with self._progress:
                    self._written += 1
                    self._progress.notify_all()
                return self._error is None
        return False

    def _is_hopeless(self, refused_for: float) -> bool:
        if self._ring.ended:
            return refused_for > disk_patience.PATIENCE
        return self._ring_is_full

    def _give_up(self, error: Exception) -> None:
        with self._progress:
            if self._error is not None:
                return
            self._error = error
            self._progress.notify_all()
        self._on_fault(error)
