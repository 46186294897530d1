"""Batches as the network gets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pssr_live.training.dataset import PairSource


class Batches:
    """Draws batches from a source of pairs and shows each twice.

    The second time it is turned, and played backwards. Crappifying takes as long as learning from
    it; the second look costs nothing.
    """

    def __init__(self, source: PairSource) -> None:
        self.source = source
        self._last: tuple[Tensor, Tensor] | None = None
        self._shown_twice = True
        self._asked: tuple[int, int] | None = None

    def next(self, size: int, tile: int) -> tuple[Tensor, Tensor]:
        """Return windows (N, frames, h, w) and truths (N, 1, 4h, 4w).

        Parameters
        ----------
        size : int
            Pairs in a batch.
        tile : int
            Side of the truths.
        """
        if self._last is None or self._shown_twice or self._asked != (size, tile):
            pairs = self.source.batch(size, tile)
            self._last = torch.from_numpy(pairs.windows), torch.from_numpy(pairs.truths)
            self._shown_twice, self._asked = False, (size, tile)
            return self._last
        self._shown_twice = True
        windows, truths = self._last
        return windows.flip(1).rot90(1, (2, 3)), truths.rot90(1, (2, 3))

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that the next batch depends on: tensors, and what JSON can hold."""
        facts = {"source": self.source.state(), "twice": self._shown_twice, "asked": self._asked}
        if self._last is None:
            return {}, facts
        return {"batch.windows": self._last[0], "batch.truths": self._last[1]}, facts

    def set_state(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.source.set_state(facts["source"])
        self._shown_twice = facts["twice"]
        self._asked = tuple(facts["asked"]) if facts["asked"] else None
        if "batch.windows" in tensors:
            self._last = tensors["batch.windows"], tensors["batch.truths"]
