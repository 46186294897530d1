"""A network as something that restores windows, while it is trained."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engines import OVERLAP, SCALE_FACTOR, stretches
from engines.architectures import TILE_SIDES, plain_network
from pssr_live.training.data import FRAMES, Restore
from pssr_live.training.recipe import Network

Image = NDArray[np.float32]


def restorer_of(network: nn.Module, kind: Network) -> Restore:
    """Turn a network as it is trained into what restores; see `restorer`."""
    device = next(network.parameters()).device
    return restorer(plain_network(network).to(device), kind.frames, TILE_SIDES[kind.kind])


def restorer(network: nn.Module, frames: int, tile_side: int | None = None) -> Restore:
    """Turn a network into a function from a window (5, H, W) to a restored frame (4H, 4W).

    Parameters
    ----------
    network : Module
        On whatever device.
    frames : int
        That it sees of the window.
    tile_side : int, optional
        Frames larger than this are restored in tiles, blended as in `engines.tiling`.
    """
    device = next(network.parameters()).device
    left_out = (FRAMES - frames) // 2

    def whole(window: Image) -> Image:
        units = torch.from_numpy(np.ascontiguousarray(window))[None].to(device)
        with torch.inference_mode():
            restored: Image = network(units)[0, 0].float().cpu().numpy()
        return restored

    def restore(window: Image) -> Image:
        seen = window[left_out : FRAMES - left_out]
        height, width = seen.shape[1:]
        if tile_side is None or max(height, width) <= tile_side:
            return whole(seen)
        rows, columns = (
            list(stretches(side, tile_side, OVERLAP, scale_factor=SCALE_FACTOR))
            for side in (height, width)
        )
        blended = np.zeros((SCALE_FACTOR * height, SCALE_FACTOR * width), np.float32)
        for row in rows:
            for column in columns:
                weights = row.weights[:, None] * column.weights
                blended[row.hr, column.hr] += weights * whole(seen[:, row.lr, column.lr])
        return blended

    return restore
