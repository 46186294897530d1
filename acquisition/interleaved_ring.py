"""The ring for frames of several streams, as they come, in one budget of memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from acquisition.channel import StreamKey
from acquisition.frame import Frame, FrameFormat, PixelType
from acquisition.lent_memory import LentMemory
from acquisition.ring import RingBuffer
from acquisition.stream_order import StreamOrder
from acquisition.window import WINDOW_LENGTH, Window

# Frames of each stream that a ring has room for: a window, and what comes meanwhile.
_FRAMES_OF_A_STREAM = 2 * WINDOW_LENGTH


class InterleavedRing(RingBuffer):
    """Keeps the newest frames of all channels and slices of one position.

    A frame's *sequence* is its place among all as received. The five neighbours of a stream don't
    lie side by side, so a window is a copy, in memory that is used again; it is checked already
    when it is handed out.

    Parameters
    ----------
    frame_format : FrameFormat
        Of one position.
    capacity : int
        Frames held, of all streams; more where there are so many streams.

    Attributes
    ----------
    order : StreamOrder
        Which frames are of which stream, numbered as `FrameFormat.stream_number` does.
    """

    def __init__(self, frame_format: FrameFormat, capacity: int = 64) -> None:
        self._streams = frame_format.streams
        streams = len(self._streams)
        super().__init__(frame_format, max(capacity, frames_needed(frame_format)))
        self.order = StreamOrder(streams)
        self._time_point = np.zeros(self.capacity, np.int64)
        window = (WINDOW_LENGTH, *frame_format.shape)
        self._windows: LentMemory[PixelType] = LentMemory(window, frame_format.dtype)

    def append(self, frame: Frame) -> None:
        """Copy a frame in, over the oldest; see `RingBuffer.append`."""
        self._check_format(frame)
        stream = self.format.stream_number(frame.stream)
        self.slot()[:] = frame.pixels
        place = self._written % self.capacity
        self._time_point[place] = frame.time_point
        self._note_what_is_lost(frame)
        # Before its place is noted: from then on a window of the stream may end with it.
        self._received[place] = frame.received
        self.order.append(stream, frame.index)
        self.commit(frame.index, frame.acquired, frame.received)

    def stream_of(self, sequence: int) -> StreamKey:
        """Of which stream a frame is."""
        return self._streams[self.order.stream(sequence)]

    def frame(self, sequence: int) -> Frame:
        """Look at one frame without a copy; see `RingBuffer.frame`."""
        frame = super().frame(sequence)
        time_point = int(self._time_point[sequence % self.capacity])
        self.check(sequence)
        return replace(frame, stream=self.stream_of(sequence), time_point=time_point)

    def window(self, sequence: int, *, provisional: bool = False) -> Window | None:
        """Copy the window of one frame's stream; see `RingBuffer.window`."""
        # In this order: frames that come between the two must not be taken for missing.
        ended = self._ended or provisional
        if sequence >= self._written:
            return None
        self.check(sequence)
        sequences = self.order.window(sequence, ended=ended)
        if sequences is None:
            return None
        first, last = int(sequences[0]), int(sequences[-1])
        pixels = self._windows.take()
        np.take(self._pixels, sequences % self.capacity, axis=0, out=pixels, mode="clip")
        different = np.unique(sequences)
        window = replace(
            self._window_of(sequence, pixels, first=first, last=last),
            stream=self.stream_of(sequence),
            time_point=int(self._time_point[sequence % self.capacity]),
            before=int(np.count_nonzero(different < sequence)),
            after=int(np.count_nonzero(different > sequence)),
        )
        self.check(first)
        return window


def frames_needed(frame_format: FrameFormat) -> int:
    """Frames that a ring has room for at least, so that each stream has its windows."""
    return _FRAMES_OF_A_STREAM * len(frame_format.streams)


def new_ring(frame_format: FrameFormat, capacity: int = 64) -> RingBuffer:
    """Make the ring for frames of a format: one stream needs no copy of its windows."""
    if len(frame_format.streams) == 1:
        return RingBuffer(frame_format, capacity)
    return InterleavedRing(frame_format, capacity)
