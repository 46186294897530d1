"""The newest frame, handed over without a queue."""

from __future__ import annotations

import numpy as np

from acquisition import Window
from pssr_live.newest import Newest


def offer(newest: Newest, sequence: int) -> None:
    pixels = np.full((5, 4, 4), sequence, np.uint16)
    window = Window(pixels, sequence, 0.1 * sequence, 0.0, 0.0, sequence, sequence, sequence)
    newest.offer(sequence, window, np.full((16, 16), sequence, np.uint16))


def test_nothing_is_shown_twice_or_backwards() -> None:
    newest = Newest()
    assert newest.take(-1) is None
    offer(newest, 5)
    frame = newest.take(-1)
    assert frame is not None
    assert frame.sequence == 5
    assert newest.take(5) is None
    offer(newest, 3)
    assert newest.take(5) is None
    offer(newest, 6)
    frame = newest.take(5)
    assert frame is not None
    assert (frame.sequence, frame.raw[0, 0], frame.restored[0, 0]) == (6, 6, 6)


def test_pixels_are_copied_only_for_somebody_who_looks() -> None:
    newest = Newest()
    offer(newest, 1)
    assert not newest.wants(2)
    newest.take(-1)
    assert newest.wants(2)
    assert not newest.wants(1)


def test_a_frame_taken_is_the_takers_own() -> None:
    newest = Newest()
    pixels = np.zeros((5, 4, 4), np.uint16)
    restored = np.zeros((16, 16), np.uint16)
    newest.offer(0, Window(pixels, 0, 0.0, 0.0, 0.0, 0, 0, 0), restored)
    pixels[:] = 9
    restored[:] = 9
    frame = newest.take(-1)
    assert frame is not None
    assert frame.raw.max() == frame.restored.max() == 0
