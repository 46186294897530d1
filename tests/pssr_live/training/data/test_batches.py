import json
from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from engines import InputRange
from pssr_live.training import Batches
from pssr_live.training.data.pair_maker import Pairs
from pssr_live.training.process_group import ProcessGroup


class Numbered:
    """A source whose n-th pair begins with n."""

    def __init__(self) -> None:
        self.drawn: list[int] = []

    def pairs(self, numbers: Iterable[int], tile: int) -> Pairs:
        first = np.array(list(numbers), np.float32)
        self.drawn += [int(number) for number in first]
        windows = np.arange(5 * (tile // 4) ** 2, dtype=np.float32)
        truths = np.arange(tile**2, dtype=np.float32)
        return Pairs(
            (windows + first[:, None]).reshape(-1, 5, tile // 4, tile // 4),
            (truths + first[:, None]).reshape(-1, 1, tile, tile),
        )

    def input_range(self) -> InputRange:
        return InputRange(pixel_size_um=None, photons_at_peak=None, snr=None)

    def extremes(self) -> dict[str, list[float]]:
        return {"drawn": [min(self.drawn), max(self.drawn)] if self.drawn else []}

    def set_extremes(self, extremes: Mapping[str, list[float]]) -> None:
        self.drawn = [int(number) for number in extremes["drawn"]]


def double(windows: Tensor) -> Tensor:
    return 2 * windows[:, 2:3].repeat_interleave(4, 2).repeat_interleave(4, 3)


def test_each_batch_is_shown_twice_the_second_time_turned_and_backwards() -> None:
    source = Numbered()
    batches = Batches(source, double)
    first, second, third = (batches.next(2, 16) for _ in range(3))
    assert source.drawn == [0, 1, 2, 3]
    assert torch.equal(second.windows, first.windows.flip(1).rot90(1, (2, 3)))
    assert torch.equal(second.truths, first.truths.rot90(1, (2, 3)))
    assert torch.equal(third.truths, first.truths + 2)
    for batch in (first, second, third):
        assert batch.taught is not None
        assert torch.equal(batch.taught, double(batch.windows))


def test_each_batch_is_shown_once_where_once_is_asked_for() -> None:
    source = Numbered()
    batches = Batches(source, twice=False)
    assert batches.next(2, 16).taught is None
    batches.next(2, 16)
    assert source.drawn == [0, 1, 2, 3]


def test_a_batch_of_another_size_is_drawn_anew() -> None:
    source = Numbered()
    batches = Batches(source)
    batches.next(2, 16)
    assert batches.next(3, 32).truths.shape == (3, 1, 32, 32)
    assert source.drawn == [0, 1, 2, 3, 4]


def test_processes_share_a_batch_and_leave_no_pair_out() -> None:
    sources = [Numbered(), Numbered()]
    for rank, source in enumerate(sources):
        batches = Batches(source, group=ProcessGroup(rank, 2))
        for _ in range(4):
            batches.next(3, 16)
    assert [source.drawn for source in sources] == [[0, 3], [1, 2, 4, 5]]


def test_batches_go_on_where_they_were() -> None:
    for drawn in (1, 2, 3):
        batches = Batches(Numbered(), double)
        for _ in range(drawn):
            batches.next(2, 16)
        other = Batches(Numbered(), double)
        other.set_state(json.loads(json.dumps(batches.state())))
        for _ in range(3):
            for mine, theirs in zip(batches.next(2, 16), other.next(2, 16), strict=True):
                assert mine is not None
                assert theirs is not None
                assert torch.equal(mine, theirs)
