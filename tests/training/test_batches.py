from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.bundle import InputRange
from pssr_live.training.batches import Batches
from pssr_live.training.dataset import Pairs


class Numbered:
    """A source whose n-th batch is full of n."""

    def __init__(self) -> None:
        self.drawn = 0

    def batch(self, size: int, tile: int) -> Pairs:
        self.drawn += 1
        windows = np.arange(size * 5 * (tile // 4) ** 2, dtype=np.float32)
        truths = np.arange(size * tile**2, dtype=np.float32)
        return Pairs(
            windows.reshape(size, 5, tile // 4, tile // 4) + self.drawn,
            truths.reshape(size, 1, tile, tile) + self.drawn,
        )

    def input_range(self) -> InputRange:
        return InputRange(pixel_size_um=None, photons_at_peak=None, snr=None)

    def state(self) -> dict[str, Any]:
        return {"drawn": self.drawn}

    def set_state(self, state: dict[str, Any]) -> None:
        self.drawn = state["drawn"]


def double(windows: Tensor) -> Tensor:
    return 2 * windows[:, 2:3].repeat_interleave(4, 2).repeat_interleave(4, 3)


def test_each_batch_is_shown_twice_the_second_time_turned_and_backwards() -> None:
    source = Numbered()
    batches = Batches(source, double)
    first, second, third = (batches.next(2, 16) for _ in range(3))
    assert source.drawn == 2
    assert torch.equal(second.windows, first.windows.flip(1).rot90(1, (2, 3)))
    assert torch.equal(second.truths, first.truths.rot90(1, (2, 3)))
    assert torch.equal(third.truths, first.truths + 1)
    for batch in (first, second, third):
        assert batch.taught is not None
        assert torch.equal(batch.taught, double(batch.windows))


def test_each_batch_is_shown_once_where_once_is_asked_for() -> None:
    source = Numbered()
    batches = Batches(source, twice=False)
    assert batches.next(2, 16).taught is None
    batches.next(2, 16)
    assert source.drawn == 2


def test_a_batch_of_another_size_is_drawn_anew() -> None:
    source = Numbered()
    batches = Batches(source)
    batches.next(2, 16)
    assert batches.next(3, 32).truths.shape == (3, 1, 32, 32)
    assert source.drawn == 2


def test_batches_go_on_where_they_were() -> None:
    for drawn in (1, 2, 3):
        batches = Batches(Numbered(), double)
        for _ in range(drawn):
            batches.next(2, 16)
        tensors, facts = batches.state()
        other = Batches(Numbered(), double)
        other.set_state(tensors, facts)
        for _ in range(3):
            for mine, theirs in zip(batches.next(2, 16), other.next(2, 16), strict=True):
                assert mine is not None
                assert theirs is not None
                assert torch.equal(mine, theirs)
