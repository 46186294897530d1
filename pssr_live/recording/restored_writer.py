"""The thread that writes restored frames, each after the raw frames that it was made of."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType, StreamKey, Window
from pssr_live.recording import disk_patience
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.disk_patience import PlaceCheck
from pssr_live.recording.frame_table import StageTimes
from pssr_live.recording.provenance import describe_restored
from pssr_live.recording.raw_writer import RawWriter
from pssr_live.recording.recorder import Recorder
from pssr_live.trust import Trust

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
        self._place = PlaceCheck(recorder.check_restored_place)
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
        return since is not None and time.perf_counter() - since > disk_patience.PATIENCE

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
                time.sleep(disk_patience.ASK_AGAIN_AFTER)
            except Exception as error:
                self._on_fault(error)
                return False
            else:
                self._refused_since = None
                self._on_written(stages, item.trust, item.window.stream)
                return True
        return False

    def _append(self, item: RestoredItem) -> None:
        self._place.look()
        window, recorder = item.window, self._recorder
        place, next_place = window.sequence, recorder.next_to_restore(window.stream)
        if place != next_place:
            raise RuntimeError(f"restored frame {place} came where {next_place} has its place")
        if recorder.streams is None:
            recorder.append_restored(item.pixels, window.acquired)
        else:
            recorder.append_restored(item.pixels, window.acquired, place)
