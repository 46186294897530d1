"""A preallocated ring of frames: one writer, many readers, windows without a copy."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from acquisition.frame import Frame, FrameFormat, PixelType
from acquisition.memory import new_memory
from acquisition.window import WINDOW_LENGTH, Window, window_positions


class Overtaken(Exception):  # noqa: N818 - an event, not a fault
    """The writer has overwritten frames that a reader still wanted.

    Parameters
    ----------
    wanted : int
        The place in the stream that is gone.
    oldest : int
        The earliest place that is still there.
    """

    def __init__(self, wanted: int, oldest: int) -> None:
        super().__init__(f"frame {wanted} of the stream is gone; the oldest held is {oldest}")
        self.wanted = wanted
        self.oldest = oldest


class RingBuffer:
    """Keeps the newest frames of one segment of one stream.

    A frame's place in the stream (its *sequence*: 0, 1, 2, … as written) never repeats; the ring
    holds the last `capacity` of them. The first four slots are mirrored behind the end, so any five
    neighbouring frames lie side by side in memory and a window is a view. Because a view can be
    overwritten while it is read, a reader calls `check` when it is done with the pixels.

    One thread writes, any number read; no call but `wait` blocks, save for the clearing of one
    frame, see `prepare`, and none allocates a frame, save for the windows at the two ends of a run,
    which repeat their edge frame and so need a copy.

    Parameters
    ----------
    frame_format : FrameFormat
        What every frame must be.
    capacity : int
        Frames held, more than `WINDOW_LENGTH`.
    """

    def __init__(self, frame_format: FrameFormat, capacity: int = 64) -> None:
        if capacity <= WINDOW_LENGTH:
            raise ValueError(f"a ring holds more than {WINDOW_LENGTH} frames, not {capacity}")
        self.format = frame_format
        self.capacity = capacity
        slots = capacity + WINDOW_LENGTH - 1
        self._pixels = new_memory((slots, *frame_format.shape), frame_format.dtype)
        # The first frames find their memory there; see `prepare` for the rest.
        self._pixels[: WINDOW_LENGTH - 1].fill(0)
        self._pixels[capacity:].fill(0)
        self._taking = threading.Lock()
        self._index = np.zeros(capacity, np.int64)
        self._acquired = np.zeros(capacity)
        self._received = np.zeros(capacity)
        self._run_start = np.zeros(capacity, np.int64)
        self._lost_before = np.zeros(capacity, np.int64)
        self._lost_to = [""] * capacity
        self._late_s = np.full(capacity, np.nan)
        self._begun = 0
        self._written = 0
        self._ended = False
        self._grown = threading.Condition()

    def prepare(self) -> None:
        """Have the system find and clear the memory now, not when frames are written to it.

        From another thread than the writer's, which is held up for a frame's worth of it at most.
        """
        for place in range(WINDOW_LENGTH - 1, self.capacity):
            with self._taking:
                if place >= self._begun:
                    self._pixels[place].fill(0)

    @property
    def written(self) -> int:
        """Frames written so far."""
        return self._written

    @property
    def ended(self) -> bool:
        """Whether the writer has written its last frame."""
        return self._ended

    @property
    def oldest(self) -> int:
        """The earliest place in the stream that can still be read."""
        return max(0, self._begun - self.capacity)

    def append(self, frame: Frame) -> None:
        """Copy a frame in, over the oldest.

        Parameters
        ----------
        frame : Frame
            Of the ring's format.

        Raises
        ------
        ValueError
            If its shape or dtype is another.
        """
        self._check_format(frame)
        self.slot()[:] = frame.pixels
        self._note_what_is_told(frame, self._written % self.capacity)
        self.commit(frame.index, frame.acquired, frame.received)

    def _note_what_is_told(self, frame: Frame, slot: int) -> None:
        self._lost_before[slot] = frame.lost_before
        self._lost_to[slot] = frame.lost_to
        self._late_s[slot] = frame.late_s

    def _check_format(self, frame: Frame) -> None:
        if frame.pixels.shape != self.format.shape or frame.pixels.dtype != self.format.dtype:
            raise ValueError(
                f"a frame of {frame.pixels.shape} {frame.pixels.dtype} in a ring of {self.format}"
            )

    def slot(self) -> NDArray[PixelType]:
        """Take the next place for writing; readers of what stood there are told from now on.

        Returns
        -------
        ndarray of the ring's dtype, shape (H, W)
            To be filled before `commit`.
        """
        with self._taking:
            self._begun = self._written + 1
        place: NDArray[PixelType] = self._pixels[self._written % self.capacity]
        return place

    def room_beyond(self, sequence: int) -> int:
        """How many frames may still be written before one from this place on is written over."""
        return self.capacity - (self._written - sequence)

    def _slot_of(self, sequence: int) -> int:
        """Where the frame at a place lies in memory."""
        return sequence % self.capacity

    def commit(self, index: int, acquired: float, received: float) -> None:
        """Publish what was written into `slot`.

        Parameters
        ----------
        index : int
            The source's number of the frame.
        acquired, received : float
            Its times, see `Frame`.
        """
        sequence = self._written
        place = sequence % self.capacity
        if place < WINDOW_LENGTH - 1:
            self._pixels[self.capacity + place] = self._pixels[place]
        before = (sequence - 1) % self.capacity
        goes_on = sequence > 0 and index == self._index[before] + 1
        self._run_start[place] = self._run_start[before] if goes_on else sequence
        self._index[place] = index
        self._acquired[place] = acquired
        self._received[place] = received
        self._publish()

    def _publish(self) -> None:
        """Say that the next frame is there."""
        with self._grown:
            self._written += 1
            self._grown.notify_all()

    def end(self) -> None:
        """Say that no frame follows; the last windows become complete."""
        with self._grown:
            self._ended = True
            self._grown.notify_all()

    def wait(self, sequence: int, timeout: float) -> bool:
        """Wait until a place in the stream has been written, or the stream has ended.

        Parameters
        ----------
        sequence : int
            The place.
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        bool
            Whether there is something new to look at.
        """
        with self._grown:
            return self._grown.wait_for(lambda: self._written > sequence or self._ended, timeout)

    def frame(self, sequence: int) -> Frame:
        """Look at one frame without a copy; `check` afterwards.

        Parameters
        ----------
        sequence : int
            Its place in the stream, less than `written`.

        Returns
        -------
        Frame

        Raises
        ------
        Overtaken
            If it is gone.
        IndexError
            If it is not there yet.
        """
        if not 0 <= sequence < self._written:
            raise IndexError(f"frame {sequence} of {self._written}")
        place = self._slot_of(sequence)
        frame = Frame(
            pixels=self._pixels[place],
            index=int(self._index[place]),
            acquired=float(self._acquired[place]),
            received=float(self._received[place]),
            lost_before=int(self._lost_before[place]),
            lost_to=self._lost_to[place],
            late_s=float(self._late_s[place]),
        )
        self.check(sequence)
        return frame

    def window(self, sequence: int, *, provisional: bool = False) -> Window | None:
        """Look at the window centred on one frame; `check` its `first` afterwards.

        Parameters
        ----------
        sequence : int
            The centre frame's place in the stream.
        provisional : bool
            Wait for no frame that is still to come: the newest is repeated in its place.

        Returns
        -------
        Window or None
            None while frames it looks ahead to are still to come.

        Raises
        ------
        Overtaken
            If one of its frames is gone.
        """
        # In this order: frames that come between the two must not be taken for missing.
        ended = self._ended or provisional
        written = self._written
        if sequence >= written:
            return None
        self.check(sequence)
        run_start = int(self._run_start[sequence % self.capacity])
        last = sequence
        for ahead in range(sequence + 1, sequence + WINDOW_LENGTH // 2 + 1):
            if ahead >= written:
                if not ended:
                    return None
                break
            if self._run_start[ahead % self.capacity] != run_start:
                break
            last = ahead
        positions = window_positions(sequence, run_start, last + 1)
        first = int(positions[0])
        if positions[-1] - first == WINDOW_LENGTH - 1:
            start = first % self.capacity
            pixels = self._pixels[start : start + WINDOW_LENGTH]
        else:
            pixels = self._pixels[positions % self.capacity]
        window = self._window_of(sequence, pixels, first=first, last=last)
        self.check(first)
        return window

    def _window_of(
        self, sequence: int, pixels: NDArray[PixelType], *, first: int, last: int
    ) -> Window:
        """Put with a window's pixels what is known of its centre frame and its last one."""
        pixels.flags.writeable = False
        place = self._slot_of(sequence)
        return Window(
            pixels=pixels,
            index=int(self._index[place]),
            acquired=float(self._acquired[place]),
            received=float(self._received[place]),
            completed=float(self._received[self._slot_of(last)]),
            sequence=sequence,
            first=first,
            last=last,
            time_point=int(self._index[place]),
        )

    def check(self, sequence: int) -> None:
        """Make sure that a frame just looked at had not been overwritten meanwhile.

        Parameters
        ----------
        sequence : int
            The earliest place in the stream that was looked at.

        Raises
        ------
        Overtaken
            If it was.
        """
        oldest = self.oldest
        if sequence < oldest:
            raise Overtaken(sequence, oldest)
