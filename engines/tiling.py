"""Large frames in overlapping tiles, blended so that no seam shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.backends.prepared import Prepared, PreparedEngine
from engines.engine import WINDOW_LENGTH, Engine, Pixels
from engines.intensity import IntensityScale

TILE_SIDE = 128
OVERLAP = 48
# Of tiles that are cut for want of memory: where such a network pools, it does so on the same grid
# in a tile as in the whole frame, and it looks farther than the usual overlap allows.
GRID = 16
WIDE_OVERLAP = 96


class Stretch(NamedTuple):
    """One tile's place along a side of the frame.

    Attributes
    ----------
    lr : slice
        LR pixels that it covers.
    hr : slice
        Restored pixels that it covers.
    weights : ndarray of float32, shape (sT,)
        How much of each restored pixel is taken from it.
    """

    lr: slice
    hr: slice
    weights: NDArray[np.float32]


class TiledEngine(PreparedEngine):
    """An engine that restores a large frame tile by tile; see `engines.engine.Engine`.

    Tiles are all of one size and spread evenly. Where two overlap, the outer third of each is left
    out, since it knows too little of what lies beyond its edge, and they fade into each other over
    the middle third. So the result is exactly the whole frame's for a network that looks no farther
    than a third of the overlap.

    Parameters
    ----------
    engine : Engine
        Restores the tiles; is closed with this one.
    side : int
        Of a tile in LR pixels.
    overlap : int
        Of two tiles in LR pixels, at least, less the grid; not more than half the side.
    grid : int
        Tiles begin at multiples of it; they are shorter than the side by up to so many LR pixels.
    """

    def __init__(
        self, engine: Engine, side: int = TILE_SIDE, overlap: int = OVERLAP, *, grid: int = 1
    ) -> None:
        if not 3 <= overlap <= side // 2:
            raise ValueError(f"tiles of {side} pixels can't overlap by {overlap}")
        super().__init__(
            engine.name,
            f"{engine.backend}, tiles of {side}",
            digest=engine.digest,
            scale_factor=engine.scale_factor,
        )
        self._engine = engine
        self._side = side
        self._overlap = overlap
        self._grid = grid

    def _make_ready(self, prepared: Prepared) -> None:
        """Lay out the tiles, and warm the engine up for a tile."""
        height, width = prepared.height, prepared.width
        tile = (self._side_along(height), self._side_along(width))
        self._engine.warm_up(*tile, prepared.dtype)
        # An engine may know only now what runs it.
        self.backend = f"{self._engine.backend}, tiles of {self._side}"
        self._rows, self._columns = self._laid(height, width, self.scale_factor)
        self._lr_rows, self._lr_columns = self._laid(height, width, 1)
        self._window: Pixels = np.zeros((WINDOW_LENGTH, *tile), dtype=prepared.dtype)
        restored_tile = (tile[0] * self.scale_factor, tile[1] * self.scale_factor)
        self._tile: Pixels = np.zeros(restored_tile, dtype=prepared.dtype)
        self._weighted = np.zeros(restored_tile, dtype=np.float32)
        # Of a row of tiles only: of a large frame it takes more than the tiles do.
        self._sum = np.zeros((restored_tile[0], prepared.restored_shape[1]), dtype=np.float32)
        predicts = self._engine.half_width is not None
        self.half_width = np.zeros((height, width), np.float32) if predicts else None

    def _restore(self, window: Pixels, intensity: IntensityScale, out: Pixels) -> None:
        if len(self._rows) == len(self._columns) == 1:
            self._engine.restore(window, intensity, out)
            if self.half_width is not None and self._engine.half_width is not None:
                np.copyto(self.half_width, self._engine.half_width)
            return
        self._sum.fill(0)
        if self.half_width is not None:
            self.half_width.fill(0)
        for place, row in enumerate(self._rows):
            for at, column in enumerate(self._columns):
                np.copyto(self._window, window[:, row.lr, column.lr])
                self._engine.restore(self._window, intensity, self._tile)
                np.multiply(self._tile, row.weights[:, None], out=self._weighted)
                np.multiply(self._weighted, column.weights, out=self._weighted)
                self._sum[:, column.hr] += self._weighted
                self._add_half_width(self._lr_rows[place], self._lr_columns[at])
            # What no further row of tiles reaches is done.
            last = place == len(self._rows) - 1
            stop = row.hr.stop if last else self._rows[place + 1].hr.start
            done = self._sum[: stop - row.hr.start]
            np.rint(done, out=done)
            np.copyto(out[row.hr.start : stop], done, casting="unsafe")
            left = len(self._sum) - len(done)
            self._sum[:left] = self._sum[len(done) :]
            self._sum[left:] = 0

    def _add_half_width(self, row: Stretch, column: Stretch) -> None:
        if self.half_width is not None and self._engine.half_width is not None:
            weights = row.weights[:, None] * column.weights
            self.half_width[row.lr, column.lr] += weights * self._engine.half_width

    def _side_along(self, length: int) -> int:
        """Of a tile along a side of the frame; the last of them also begins on the grid."""
        if length <= self._side:
            return length
        return self._side - (self._side - length) % self._grid

    def _laid(self, height: int, width: int, scale_factor: int) -> tuple[list[Stretch], ...]:
        return tuple(
            list(
                stretches(
                    length,
                    self._side_along(length),
                    self._overlap,
                    scale_factor=scale_factor,
                    grid=self._grid,
                )
            )
            for length in (height, width)
        )

    def close(self) -> None:
        """Free the buffers and the engine."""
        super().close()
        self._window = self._tile = np.empty((0, 0), dtype=np.uint8)
        self._sum = self._weighted = np.empty((0, 0), dtype=np.float32)
        self._engine.close()


def stretches(
    length: int, side: int, overlap: int, *, scale_factor: int, grid: int = 1
) -> Iterator[Stretch]:
    """Lay tiles along a side of a frame.

    Parameters
    ----------
    length : int
        Of the frame's side in LR pixels.
    side, overlap : int
        Of the tiles in LR pixels; an overlap is at least 3 and at most half a side.
    scale_factor : int
        Restored pixels to one LR pixel.
    grid : int
        Tiles begin at multiples of it, and two of them may overlap by so many pixels less. The
        length less the side must be one too.

    Yields
    ------
    Stretch
        From the first pixel to the last. At every restored pixel the weights add up to one.
    """
    side = min(side, length)
    count = max(math.ceil((length - overlap) / (side - overlap)), 1) if length > side else 1
    starts = [tile * (length - side) // max(count - 1, 1) // grid * grid for tile in range(count)]
    positions = (np.arange(length * scale_factor) + 0.5) / scale_factor
    # Of each pixel, the part that lies beyond the fade into the next tile.
    beyond = [np.ones_like(positions)]
    for start, following in pairwise(starts):
        middle = (following + start + side) / 2
        beyond.append(np.clip((positions - middle) / (overlap / 3) + 0.5, 0, 1))
    beyond.append(np.zeros_like(positions))
    for tile, start in enumerate(starts):
        hr = slice(start * scale_factor, (start + side) * scale_factor)
        weights = (beyond[tile] - beyond[tile + 1])[hr].astype(np.float32)
        yield Stretch(slice(start, start + side), hr, weights)


def tiled(engine: Engine, side: int | None) -> Engine:
    """Wrap an engine that needs large frames cut into tiles.

    Parameters
    ----------
    engine : Engine
    side : int or None
        Of a tile in LR pixels; None for an engine that takes whole frames.

    Returns
    -------
    Engine
    """
    if side is None:
        return engine
    return TiledEngine(engine, side, min(OVERLAP, side // 2))
