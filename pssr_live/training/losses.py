"""What a training makes small."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Below this the error of the baselines is no measure of how hard a sample is.
SMALLEST_ERROR = 1e-4


def relative_loss(restored: Tensor, truths: Tensor, windows: Tensor) -> Tensor:
    """Mean squared error of each sample in parts of what is easily had, averaged.

    That is bilinear enlargement of the centre frame or of the mean of the frames, whichever is
    better. A dim sample's errors are a hundred times a bright one's; so measured each counts alike,
    as it does in dB.

    Parameters
    ----------
    restored, truths : Tensor, shape (N, 1, sH, sW)
    windows : Tensor, shape (N, frames, H, W)
    """
    centre = windows.shape[1] // 2
    easy = torch.cat([windows[:, centre : centre + 1], windows.mean(dim=1, keepdim=True)], dim=1)
    enlarged = functional.interpolate(easy, size=truths.shape[-2:], mode="bilinear")
    errors = (enlarged - truths).square().mean(dim=(2, 3))
    yardstick = errors.amin(dim=1).clamp(min=SMALLEST_ERROR)
    return ((restored - truths).square().mean(dim=(1, 2, 3)) / yardstick).mean()
