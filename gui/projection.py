"""The brightest of all slices at each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from acquisition import LentMemory, PixelType
from gui.preview import Preview


class Projection:
    """Makes the maximum projection of one channel, in memory used again and again."""

    def __init__(self) -> None:
        self._made_of: list[Preview] = []
        self._made: Preview | None = None
        self._memories: dict[tuple[tuple[int, ...], np.dtype[PixelType]], LentMemory[PixelType]]
        self._memories = {}

    def of(self, slices: Sequence[Preview]) -> Preview:
        """Project the slices of one channel.

        Parameters
        ----------
        slices : sequence of Preview
            At least one, of one size.

        Returns
        -------
        Preview
            Of the newest among them, with the brightest pixels of all; without trust, uncertainty
            and mean, which no projection has. The same object for the same slices.
        """
        same = len(slices) == len(self._made_of) and all(
            one is other for one, other in zip(slices, self._made_of, strict=True)
        )
        if same and self._made is not None:
            return self._made
        restored = [one.restored for one in slices if one.restored is not None]
        newest = max(slices, key=lambda one: one.sequence)
        self._made_of = list(slices)
        self._made = replace(
            newest,
            raw=self._brightest([one.raw for one in slices]),
            restored=self._brightest(restored) if len(restored) == len(slices) else None,
            projected=True,
            provisional=any(one.provisional for one in slices),
            mean=None,
            trust_map=None,
            unresolved_map=None,
            interval=None,
        )
        return self._made

    def forget(self) -> None:
        """Hold no frames any more."""
        self._made_of, self._made = [], None

    def _brightest(self, images: Sequence[NDArray[PixelType]]) -> NDArray[PixelType]:
        shape, dtype = images[0].shape, images[0].dtype
        memory = self._memories.setdefault((shape, dtype), LentMemory(shape, dtype))
        brightest = memory.take()
        np.copyto(brightest, images[0])
        for image in images[1:]:
            np.maximum(brightest, image, out=brightest)
        return brightest
