"""`PushedSource`: frames that are handed over, and never held up."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from acquisition import EndOfFrames, FormatChanged, FrameFormat, Missing, PushedSource, StreamKey

FORMAT = FrameFormat(height=4, width=6, dtype=np.dtype(np.uint16), significant_bits=12, slices=2)
FRAME = np.arange(24, dtype=np.uint16).reshape(4, 6)


def source(**options: object) -> PushedSource:
    return PushedSource(FORMAT, url="script", **options)  # type: ignore[arg-type]


def test_frames_come_out_as_they_were_pushed_until_the_last_is_read() -> None:
    pushed, pixels = source(), FRAME.copy()
    assert pushed.open() == FORMAT
    for index in range(3):
        pixels[:] = FRAME + index
        assert pushed.push(
            pixels, index=index, stream=StreamKey(z=1), time_point=2 * index, acquired=0.5 * index
        )
    pixels[:] = 0
    pushed.finish()
    for index in range(3):
        frame = pushed.read(0.0)
        assert frame is not None
        assert (frame.index, frame.stream, frame.time_point) == (index, StreamKey(z=1), 2 * index)
        assert frame.acquired == 0.5 * index
        np.testing.assert_array_equal(frame.pixels, FRAME + index)
    with pytest.raises(EndOfFrames):
        pushed.read(0.0)
    assert pushed.status == ""


def test_a_frame_that_finds_no_room_is_lost_by_its_number_and_holds_nobody_up() -> None:
    pushed = source(room=3)
    taken = [pushed.push(FRAME, index=index, stream=StreamKey(z=1)) for index in range(5)]
    assert taken == [True] * 3 + [False] * 2
    assert pushed.lost == [(StreamKey(z=1), 3), (StreamKey(z=1), 4)]
    assert pushed.status.startswith("2 frames were lost")
    assert pushed.missing_after == {StreamKey(z=1): Missing(3, 4, "queue")}
    pushed.read(0.0)
    assert pushed.push(FRAME, index=5, stream=StreamKey(z=1))
    left = [pushed.read(0.0) for _ in range(3)]
    assert [frame.lost_to for frame in left if frame is not None] == ["", "", "queue"]
    assert pushed.missing_after == {}


def test_another_format_is_announced_before_its_first_frame() -> None:
    pushed, other = source(), replace(FORMAT, height=2, slices=1)
    pushed.push(FRAME, index=0)
    pushed.change_format(other)
    with pytest.raises(ValueError, match="a frame of"):
        pushed.push(FRAME, index=1)
    pushed.push(FRAME[:2], index=0)
    assert pushed.first_index == 0
    assert pushed.read(0.0) is not None
    with pytest.raises(FormatChanged) as told:
        pushed.read(0.0)
    assert told.value.new_format == other
    assert pushed.first_index is None
    frame = pushed.read(0.0)
    assert frame is not None
    assert frame.pixels.shape == (2, 6)
    assert pushed.read(0.0) is None


def test_a_waiting_read_returns_when_it_is_closed() -> None:
    pushed, ended = source(), threading.Event()

    def read() -> None:
        with pytest.raises(EndOfFrames):
            pushed.read(600.0)
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    pushed.close()
    reader.join()
    assert ended.is_set()
    assert not pushed.push(FRAME, index=0)


def test_frames_end_with_a_program_that_never_says_so() -> None:
    program = """
import threading
import numpy as np
from acquisition import EndOfFrames, FrameFormat
from acquisition.pushed import PushedSource

pushed = PushedSource(
    FrameFormat(height=4, width=6, dtype=np.uint16, significant_bits=12), url="script"
)
main_over = threading.Event()

def push():
    pushed.push(np.zeros((4, 6), np.uint16), index=0)
    threading.main_thread().join()
    pushed.push(np.zeros((4, 6), np.uint16), index=1)

def read():
    while True:
        try:
            frame = pushed.read(0.05)
        except EndOfFrames:
            print("end", flush=True)
            return
        if frame is not None:
            print(frame.index, flush=True)

threading.Thread(target=push).start()
threading.Thread(target=read).start()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.split() == ["0", "1", "end"]
