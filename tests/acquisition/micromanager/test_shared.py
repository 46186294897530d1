"""Pixels cross between the processes unharmed, however large and however slowly they are taken."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import threading
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from acquisition.micromanager import shared
from acquisition.micromanager.shared import FramesUnderWay, SharedMemory
from tests.acquisition.micromanager.conftest import LONG, OpenSource, assert_contiguous, read_frames

_SIZE = 4096
_AT_ONCE = 0.0


def numbered(number: int, pixels: int) -> NDArray[np.uint16]:
    return np.full((1, pixels), number, np.uint16)


@given(st.lists(st.one_of(st.integers(1, _SIZE // 2), st.none()), max_size=60))
def test_no_frame_is_written_over_before_it_is_taken(steps: list[int | None]) -> None:
    """A number puts a frame of so many pixels, None takes the oldest."""
    memory = SharedMemory(_SIZE)
    frames = FramesUnderWay(memory.key, _SIZE, most=5)
    under_way: deque[tuple[int, NDArray[np.uint16]]] = deque()

    def take() -> None:
        place, pixels = under_way.popleft()
        np.testing.assert_array_equal(memory.copy(place, pixels.shape, pixels.dtype), pixels)
        frames.taken(1)

    for number, step in enumerate(steps):
        if step is None:
            if under_way:
                take()
            continue
        pixels = numbered(number, step)
        while (place := frames.put(pixels, _AT_ONCE)) is None:
            assert under_way, "there is room for a frame once all others are taken"
            take()
        under_way.append((place, pixels))
        assert len(under_way) <= 5
    while under_way:
        take()
    frames.close()
    memory.close()


def test_a_frame_waits_for_room() -> None:
    memory = SharedMemory(_SIZE)
    frames = FramesUnderWay(memory.key, _SIZE, most=5)
    pixels = numbered(1, _SIZE // 2)
    assert frames.put(pixels, _AT_ONCE) == 0
    assert frames.put(pixels, 0.01) is None
    taker = threading.Timer(0.05, frames.taken, (1,))
    taker.start()
    assert frames.put(pixels, LONG) == 0
    taker.join()
    frames.close()
    memory.close()


@pytest.mark.parametrize(("frames_in_memory", "way"), [(0.5, "the socket"), (2.5, "the memory")])
def test_frames_come_whole_through_a_memory_that_holds_few(
    make_source: OpenSource, monkeypatch: pytest.MonkeyPatch, frames_in_memory: float, way: str
) -> None:
    """Those that do not fit at all go through the socket."""
    monkeypatch.setattr(shared, "SIZE", int(frames_in_memory * 64 * 48 * 2))
    source = make_source()
    source.open()
    frames = read_frames(source, 40)
    assert_contiguous(frames)
    for frame in frames:
        # The demo camera's waves are smooth, so a torn frame would show.
        assert np.abs(np.diff(frame.pixels.astype(int), axis=0)).max() < np.ptp(frame.pixels) / 4


@pytest.mark.skipif(os.name != "posix", reason="Windows' own has a name")
def test_memory_where_there_is_no_memfd_is_seen_by_a_child_and_by_no_disk() -> None:
    """As on macOS: a file in the folder for temporary ones would be written to the disk."""
    descriptor = shared.nameless_memory()
    os.ftruncate(descriptor, _SIZE)
    write = f"import mmap; mmap.mmap({descriptor}, {_SIZE})[7] = 42"
    subprocess.run([sys.executable, "-c", write], pass_fds=[descriptor], check=True)
    with mmap.mmap(descriptor, _SIZE) as memory:
        assert memory[7] == 42
    assert os.fstat(descriptor).st_nlink == 0
    os.close(descriptor)
