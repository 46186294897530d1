"""Batches as the network gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from pssr_live.training.dataset import PairSource
from pssr_live.training.learner import Batch

# From windows to what the teacher makes of them.
Teacher = Callable[[Tensor], Tensor]


class Batches:
    """Draws batches from a source of pairs, lets the teacher see them, and shows each twice.

    The second time it is turned, and played backwards. Crappifying takes as long as learning from
    it; the second look costs nothing.

    Parameters
    ----------
    source : PairSource
    teacher : callable, optional
    twice : bool
        False to show each batch once.
    """

    def __init__(
        self, source: PairSource, teacher: Teacher | None = None, *, twice: bool = True
    ) -> None:
        self.source = source
        self._teacher = teacher
        self._twice = twice
        self._once_more: Batch | None = None
        self._asked: tuple[int, int] | None = None

    def next(self, size: int, tile: int) -> Batch:
        """Return a batch of `size` pairs, whose truths have the side `tile`."""
        again, self._once_more = self._once_more, None
        if again is not None and self._asked == (size, tile):
            return _turned(again)
        self._asked = (size, tile)
        pairs = self.source.batch(size, tile)
        windows, truths = torch.from_numpy(pairs.windows), torch.from_numpy(pairs.truths)
        batch = Batch(windows, truths, self._teacher(windows) if self._teacher else None)
        self._once_more = batch if self._twice else None
        return batch

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that the next batch depends on: tensors, and what JSON can hold."""
        facts = {"source": self.source.state(), "asked": self._asked}
        kept = self._once_more._asdict() if self._once_more else {}
        return {
            f"batch.{name}": images for name, images in kept.items() if images is not None
        }, facts

    def set_state(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.source.set_state(facts["source"])
        if "batch.windows" in tensors:
            self._asked = tuple(facts["asked"])
            self._once_more = Batch(
                tensors["batch.windows"], tensors["batch.truths"], tensors.get("batch.taught")
            )


def _turned(batch: Batch) -> Batch:
    taught = None if batch.taught is None else batch.taught.rot90(1, (2, 3))
    windows = batch.windows.flip(1).rot90(1, (2, 3))
    return Batch(windows, batch.truths.rot90(1, (2, 3)), taught)
