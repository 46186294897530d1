"""Batches as the network gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pssr_live.training.data.pair_maker import PairSource
from pssr_live.training.process_group import ProcessGroup

# From windows to what the teacher makes of them.
Teacher = Callable[[Tensor], Tensor]


class Batch(NamedTuple):
    """What a step learns from, in network units.

    Attributes
    ----------
    windows : Tensor, shape (N, frames, h, w)
    truths : Tensor, shape (N, 1, 4h, 4w)
    taught : Tensor of that shape, or None
        What the teacher made of the windows.
    """

    windows: Tensor
    truths: Tensor
    taught: Tensor | None = None


class _Drawn(NamedTuple):
    """A batch by the number of its first pair, how many pairs it has, and their size."""

    first: int
    size: int
    tile: int


class Batches:
    """Draws batches from a source of pairs, lets the teacher see them, and shows each twice.

    The second time it is turned, and played backwards. Crappifying takes as long as learning from
    it; the second look costs nothing.

    Of a batch that a group of processes shares only this process's pairs are made.

    Parameters
    ----------
    source : PairSource
    teacher : callable, optional
    twice : bool
        False to show each batch once.
    group : ProcessGroup, optional
    """

    def __init__(
        self,
        source: PairSource,
        teacher: Teacher | None = None,
        *,
        twice: bool = True,
        group: ProcessGroup | None = None,
    ) -> None:
        self.source = source
        self._group = group or ProcessGroup()
        self._teacher = teacher
        self._twice = twice
        self._drawn = _Drawn(0, 0, 0)
        self._once_more = False
        self._batch: Batch | None = None

    def next(self, size: int, tile: int) -> Batch:
        """Return this process's share of a batch of `size` pairs, whose truths have side `tile`."""
        if self._once_more and self._drawn[1:] == (size, tile):
            self._once_more = False
            return _turned(self._batch or self._made())
        self._drawn = _Drawn(self._drawn.first + self._drawn.size, size, tile)
        self._once_more = self._twice
        self._batch = self._made()
        return self._batch

    def state(self) -> dict[str, Any]:
        """All that the next batch depends on, and what the whole group drew, as JSON can hold it.

        All processes of the group must ask for it.
        """
        extremes = self.source.extremes()
        joint = {name: self._group.ends(ends) for name, ends in extremes.items()}
        self.source.set_extremes(joint)
        return {"drawn": self._drawn, "once_more": self._once_more, "extremes": joint}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self._drawn, self._once_more = _Drawn(*state["drawn"]), state["once_more"]
        self._batch = None
        self.source.set_extremes(state["extremes"])

    def _made(self) -> Batch:
        first, size, tile = self._drawn
        pairs = self.source.pairs([first + own for own in self._group.share(size)], tile)
        windows, truths = torch.from_numpy(pairs.windows), torch.from_numpy(pairs.truths)
        return Batch(windows, truths, self._teacher(windows) if self._teacher else None)


def _turned(batch: Batch) -> Batch:
    taught = None if batch.taught is None else batch.taught.rot90(1, (2, 3))
    windows = batch.windows.flip(1).rot90(1, (2, 3))
    return Batch(windows, batch.truths.rot90(1, (2, 3)), taught)
