"""The newest frame, handed over without a queue."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from acquisition import Window
from pssr_live.recording import EngineRecord
from pssr_live.session import Newest, Origin
from tests.pssr_live.scripted import SMALL
from tests.pssr_live.sessions import TIMEOUT

ENGINE = EngineRecord(
    name="bilinear", path="bilinear", backend="", digest="", scale_factor=4, offset=0, gain=1
)
ORIGIN = Origin(segment=0, format=SMALL, engine=ENGINE, recording="")


def offer(newest: Newest, sequence: int, *, after: int = 2) -> None:
    pixels = np.full((5, 4, 4), sequence, np.uint16)
    window = Window(
        pixels=pixels,
        index=sequence,
        acquired=0.1 * sequence,
        received=0.0,
        completed=0.0,
        sequence=sequence,
        first=sequence,
        last=sequence + after,
    )
    newest.offer(sequence, window, np.full((16, 16), sequence, np.uint16), origin=ORIGIN)


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


def test_raw_pixels_are_copied_only_for_somebody_who_looks() -> None:
    newest = Newest()
    offer(newest, 1)
    assert not newest.wants(2)
    newest.take(-1)
    assert newest.wants(2)
    assert not newest.wants(1)


def test_whoever_was_busy_gets_the_newest_frame_and_not_the_one_before() -> None:
    newest = Newest()
    newest.take(-1)
    for sequence in (1, 2, 3):
        offer(newest, sequence)
    frame = newest.take(-1)
    assert frame is not None
    assert frame.sequence == frame.raw[0, 0] == 3
    assert [frame.sequence for frame in newest.take_each(0)] == [3]


def test_before_anybody_looks_no_frame_is_copied_but_the_first() -> None:
    newest = Newest()
    for sequence in range(9):
        offer(newest, sequence)
    frame = newest.take(-1)
    assert frame is not None
    assert frame.sequence == 0


def test_the_last_frame_of_a_run_is_shown_though_nobody_saw_the_one_before() -> None:
    newest = Newest()
    offer(newest, 1)
    offer(newest, 2, after=1)
    offer(newest, 3, after=0)
    frame = newest.take(-1)
    assert frame is not None
    assert frame.sequence == 3


def test_the_mean_of_a_window_is_made_only_for_somebody_who_wants_it() -> None:
    newest = Newest()
    pixels = np.arange(5 * 4 * 4, dtype=np.uint16).reshape(5, 4, 4)
    means = []
    for sequence, wanted in enumerate((False, True)):
        newest.mean_wanted = wanted
        window = Window(
            pixels=pixels,
            index=sequence,
            acquired=0.0,
            received=0.0,
            completed=0.0,
            sequence=sequence,
            first=0,
            last=0,
        )
        newest.offer(sequence, window, np.zeros((16, 16), np.uint16), origin=ORIGIN)
        frame = newest.take(-1)
        assert frame is not None
        means.append(frame.mean)

    assert means[0] is None
    np.testing.assert_array_equal(means[1], pixels.mean(axis=0))


def test_a_frame_taken_never_changes() -> None:
    newest = Newest()
    pixels = np.zeros((5, 4, 4), np.uint16)
    restored = np.zeros((16, 16), np.uint16)
    newest.offer(
        0,
        Window(
            pixels=pixels,
            index=0,
            acquired=0.0,
            received=0.0,
            completed=0.0,
            sequence=0,
            first=0,
            last=0,
        ),
        restored,
        origin=ORIGIN,
    )
    pixels[:] = 9
    frame = newest.take(-1)
    assert frame is not None
    assert frame.raw.max() == frame.restored.max() == 0
    assert np.shares_memory(frame.restored, restored), "restored pixels are handed on, not copied"
    for kept in (frame.raw, frame.restored):
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 1


def test_two_who_look_get_the_same_copy_each_at_its_own_pace() -> None:
    newest = Newest()
    offer(newest, 1)
    first = newest.take(-1)
    offer(newest, 2)
    second = newest.take(1)
    assert first is not None
    assert second is not None
    assert second is newest.take(-1)
    assert (first.sequence, second.sequence) == (1, 2)


def test_who_waits_is_woken_by_the_next_frame() -> None:
    newest = Newest()
    offer(newest, 1)
    timer = threading.Timer(0.05, offer, (newest, 2))
    timer.start()
    frame = newest.wait(1, timeout=TIMEOUT)
    timer.join()
    assert frame is not None
    assert frame.sequence == 2
    assert newest.wait(2, timeout=0.01) is None


def test_of_two_segments_that_offer_at_once_the_older_never_replaces_the_newer() -> None:
    newest = Newest()
    under_way, go_on = threading.Event(), threading.Event()

    class HeldUp(np.ndarray):  # type: ignore[type-arg]
        def view(self, *arguments: Any, **options: Any) -> Any:
            under_way.set()
            go_on.wait(TIMEOUT)
            return np.asarray(self).view(*arguments, **options)

    held_up = np.zeros((16, 16), np.uint16).view(HeldUp)
    window = Window(
        pixels=np.zeros((5, 4, 4), np.uint16),
        index=3,
        acquired=0.3,
        received=0.0,
        completed=0.0,
        sequence=3,
        first=3,
        last=3,
    )
    older = threading.Thread(
        target=newest.offer, args=(3, window, held_up), kwargs={"origin": ORIGIN}
    )
    older.start()
    under_way.wait(TIMEOUT)
    offer(newest, 7)
    go_on.set()
    older.join()
    frame = newest.take(-1)
    assert frame is not None
    assert frame.sequence == 7
    assert not newest.wants(7)
