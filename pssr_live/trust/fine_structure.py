"""Whether what is as fine as the raw pixels is still there in the restored image.

Parallel lines and nets near the limit of what raw pixels hold are easily made an even patch by a
network. The residual map does not see it: in blocks of several pixels they are even. Here it is
told from what all frames of a window share, pixel by pixel.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH
from pssr_live.trust.sums import Image, Pixels, products_of_rows

# Raw pixels a side of the tiles that are looked at, and how many along each side at most.
TILE = 32
MOST_TILES = 6
# Fine structure counts that stands out of the noise by so many standard errors,
STANDARD_ERRORS = 8.0
# in tiles of which so much of the frame's range of brightness is light.
LEAST_LIGHT = 0.15
# So much of it must be left.
LEAST_KEPT = 0.5
# Lines are in few places of a tile's spectrum: the highest is so many times the mean. A camera's
# own pattern of more and less sensitive pixels is everywhere in it, and no engine should keep it.
LINES_IN_SPECTRUM = 35.0

_TAPER: Image = np.outer(*[np.hanning(TILE)[1:-1].astype(np.float32)] * 2)


class FineTiles(NamedTuple):
    """How much of the fine structure of tiles is restored; arrays with an entry for each.

    Attributes
    ----------
    middles : ndarray of int, shape (n, 2)
        Row and column of each tile's middle, in raw pixels.
    shared : ndarray, shape (n,)
        Power of what the frames share, in standard errors of it.
    kept : ndarray, shape (n,)
        Part of it that the restored image shows: 0 none, 1 or more all.
    light : ndarray, shape (n,)
        Mean counts of the tile.
    total : ndarray of float32, shape (n, TILE - 2, TILE - 2)
        The fine structure, summed over the frames.
    """

    middles: NDArray[np.intp]
    shared: NDArray[np.float64]
    kept: NDArray[np.float64]
    light: NDArray[np.float64]
    total: Image


class FineStructure:
    """Compares restored images with raw frames of one size, again and again.

    Parameters
    ----------
    shape : tuple of int
        Height and width of a raw frame.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._rows, self._columns = (_starts(side) for side in shape)
        middles = [(row, column) for row in self._rows for column in self._columns]
        self._middles = np.array(middles, np.intp).reshape(-1, 2) + TILE // 2
        tiles = len(middles)
        # Kept, since the system clears what it lends anew for every frame.
        self._seen = np.empty((WINDOW_LENGTH, tiles, TILE**2), np.float32)
        self._some = np.empty((tiles, TILE**2), np.float32)
        self._beside = np.empty(max(tiles * TILE - 2, 0) * TILE, np.float32)
        self._fine, self._total = np.zeros((2, tiles, TILE**2), np.float32)

    def fused(
        self, frames: Pixels, sampled: Image, *, dark: float, span: float
    ) -> list[tuple[int, int]]:
        """Find where raw frames show fine structure that the restored image lacks.

        Parameters
        ----------
        frames : ndarray of uint8 or uint16, shape (n, H, W), n at most 5
            Those of the window that are different frames.
        sampled : ndarray of float32, shape (H, W)
            The restored image, see `pssr_live.trust.reprojection.in_the_middle`.
        dark, span : float
            Counts of the background, and from there to the brightest.

        Returns
        -------
        list of (int, int)
            Row and column of the middles of such tiles, in raw pixels; that of which least is left
            comes first.
        """
        tiles = self.tiles(frames, sampled, more_than=dark + LEAST_LIGHT * span)
        if tiles is None:
            return []
        suspect = (tiles.shared > STANDARD_ERRORS) & (tiles.kept < LEAST_KEPT)
        return [
            (int(tiles.middles[place, 0]), int(tiles.middles[place, 1]))
            for place in sorted(np.flatnonzero(suspect), key=lambda place: tiles.kept[place])
            if _peak(tiles.total[place]) > LINES_IN_SPECTRUM
        ]

    def tiles(
        self, frames: Pixels, sampled: Image, *, more_than: float = -math.inf
    ) -> FineTiles | None:
        """Look at tiles spread over the frame; None where there is nothing to compare.

        The noise of different frames has nothing in common, so the product of two of them holds
        the power of what they share, and the product of one with the restored image what that
        shows of it.

        Parameters
        ----------
        frames, sampled
            See `fused`.
        more_than : float
            Tiles of fewer counts in the mean are passed over.

        Returns
        -------
        FineTiles or None
            `FineTiles.total` is valid until the next call.
        """
        count = len(frames)
        if count < 2 or not self._seen.size:
            return None
        seen = self._cut_out(frames, self._seen[:count])
        mean = np.full(TILE**2, 1 / (count * TILE**2), np.float32)
        light = (seen @ mean).sum(axis=0, dtype=np.float64)
        bright = np.flatnonzero(light > more_than)
        if not len(bright):
            return None
        total, selves = self._total[: len(bright)], np.zeros(len(bright))
        total[:] = 0
        for frame in seen:
            fine = self._fine_of(frame, bright)
            np.add(total, fine, out=total)
            selves += products_of_rows(fine, fine)
        shown = self._fine_of(self._cut_out(sampled[None], self._seen[:1])[0], bright)
        size = (TILE - 2) ** 2
        pairs = count * (count - 1) * size
        power = (products_of_rows(total, total) - selves) / pairs
        # Neighbours are not independent once the mean of four is taken off: half as many count.
        error = selves / (count * size) * math.sqrt(4 / pairs)
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where(power > 0, products_of_rows(total, shown) / (count * size * power), 1.0)
            shared = np.where(error > 0, power / error, 0.0)
        return FineTiles(
            middles=self._middles[bright],
            shared=shared,
            kept=kept,
            light=light[bright],
            total=total.reshape(-1, TILE, TILE)[:, 1:-1, 1:-1],
        )

    def _cut_out(self, images: Pixels | Image, out: Image) -> Image:
        """Copy the tiles out of images; shape (images, tiles, TILE * TILE)."""
        each, down, right = images.strides
        shape = (len(images), len(self._rows), len(self._columns), TILE, TILE)
        strides = (each, self._rows.step * down, self._columns.step * right, down, right)
        tiles = np.lib.stride_tricks.as_strided(images, shape, strides, writeable=False)
        np.copyto(out.reshape(shape), tiles)
        return out

    def _fine_of(self, tiles: Image, wanted: NDArray[np.intp]) -> Image:
        """Take off each pixel of some tiles the mean of the four beside it; 0 along their edges."""
        if len(wanted) < len(tiles):
            tiles = tiles.take(wanted, axis=0, out=self._some[: len(wanted)], mode="clip")
        fine, line = self._fine[: len(tiles)], tiles.reshape(-1)
        # In one line, tile by tile and row by row, since NumPy is fast along lines that are long.
        inner, beside = slice(TILE, -TILE), self._beside[: len(line) - 2 * TILE]
        np.add(line[: -2 * TILE], line[2 * TILE :], out=beside)
        np.add(beside, line[TILE - 1 : -TILE - 1], out=beside)
        np.add(beside, line[TILE + 1 : 1 - TILE], out=beside)
        np.multiply(beside, np.float32(0.25), out=beside)
        np.subtract(line[inner], beside, out=fine.reshape(-1)[inner])
        # What lies beside these is in another row or tile.
        edges = fine.reshape(-1, TILE, TILE)
        edges[:, :: TILE - 1] = 0
        edges[:, :, :: TILE - 1] = 0
        return fine


def _peak(fine: Image) -> float:
    """Highest of the power spectrum of a tile over its mean."""
    spectrum: Image = np.square(np.abs(np.fft.rfft2(fine * _TAPER)))
    return float(spectrum.max()) / max(float(spectrum.mean()), 1e-9)


def _starts(side: int) -> range:
    """Where tiles begin along a side, evenly."""
    tiles = min(side // TILE, MOST_TILES)
    step = (side - TILE) // max(tiles - 1, 1) or 1
    return range(0, tiles * step, step)
