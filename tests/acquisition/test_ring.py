from __future__ import annotations

import itertools
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition import (
    WINDOW_LENGTH,
    Frame,
    FrameFormat,
    Overtaken,
    RingBuffer,
    Window,
    run_starts,
    window_positions,
)

FORMAT = FrameFormat(height=3, width=4, dtype=np.dtype(np.uint16), significant_bits=16)


def numbered(sequence: int, index: int | None = None, shape: tuple[int, int] = (3, 4)) -> Frame:
    """A frame whose pixels all hold its place in the stream."""
    pixels = np.full(shape, sequence, np.uint16)
    return Frame(
        pixels=pixels,
        index=sequence if index is None else index,
        acquired=0.1 * sequence,
        received=float(sequence),
    )


def filled(frames: int, capacity: int = 16) -> RingBuffer:
    ring = RingBuffer(FORMAT, capacity)
    for sequence in range(frames):
        ring.append(numbered(sequence))
    return ring


def shown(window: Window) -> list[int]:
    return [int(frame[0, 0]) for frame in window.pixels]


@pytest.mark.parametrize("frames", [0, 2, 7, 16, 37])
def test_memory_that_is_made_ready_while_frames_come_harms_none_of_them(frames: int) -> None:
    ring, ready = filled(frames), filled(frames)
    ready.prepare()
    # The window of the oldest but one would reach back to what is gone.
    for sequence in range(ring.oldest + (2 if ring.oldest else 0), frames):
        np.testing.assert_array_equal(ready.frame(sequence).pixels, ring.frame(sequence).pixels)
        window, same = ring.window(sequence), ready.window(sequence)
        assert (window is None) == (same is None)
        if window is not None and same is not None:
            assert shown(same) == shown(window)


gapped_indices = st.lists(st.sampled_from([1, 1, 1, 1, 1, 2, 7]), min_size=1, max_size=60).map(
    lambda steps: np.cumsum(steps).tolist()
)


@given(gapped_indices, st.integers(WINDOW_LENGTH + 1, 20))
def test_every_frame_gets_one_window_of_five_neighbours_and_none_spans_a_gap(
    indices: list[int], capacity: int
) -> None:
    ring = RingBuffer(FORMAT, capacity)
    windows: list[list[int]] = []

    def follow() -> None:
        while (window := ring.window(len(windows))) is not None:
            ring.check(window.first)
            assert window.sequence == len(windows)
            assert window.index == indices[window.sequence]
            windows.append(shown(window))

    for sequence, index in enumerate(indices):
        ring.append(numbered(sequence, index))
        follow()
    ring.end()
    follow()

    bounds = [*run_starts(indices).tolist(), len(indices)]
    expected = [
        window_positions(centre, start, stop).tolist()
        for start, stop in itertools.pairwise(bounds)
        for centre in range(start, stop)
    ]
    assert windows == expected


@given(st.integers(WINDOW_LENGTH + 1, 12), st.integers(WINDOW_LENGTH, 60))
def test_an_inner_window_is_a_view_of_the_ring(capacity: int, frames: int) -> None:
    ring = filled(frames, capacity)
    for centre in range(max(2, ring.oldest + 2), frames - 2):
        window = ring.window(centre)
        assert window is not None
        assert shown(window) == list(range(centre - 2, centre + 3))
        assert np.shares_memory(window.pixels, ring._pixels)
        assert window.pixels.flags.c_contiguous
        assert not window.pixels.flags.writeable


def test_a_window_waits_for_the_frames_it_looks_ahead_to() -> None:
    ring = filled(4)
    assert ring.window(1) is not None
    assert ring.window(2) is None
    assert ring.window(9) is None
    ring.append(numbered(4))
    assert ring.window(2) is not None


def test_a_window_says_when_it_became_complete() -> None:
    window = filled(6).window(2)
    assert window is not None
    assert (window.received, window.completed, window.first) == (2.0, 4.0, 0)


def test_frames_are_looked_at_without_a_copy() -> None:
    ring = filled(20)
    frame = ring.frame(10)
    assert (frame.index, frame.acquired, frame.received) == (10, 1.0, 10.0)
    assert np.shares_memory(frame.pixels, ring._pixels)
    with pytest.raises(IndexError):
        ring.frame(20)


@pytest.mark.parametrize("look", ["frame", "window", "check"])
def test_an_overtaken_reader_is_told_what_is_left(look: str) -> None:
    ring = filled(30, capacity=8)
    with pytest.raises(Overtaken) as told:
        getattr(ring, look)(21)
    assert (told.value.wanted, told.value.oldest) == (21, 22)
    getattr(ring, look)(24)


def test_a_reader_is_told_as_soon_as_the_writer_begins_to_overwrite() -> None:
    ring = filled(8, capacity=8)
    window = ring.window(2)
    assert window is not None
    ring.check(window.first)
    ring.slot()[:] = 99
    with pytest.raises(Overtaken):
        ring.check(window.first)


@given(st.integers(1, 24), st.booleans())
def test_a_reader_overtaken_while_it_looks_is_told(overtaking: int, gap: bool) -> None:
    class Hurried(RingBuffer):
        """The writer goes on as soon as the reader has begun to look."""

        hurry = 0

        def check(self, sequence: int) -> None:
            super().check(sequence)
            while self.hurry:
                self.hurry -= 1
                self.append(numbered(self.written, self.written + 100 * gap))

    ring = Hurried(FORMAT, 8)
    for sequence in range(12):
        ring.append(numbered(sequence))
    ring.hurry = overtaking
    try:
        window = ring.window(6)
    except Overtaken:
        return
    assert window is not None
    assert shown(window) == [4, 5, 6, 7, 8]


def test_frames_that_come_just_before_the_end_are_not_missing_from_a_window() -> None:
    class Ending(RingBuffer):
        """The last frames come while a reader asks whether there will be more."""

        _is_over = False

        @property
        def _ended(self) -> bool:
            if self.written == 5:
                self.append(numbered(5))
                self.append(numbered(6))
                self._is_over = True
            return self._is_over

        @_ended.setter
        def _ended(self, value: bool) -> None:
            self._is_over = value

    ring = Ending(FORMAT, 8)
    for sequence in range(5):
        ring.append(numbered(sequence))
    window = ring.window(4)
    assert window is None or shown(window) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 3), np.uint16), np.zeros((3, 4), np.uint8)], ids=["shape", "dtype"]
)
def test_a_frame_of_another_format_is_refused(pixels: np.ndarray) -> None:
    ring = filled(3)
    with pytest.raises(ValueError, match="in a ring of"):
        ring.append(Frame(pixels=pixels, index=3, acquired=0.0, received=0.0))
    assert ring.written == 3


def test_a_ring_holds_more_than_a_window() -> None:
    with pytest.raises(ValueError, match="more than 5"):
        RingBuffer(FORMAT, WINDOW_LENGTH)


def test_neither_writing_nor_reading_allocates_a_frame() -> None:
    frame_format = FrameFormat(
        height=256, width=256, dtype=np.dtype(np.uint16), significant_bits=16
    )
    ring = RingBuffer(frame_format, 8)
    frame = np.zeros(frame_format.shape, np.uint16)
    for index in range(20):
        ring.append(Frame(pixels=frame, index=index, acquired=0.0, received=0.0))
    tracemalloc.start()
    try:
        for index in range(20, 120):
            ring.append(Frame(pixels=frame, index=index, acquired=0.0, received=0.0))
            ring.window(index - 2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < frame.nbytes


def test_waiting_ends_with_a_frame_with_the_end_and_with_patience() -> None:
    ring = filled(3)
    assert ring.wait(2, timeout=0.0)
    assert not ring.wait(3, timeout=0.01)
    writer = threading.Timer(0.02, lambda: ring.append(numbered(3)))
    writer.start()
    assert ring.wait(3, timeout=240)
    writer.join()
    ender = threading.Timer(0.02, ring.end)
    ender.start()
    assert ring.wait(4, timeout=240)
    assert ring.ended
    ender.join()


@settings(max_examples=5, deadline=None)
@given(st.integers(WINDOW_LENGTH + 1, 24))
def test_what_a_reader_has_checked_is_whole_while_a_writer_runs(capacity: int) -> None:
    frames, shape = 3000, (16, 16)
    ring = RingBuffer(
        FrameFormat(height=16, width=16, dtype=np.dtype(np.uint16), significant_bits=16), capacity
    )
    torn: list[list[int]] = []
    read_to_the_end: list[bool] = []

    def write() -> None:
        for sequence in range(frames):
            ring.append(numbered(sequence, shape=shape))
        ring.end()

    def read() -> None:
        sequence = 0
        while True:
            ring.wait(sequence, timeout=0.05)
            try:
                window = ring.window(sequence)
                if window is None:
                    if ring.ended and sequence == frames:
                        break
                    continue
                seen = window.pixels.copy()
                ring.check(window.first)
            except Overtaken as overtaken:
                sequence = max(sequence + 1, min(overtaken.oldest + 2, frames - 1))
                continue
            expected = window_positions(sequence, 0, frames)
            if not np.all(seen == expected[:, None, None]) or window.index != sequence:
                torn.append(shown(window))
            sequence += 1
        read_to_the_end.append(True)

    threads = [threading.Thread(target=read, name=f"reader {n}") for n in range(3)]
    threads.append(threading.Thread(target=write, name="writer"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert torn == []
    assert len(read_to_the_end) == 3
