"""The threads that write: one for raw frames, one for restored ones."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType, RingBuffer, Window
from pssr_live.recording.frame_table import StageTimes
from pssr_live.recording.recorder import Recorder

_POLL = 0.2
_RESTORED_BUFFERS = 4


class RestoredItem(NamedTuple):
    """A restored frame, with the window it came from and when the engine worked on it."""

    window: Window
    pixels: NDArray[PixelType]
    started: float
    finished: float

    def stages(self, arrived: float) -> StageTimes:
        """Split its latency, given when it arrived where it was going."""
        return StageTimes(
            look_ahead=self.window.completed - self.window.received,
            queue=self.started - self.window.completed,
            engine=self.finished - self.started,
            write=arrived - self.finished,
        )


class RawWriter:
    """Writes every frame of a ring to a recording, in order.

    Parameters
    ----------
    ring : RingBuffer
        Read from its first frame to its end.
    recorder : Recorder
        Written to.
    largest_backlog : int
        Frames it may fall behind before `wait_for_room` holds the ring's writer up.
    on_fault : callable
        Told of the error that stopped it.
    """

    def __init__(
        self,
        ring: RingBuffer,
        recorder: Recorder,
        largest_backlog: int,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._ring = ring
        self._recorder = recorder
        self._largest_backlog = largest_backlog
        self._on_fault = on_fault
        self._written = 0
        self._error: Exception | None = None
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="raw writer")
        self._thread.start()

    @property
    def error(self) -> Exception | None:
        """Why frames no longer reach the disk; None as long as they do."""
        return self._error

    def wait_for_room(self) -> None:
        """Wait until another frame may enter the ring without one being lost on disk."""
        with self._progress:
            self._progress.wait_for(
                lambda: (
                    self._error is not None
                    or self._ring.written - self._written < self._largest_backlog
                )
            )

    def wait_for(self, position: int) -> bool:
        """Wait until a frame is on disk; returns False once writing has failed."""
        with self._progress:
            self._progress.wait_for(lambda: self._error is not None or self._written > position)
            return self._error is None

    def join(self) -> None:
        """Wait for the last frame to be written."""
        self._thread.join()

    def _run(self) -> None:
        try:
            while not (self._ring.ended and self._written == self._ring.written):
                self._ring.wait(self._written, _POLL)
                while self._written < self._ring.written:
                    self._recorder.append_raw(self._ring.frame(self._written))
                    with self._progress:
                        self._written += 1
                        self._progress.notify_all()
        except Exception as error:
            with self._progress:
                self._error = error
                self._progress.notify_all()
            self._on_fault(error)


class RestoredWriter:
    """Writes restored frames in the order in which they are put.

    It owns a few buffers, so a slow disk holds the restorer up instead of filling the memory. A
    restored frame is written only after all raw frames that it was made of: whatever happens, it
    can be made again from the raw file.

    Parameters
    ----------
    recorder : Recorder
        Written to.
    raw_writer : RawWriter
        Writes the same recording's raw frames.
    shape : tuple of int
        Height and width of a restored frame.
    on_written : callable
        Told where each written frame's latency went.
    on_fault : callable
        Told of the error after which nothing more is written.
    """

    def __init__(
        self,
        recorder: Recorder,
        raw_writer: RawWriter,
        shape: tuple[int, int],
        on_written: Callable[[StageTimes], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._recorder = recorder
        self._raw_writer = raw_writer
        self._on_written = on_written
        self._on_fault = on_fault
        self._items: queue.Queue[RestoredItem | None] = queue.Queue()
        self._free: queue.Queue[NDArray[PixelType]] = queue.Queue()
        for _ in range(_RESTORED_BUFFERS):
            self._free.put(np.empty(shape, recorder.format.dtype))
        self._thread = threading.Thread(target=self._run, name="restored writer")
        self._thread.start()

    def buffer(self) -> NDArray[PixelType]:
        """Take a free buffer, to be handed back by `put`."""
        return self._free.get()

    def put(self, item: RestoredItem) -> None:
        """Have a frame written; its pixels are one of the writer's buffers."""
        self._items.put(item)

    def finish(self) -> None:
        """Write what was put, then stop."""
        self._items.put(None)
        self._thread.join()

    def _run(self) -> None:
        failed = False
        while (item := self._items.get()) is not None:
            failed = failed or not self._raw_writer.wait_for(item.window.last)
            if not failed:
                try:
                    self._recorder.append_restored(item.pixels)
                    stages = item.stages(time.perf_counter())
                    self._recorder.complete_row(item.window.sequence, stages)
                    self._on_written(stages)
                except Exception as error:
                    failed = True
                    self._on_fault(error)
            self._free.put(item.pixels)
