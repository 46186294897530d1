"""Frames that somebody else's program hands over: taken at once, whatever becomes of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import StreamKey
from acquisition.errors import EndOfFrames, FormatChanged
from acquisition.frame import ONE_STREAM, Frame, FrameFormat, Missing, PixelType
from acquisition.lent_memory import LentMemory

_ROOM_BYTES = 256 * 2**20
_FEWEST, _MOST = 64, 1024
# Frames that came faster than they were taken.
QUEUE = "queue"


class PushedSource:
    """Delivers what is pushed, see `FrameSource`; `push` copies, and never waits for the reader.

    While the reader is behind, frames wait in memory: 256 MB of them, 64 at least and 1024 at most.
    A frame that finds no room is lost, and noted. One thread pushes, another reads.

    Frames end with `finish`. If that never comes, they end with the program: once neither its main
    thread nor the one that pushed last lives, and all that was pushed is read.

    Parameters
    ----------
    frame_format : FrameFormat
        Of the first frames.
    url : str
        Where they come from, for the record.
    settings : mapping of str to str, optional
        See `FrameSource`.
    from_the_start : bool
        Whether the first frame of each stream has the number 0, unless it was lost.
    room : int, optional
        Frames that may wait.

    Attributes
    ----------
    lost : list of (StreamKey, int)
        Streams and numbers of the frames that found no room, as they came.
    """

    def __init__(
        self,
        frame_format: FrameFormat,
        *,
        url: str,
        settings: Mapping[str, str] | None = None,
        from_the_start: bool = True,
        room: int | None = None,
    ) -> None:
        self.url = url
        self.settings: Mapping[str, str] = dict(settings or {})
        self.frame_count: int | None = None
        self.first_index: int | None = 0 if from_the_start else None
        self.urgent = False
        self.lost: list[tuple[StreamKey, int]] = []
        self._first_format = self._format = frame_format
        self._memory: LentMemory[PixelType] = LentMemory(frame_format.shape, frame_format.dtype)
        self._room = _room_for(frame_format) if room is None else room
        # Frames, and the formats of those behind them where that is another.
        self._waiting: deque[Frame | FrameFormat] = deque()
        self._changed = threading.Condition()
        self._pusher = threading.current_thread()
        self._finished = self._closed = False
        # Frames of each stream that found no room since the last that did.
        self._lacking: dict[StreamKey, Missing] = {}

    @property
    def status(self) -> str:
        """How many frames found no room, in words; empty while there are none."""
        count = len(self.lost)
        if not count:
            return ""
        frames = "1 frame was" if count == 1 else f"{count} frames were"
        return f"{frames} lost: they came faster than this computer takes them."

    @property
    def connected(self) -> bool:
        """Always: whoever pushes is in this process."""
        return True

    @property
    def missing_after(self) -> Mapping[StreamKey, Missing]:
        """Frames behind the last of their stream that found no room."""
        return dict(self._lacking)

    @property
    def next_frame_s(self) -> float | None:
        """Nobody says when the next frame is due."""
        return None

    @property
    def format(self) -> FrameFormat:
        """Of the frames that are pushed now."""
        return self._format

    def change_format(self, frame_format: FrameFormat) -> None:
        """Say that frames of another format follow; nothing happens if it is the same."""
        if frame_format == self._format:
            return
        self._format = frame_format
        self._memory = LentMemory(frame_format.shape, frame_format.dtype)
        with self._changed:
            self._waiting.append(frame_format)
            self._changed.notify_all()

    def push(
        self,
        pixels: NDArray[PixelType],
        *,
        index: int,
        stream: StreamKey = ONE_STREAM,
        time_point: int | None = None,
        acquired: float = np.nan,
    ) -> bool:
        """Hand over a frame, which is copied; returns at once.

        Parameters
        ----------
        pixels : ndarray of the format's dtype, shape (H, W)
        index, stream, time_point, acquired
            See `Frame`.

        Returns
        -------
        bool
            False if there was no room for it, or nobody reads any more.

        Raises
        ------
        ValueError
            If its shape or dtype is not the format's.
        """
        if pixels.shape != self._format.shape or pixels.dtype != self._format.dtype:
            raise ValueError(f"a frame of {pixels.shape} {pixels.dtype} among {self._format}")
        self._pusher = threading.current_thread()
        with self._changed:
            has_room = len(self._waiting) < self._room and not (self._closed or self._finished)
        if not has_room:
            self.lost.append((stream, index))
            before = self._lacking.get(stream)
            first = index if before is None else before.first
            self._lacking[stream] = Missing(first, index, QUEUE)
            return False
        copy = self._memory.take()
        np.copyto(copy, pixels)
        frame = Frame(
            pixels=copy,
            index=index,
            acquired=acquired,
            received=time.perf_counter(),
            stream=stream,
            time_point=index if time_point is None else time_point,
            lost_to=QUEUE if stream in self._lacking else "",
        )
        self._lacking.pop(stream, None)
        with self._changed:
            self._waiting.append(frame)
            self._changed.notify_all()
        return True

    def finish(self) -> None:
        """Say that no frame follows; those that wait are still delivered."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def open(self) -> FrameFormat:
        """Say what the first frames look like."""
        return self._first_format

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, see `FrameSource.read`."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._finished or self._closed, timeout)
            if self._closed:
                raise EndOfFrames
            if not self._waiting:
                if self._finished or not self._may_come():
                    raise EndOfFrames
                return None
            item = self._waiting.popleft()
        if isinstance(item, FrameFormat):
            self.first_index = None
            raise FormatChanged(item)
        return item

    def close(self) -> None:
        """Take no more frames, and wake a waiting `read`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _may_come(self) -> bool:
        return threading.main_thread().is_alive() or self._pusher.is_alive()


def _room_for(frame_format: FrameFormat) -> int:
    frame_bytes = frame_format.height * frame_format.width * frame_format.dtype.itemsize
    return min(max(_ROOM_BYTES // frame_bytes, _FEWEST), _MOST)
