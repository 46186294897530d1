"""Which frames are found in a buffer that fills while it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, cycle, repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.micromanager.acquire import Acquire
from acquisition.micromanager.follow import Follow
from acquisition.micromanager.gaps import CLEARED, EMPTIED, OVERFLOW, TAKEN
from acquisition.micromanager.image import CoreImage
from acquisition.micromanager.runs import restarted


class FillingBuffer:
    """The core's buffer as `Follow` sees it, and a camera that goes on between any two looks.

    Parameters
    ----------
    numbers : iterator of int
        Of the frames that come; a camera that loses frames leaves numbers out.
    arrivals : iterator of int
        How many frames come before each look.
    others : int
        Images of another camera that lie between two of ours.
    capacity : int
        Images at which it is emptied.
    """

    def __init__(
        self, numbers: Iterator[int], arrivals: Iterator[int], others: int, capacity: int = 60
    ) -> None:
        self._capacity = capacity
        self._numbers, self._arrivals, self._others = numbers, arrivals, others
        self.held: list[tuple[str, int]] = []
        self.emptied = False

    def come(self, frames: int) -> None:
        """Take frames of the camera in."""
        for _ in range(frames):
            if len(self.held) + 1 + self._others > self._capacity:
                self.held.clear()
                self.emptied = True
            number = next(self._numbers)
            self.held += [("other", number)] * self._others + [("ours", number)]

    def clear(self) -> None:
        """Forget all images, and count from 0 again, as the core does when it is told to."""
        self.held.clear()
        self._numbers = iter(range(10**9))

    def get_buffer_total_capacity(self) -> int:
        """Count the images that there is room for."""
        return self._capacity

    def is_sequence_running(self) -> bool:
        """It always does."""
        return True

    def get_remaining_image_count(self) -> int:
        """Count the images held."""
        return len(self.held)

    def look(self, before_last: int) -> CoreImage | None:
        """Look at an image, as `ImageReader.look` does."""
        self.come(next(self._arrivals))
        if before_last >= len(self.held):
            return None
        camera, number = self.held[-1 - before_last]
        tags = {"Camera": camera, "ImageNumber": str(number)}
        return CoreImage(pixels=np.zeros(1), tags=tags, number=number, elapsed_ms=float(number))


def followed(buffer: FillingBuffer, bursts: list[int]) -> list[int]:
    """Numbers delivered, when so many frames come before each of our turns."""
    follow = _follow(buffer)
    delivered: list[int] = []
    for burst in bursts:
        buffer.come(burst)
        delivered += [image.number for image in follow.images()]
    return delivered


_BURSTS = st.lists(st.integers(0, 12), min_size=1, max_size=12)


@given(_BURSTS, st.lists(st.integers(0, 3), min_size=1, max_size=7), st.integers(0, 2))
def test_frames_come_in_order_and_once_however_the_buffer_fills(
    bursts: list[int], arrivals: list[int], others: int
) -> None:
    buffer = FillingBuffer(iter(range(10**9)), cycle(arrivals), others)
    delivered = followed(buffer, bursts)
    assert delivered == sorted(set(delivered))


@given(_BURSTS, st.lists(st.sampled_from([0, 0, 1]), max_size=40), st.integers(0, 2))
def test_no_frame_is_passed_over_that_the_buffer_still_holds(
    bursts: list[int], arrivals: list[int], others: int
) -> None:
    buffer = FillingBuffer(iter(range(10**9)), chain(arrivals, repeat(0)), others)
    delivered = followed(buffer, [*bursts, 1, *repeat(0, len(arrivals) + 1)])
    if not buffer.emptied:
        assert delivered == list(range(delivered[0], delivered[-1] + 1))
        assert delivered[-1] == buffer.held[-1][1]


@given(st.integers(1, 20), st.lists(st.integers(1, 9), min_size=30, max_size=50))
def test_numbers_that_the_camera_left_out_keep_no_frame_back(first: int, steps: list[int]) -> None:
    numbers = list(np.cumsum([0, *steps]))
    buffer = FillingBuffer(iter(numbers), repeat(0), 0)
    delivered = followed(buffer, [1, first, len(steps) - first])
    assert delivered == numbers


@given(st.integers(1, 4))
def test_a_camera_faster_than_our_looks_is_followed_while_the_buffer_lasts(arrivals: int) -> None:
    """What was seen on the way to an older frame is not looked for again."""
    buffer = FillingBuffer(iter(range(10**9)), repeat(arrivals), others=0, capacity=9999)
    delivered = followed(buffer, [1, 1, 1])
    assert delivered == list(range(delivered[0], delivered[-1] + 1))


class BufferClearedMeanwhile(FillingBuffer):
    """Is cleared right after the newest image was looked at, once it is to be."""

    def __init__(self, come_after: int) -> None:
        super().__init__(iter(range(10**9)), repeat(0), others=0)
        self.to_be_cleared, self._come_after = False, come_after

    def look(self, before_last: int) -> CoreImage | None:
        """Look at an image, as `ImageReader.look` does."""
        image = super().look(before_last)
        if self.to_be_cleared:
            self.to_be_cleared = False
            self.clear()
            self.come(self._come_after)
        return image


@pytest.mark.parametrize(("come_after", "told"), [(1, CLEARED), (0, EMPTIED)])
def test_images_that_were_cleared_while_they_were_looked_for_are_not_told_as_taken(
    come_after: int, told: str
) -> None:
    buffer = BufferClearedMeanwhile(come_after)
    follow = _follow(buffer)
    buffer.come(1)
    assert [image.number for image in follow.images()] == [0]
    buffer.come(3)
    buffer.to_be_cleared = True
    assert [(image.number, follow.lost_to) for image in follow.images()] == [(3, told)]


def test_images_that_a_full_buffer_dropped_after_it_was_cleared_are_not_told_as_taken() -> None:
    buffer = FillingBuffer(iter(range(10**9)), repeat(0), others=0, capacity=10)
    follow = _follow(buffer)
    for _ in range(50):
        buffer.come(1)
        last = list(follow.images())[-1]
    buffer.clear()
    buffer.come(13)
    assert [(image.number, follow.lost_to) for image in follow.images()] == [
        (number, OVERFLOW) for number in (10, 11, 12)
    ]
    acquire = Acquire(
        buffer,
        buffer,  # type: ignore[arg-type] - it looks as a reader does
        None,  # type: ignore[arg-type] - nothing is started here
        channels=1,
        another_has_it=lambda: False,
    )
    acquire._keep(last)
    assert acquire.lost_to(replace(last, number=10)) == OVERFLOW
    assert acquire.lost_to(replace(last, number=3)) == TAKEN


def _follow(buffer: FillingBuffer) -> Follow:
    return Follow(
        buffer,
        buffer,  # type: ignore[arg-type] - it looks as a reader does
        lambda image: image.number if image.camera == "ours" else None,
    )


def image(number: int, second: float, began: float) -> CoreImage:
    """An image that came at this second, of a run that began at that one."""
    elapsed_ms = 1000 * (second - began)
    came = datetime(2026, 11, 22, 9, 0) + timedelta(seconds=second)
    tags = {"TimeReceivedByCore": came.isoformat(sep=" ", timespec="microseconds")}
    return CoreImage(pixels=np.zeros(1), tags=tags, number=number, elapsed_ms=elapsed_ms)


def test_a_run_begun_anew_is_told_by_its_number_or_by_when_it_began() -> None:
    last = image(7, 0.08, began=0.0)
    assert not restarted(last, image(8, 0.09, began=0.0))
    assert not restarted(last, image(30, 0.31, began=0.004)), "clocks are not that exact"
    assert restarted(last, image(0, 0.5, began=0.49))
    assert restarted(last, image(90, 1.5, began=0.5)), "missed until its numbers had caught up"
    untimed = replace(last, tags={}), replace(image(90, 1.5, began=0.5), tags={})
    assert not restarted(*untimed)
