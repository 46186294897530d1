"""The ring for frames of several streams, as they come, in one budget of memory."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import StreamKey
from acquisition.frame import Frame, FrameFormat, PixelType
from acquisition.lent_memory import LentMemory
from acquisition.ring import Overtaken, RingBuffer
from acquisition.stream_order import StreamOrder
from acquisition.window import WINDOW_LENGTH, Window

# Frames of each stream that a ring has room for: a window, and what comes meanwhile.
_FRAMES_OF_A_STREAM = 2 * WINDOW_LENGTH
# Of these so many are never written over by frames of other streams: a window, and two more, so
# that it may be looked at while the next become complete.
_KEPT_OF_A_STREAM = WINDOW_LENGTH + 2


class InterleavedRing(RingBuffer):
    """Keeps the newest frames of all channels and slices of one position.

    A frame's *sequence* is its place among all as received. A new frame takes the memory of the
    oldest, but never of the last seven of a stream: one that comes far less often than the others
    keeps its window. The five neighbours of a stream don't lie side by side, so a window is a copy,
    in memory that is used again; it is checked already when it is handed out.

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
        # Where the frames lie that are held, by their place among all; and these by stream.
        self._slots: dict[int, int] = {}
        self._held: list[deque[int]] = [deque() for _ in range(streams)]
        self._next_slot = 0
        self._last_gone = -1
        window = (WINDOW_LENGTH, *frame_format.shape)
        self._windows: LentMemory[PixelType] = LentMemory(window, frame_format.dtype)

    @property
    def oldest(self) -> int:
        """The earliest place from which on every frame is held."""
        return self._last_gone + 1

    def append(self, frame: Frame) -> None:
        """Copy a frame in, over the oldest that its stream can do without."""
        self._check_format(frame)
        stream = self.format.stream_number(frame.stream)
        self.slot()[:] = frame.pixels
        slot = self._next_slot
        self._index[slot], self._time_point[slot] = frame.index, frame.time_point
        self._acquired[slot], self._received[slot] = frame.acquired, frame.received
        self._note_what_is_told(frame, slot)
        with self._taking:
            self._held[stream].append(self._written)
            self._slots[self._written] = slot
        # Last: from then on a window of the stream may end with it.
        self.order.append(stream, frame.index)
        self._publish()

    def slot(self) -> NDArray[PixelType]:
        """Take the memory (H, W) of the frame that goes; who looks at it is told from now on."""
        with self._taking:
            self._begun = self._written + 1
            if self._written < self.capacity:
                self._next_slot = self._written
            else:
                held = min(self._with_more_than_kept(), key=lambda one: one[0])
                gone = held.popleft()
                self._next_slot = self._slots.pop(gone)
                self._last_gone = max(self._last_gone, gone)
        slot: NDArray[PixelType] = self._pixels[self._next_slot]
        return slot

    def room_beyond(self, sequence: int) -> int:
        """How many frames may still be written before one from this place on is written over."""
        with self._taking:
            room = max(0, self.capacity - self._written)
            for held in self._with_more_than_kept():
                spare = len(held) - _KEPT_OF_A_STREAM
                for place, _ in zip(held, range(spare), strict=False):
                    room += place < sequence
        return room

    def stream_of(self, sequence: int) -> StreamKey:
        """Of which stream a frame is."""
        return self._streams[self.order.stream(sequence)]

    def frame(self, sequence: int) -> Frame:
        """Look at one frame without a copy; see `RingBuffer.frame`."""
        frame = super().frame(sequence)
        time_point = int(self._time_point[self._slot_of(sequence)])
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
        slots = [self._slot_of(int(one)) for one in sequences]
        np.take(self._pixels, slots, axis=0, out=pixels, mode="clip")
        different = np.unique(sequences)
        window = replace(
            self._window_of(sequence, pixels, first=first, last=last),
            stream=self.stream_of(sequence),
            time_point=int(self._time_point[self._slot_of(sequence)]),
            before=int(np.count_nonzero(different < sequence)),
            after=int(np.count_nonzero(different > sequence)),
        )
        self.check(first)
        return window

    def check(self, sequence: int) -> None:
        """Make sure that a frame just looked at, and all later ones of its stream, are still held.

        See `RingBuffer.check`.
        """
        self._slot_of(sequence)

    def _slot_of(self, sequence: int) -> int:
        slot = self._slots.get(sequence)
        if slot is None:
            raise Overtaken(sequence, self.oldest)
        return slot

    def _with_more_than_kept(self) -> list[deque[int]]:
        """Places held of those streams that can do without the oldest."""
        return [held for held in self._held if len(held) > _KEPT_OF_A_STREAM]


def frames_needed(frame_format: FrameFormat) -> int:
    """Frames that a ring has room for at least, so that each stream has its windows."""
    return _FRAMES_OF_A_STREAM * len(frame_format.streams)


def new_ring(frame_format: FrameFormat, capacity: int = 64) -> RingBuffer:
    """Make the ring for frames of a format: one stream needs no copy of its windows."""
    if len(frame_format.streams) == 1:
        return RingBuffer(frame_format, capacity)
    return InterleavedRing(frame_format, capacity)
