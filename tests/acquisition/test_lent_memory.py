"""Memory is lent again only when nobody can see it any more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition import LentMemory, PixelType

Taken = NDArray[PixelType]


@pytest.fixture
def memory() -> LentMemory:
    return LentMemory((4, 6), np.dtype(np.uint16))


def place(array: Taken) -> int:
    return int(array.ctypes.data)


def test_what_nobody_holds_is_lent_again(memory: LentMemory) -> None:
    first = memory.take()
    first[:] = 7
    before = place(first)
    assert (first.shape, first.dtype) == ((4, 6), np.dtype(np.uint16))
    del first
    assert place(memory.take()) == before


@pytest.mark.parametrize(
    "look",
    [
        lambda taken: taken,
        lambda taken: taken[1:3, ::2].T,
        lambda taken: taken.reshape(-1)[5:],
        lambda taken: memoryview(taken),
        lambda taken: np.asarray(taken.data),
        lambda taken: taken.view(np.uint8),
    ],
    ids=["itself", "a part, transposed", "flat", "a buffer", "an array on a buffer", "as bytes"],
)
def test_any_way_to_look_at_it_keeps_it_from_being_lent(
    memory: LentMemory, look: Callable[[Taken], object]
) -> None:
    taken = memory.take()
    taken[:] = 0
    seen = look(taken)
    del taken
    memory.take()[:] = 9
    assert not np.any(np.asarray(seen))


def test_it_lends_as_many_as_are_asked_for_and_keeps_few(memory: LentMemory) -> None:
    taken = [memory.take() for _ in range(50)]
    assert len({place(one) for one in taken}) == 50
    del taken
    again = [memory.take() for _ in range(50)]
    assert len({place(one) for one in again}) == 50
