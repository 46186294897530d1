"""Windows whose noise, motion and truth are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from acquisition import FrameFormat, Window
from pssr_live.metrics import average_cells

SIDE = 64
FACTOR = 4
OFFSET, COUNTS_TO_A_PHOTON, READ_NOISE = 100.0, 40.0, 0.4
FORMAT = FrameFormat(
    height=SIDE,
    width=SIDE,
    dtype=np.dtype(np.uint16),
    significant_bits=12,
    pixel_size_um=0.2,
    interval_s=0.5,
)


def specimen(seed: int = 0, photons: float = 30.0) -> NDArray[np.float64]:
    """Spots at HR, in photons to an LR pixel."""
    rng = np.random.default_rng(seed)
    side = FACTOR * SIDE
    light = np.zeros((side, side))
    light[rng.integers(side, size=150), rng.integers(side, size=150)] = rng.uniform(0.3, 1, 150)
    light = gaussian_filter(light, 4.0)
    return photons * light / np.percentile(light, 99.8)


def scanned(truths: list[NDArray[np.float64]], seed: int = 1) -> NDArray[np.uint16]:
    """Frames as a photomultiplier would count them."""
    rng = np.random.default_rng(seed)
    cells = np.stack([average_cells(truth, FACTOR) for truth in truths]).astype(np.float64)
    electrons = rng.poisson(cells) + READ_NOISE * rng.standard_normal(cells.shape)
    return np.rint(OFFSET + COUNTS_TO_A_PHOTON * electrons).clip(0, 65535).astype(np.uint16)


def in_counts(truth: NDArray[np.float64]) -> NDArray[np.uint16]:
    """What a perfect engine would make of it."""
    return np.rint(OFFSET + COUNTS_TO_A_PHOTON * truth).astype(np.uint16)


def window(frames: NDArray[np.uint16], sequence: int = 7) -> Window:
    """Five different frames."""
    return Window(
        pixels=frames,
        index=sequence,
        acquired=0.0,
        received=0.0,
        completed=0.0,
        sequence=sequence,
        first=sequence - 2,
        last=sequence + 2,
    )
