"""The recording of one segment: its raw frames from the first to the last, and what was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from acquisition import (
    WINDOW_LENGTH,
    Frame,
    InterleavedRing,
    Missing,
    RingBuffer,
    StreamKey,
)
from pssr_live.recording import (
    DISK,
    GONE,
    DiskError,
    Flusher,
    LostFrames,
    RawWriter,
    Recorder,
    RecordingStart,
)

# A frame that is being written, or is in a window being restored, must not be overwritten.
_RING_MARGIN = 2 * WINDOW_LENGTH


class SegmentRecording:
    """Has every frame of a ring written, and counts those that never were.

    Parameters
    ----------
    ring : RingBuffer
        The segment's.
    start : RecordingStart
        Where its frames are written.
    place : str
        Name of its position, where there are several.
    on_loss : callable
        Told, from any thread, of frames that are on no disk.
    on_fault : callable
        Told, from any thread, what the disk refuses.

    Attributes
    ----------
    raw_writer : RawWriter
        Writes them.
    """

    def __init__(
        self,
        ring: RingBuffer,
        start: RecordingStart,
        *,
        place: str,
        on_loss: Callable[[LostFrames], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._ring = ring
        self._start = start
        self._place = place
        self._on_loss = on_loss
        self._on_fault = on_fault
        self._handed_over = False
        # By stream, the number that the first frame has if none was lost before it.
        self._first_indices: dict[StreamKey, int] = {}
        self._missing_after: dict[StreamKey, Missing] = {}
        self._settled = threading.Event()
        self.raw_writer = RawWriter(ring, start, margin=_RING_MARGIN, on_fault=on_fault)

    @property
    def recorder(self) -> Recorder | None:
        """What frames are written to; None until it has begun."""
        return self.raw_writer.recorder

    @property
    def works(self) -> bool:
        """Whether raw frames reach the disk."""
        return self.recorder is not None and self.raw_writer.error is None

    @property
    def failed(self) -> bool:
        """Whether the disk gave it up, or refused to begin it, and answers again."""
        return self.raw_writer.error is not None and not self.raw_writer.running

    @property
    def refused(self) -> bool:
        """Whether it was asked for just now, and could not be begun."""
        return self._start.asked and self._start.refused

    def note_received(self, frame: Frame) -> None:
        """Note a frame that is about to enter the ring."""
        self._first_indices.setdefault(frame.stream, frame.index - frame.lost_before)

    def note_missing_after(self, stream: StreamKey, missing: Missing) -> None:
        """Note what is missing behind the last frame of a stream; before the ring has ended."""
        self._missing_after[stream] = missing

    def hand_over(self) -> tuple[int, Iterator[Frame]]:
        """Give the frames that are in memory alone to a recording that goes on with this one.

        Of one that has failed. Those that memory has lost too are told.

        Returns
        -------
        int
            Place of the first of them in the segment.
        iterator of Frame
            To be taken before another frame enters the ring.
        """
        self._handed_over = True
        first = max(self.raw_writer.written, self._ring.oldest)
        self._tell_loss_before(first)
        return first, self._frames_from(first)

    def _frames_from(self, first: int) -> Iterator[Frame]:
        """Give what is in memory alone; the first of each stream says what was lost before it."""
        some_are_lost, seen = first > self.raw_writer.written, set[StreamKey]()
        on_disk = self.recorder.last_indices if self.recorder is not None else {}
        for place in range(first, self._ring.written):
            frame = self._ring.frame(place)
            if some_are_lost and frame.stream not in seen:
                seen.add(frame.stream)
                before = on_disk.get(frame.stream, self._first_indices[frame.stream] - 1)
                lost = max(0, frame.index - before - 1)
                if lost > frame.lost_before:
                    frame = replace(frame, lost_before=lost, lost_to=DISK)
            yield frame

    def settle(self) -> None:
        """Say that what is in memory alone will be handed over to no recording any more."""
        self._settled.set()

    @contextmanager
    def flushed(self, *, read_back: bool) -> Iterator[Recorder | None]:
        """Wait for the recorder, and have its files forced to the disk; None if there is none.

        Ends when the last raw frame is written, or never will be.
        """
        recorder = self.raw_writer.wait_for_recorder()
        if recorder is None:
            yield None
            self.raw_writer.join()
            return
        flusher = Flusher(recorder.growing_files(read_back=read_back), self._on_fault)
        try:
            yield recorder
        finally:
            # Raw frames are written to the last, whatever became of the restored ones.
            self.raw_writer.join()
            flusher.stop()

    def close(self, ended_by: str) -> None:
        """Close the files; tell what is on no disk, unless another recording takes it over."""
        recorder, error = self.recorder, self.raw_writer.error
        if error is not None:
            self._settled.wait()
            if not (self._handed_over or self.refused):
                self._tell_loss_before(self._ring.written)
        if recorder is not None:
            if isinstance(error, DiskError) and error.taken_away:
                self._tell_what_is_gone(recorder, error.taken_away)
            for stream, missing in self._missing_after.items():
                recorder.notes.note_missing_after(stream, missing)
            try:
                recorder.close(str(error or ended_by))
            except OSError as refusal:
                if error is None:
                    self._on_fault(DiskError.of_end(refusal, recorder.folder))

    def _tell_what_is_gone(self, recorder: Recorder, how: str) -> None:
        """Tell the frames that were recorded and are there no longer."""
        there, written, numbers = recorder.raw_there(), recorder.raw_written, ""
        if there == written:
            return
        last = recorder.last_index
        # A table that is gone too says nothing of them.
        with suppress(OSError, ValueError):
            first = recorder.row(there).index
            if recorder.streams is None and last is not None:
                loss = LostFrames(first=first, last=last, count=written - there)
                recorder.notes.note_loss(loss, GONE)
                numbers = loss.numbers
        self._on_fault(DiskError.of_taken_away(written - there, numbers, recorder.folder, how=how))

    def _tell_loss_before(self, place: int) -> None:
        """Tell the frames from the last on disk to this place, if there are any."""
        if place == self.raw_writer.written:
            return
        ring = self._ring
        if isinstance(ring, InterleavedRing):
            losses = _of_streams(ring, self.raw_writer.written, place)
        else:
            losses = [self._of_one_stream(place)]
        for loss in losses:
            named = ", ".join(filter(None, (self._place, loss.stream)))
            self._on_loss(replace(loss, stream=named))
            if self.recorder is not None and not self._handed_over:
                # Else it stands at the beginning of the recording that goes on with this one.
                self.recorder.notes.note_loss(loss)
        folder = self.recorder.folder if self.recorder is not None else self._start.folder
        self._on_fault(DiskError.of_loss(losses, folder))

    def _of_one_stream(self, place: int) -> LostFrames:
        count = place - self.raw_writer.written
        last = self._ring.frame(max(place - 1, self._ring.oldest)).index
        if place - 1 < self._ring.oldest:
            last -= 1
        before = self.recorder.last_index if self.recorder is not None else None
        first = last - count + 1 if before is None else before + 1
        return LostFrames(first=first, last=last, count=count)


def _of_streams(ring: InterleavedRing, first: int, stop: int) -> list[LostFrames]:
    """Say which frames of each stream lie between two places."""
    lost: dict[int, list[int]] = {}
    for place in range(first, stop):
        lost.setdefault(ring.order.stream(place), []).append(ring.order.index(place))
    streams = ring.format.streams
    return [
        LostFrames(
            first=numbers[0],
            last=numbers[-1],
            count=len(numbers),
            stream=ring.format.stream_name(streams[stream]),
        )
        for stream, numbers in sorted(lost.items())
    ]
