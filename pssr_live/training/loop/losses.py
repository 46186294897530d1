"""What a training makes small."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from pssr_live.training.recipe import LossName

# Below this the error of the baselines is no measure of how hard a sample is.
SMALLEST_ERROR = 1e-4


class Loss:
    """The mean squared error, to the truth and, where there is a teacher, to what it made.

    Parameters
    ----------
    name : {"relative", "mse"}
        ``mse`` is the paper's. ``relative`` measures each sample by its `yardstick`.
    distillation : float
        How much the teacher's frame counts beside the truth, 0 to 1.
    """

    def __init__(self, name: LossName, distillation: float = 0.0) -> None:
        self.name = name
        self.distillation = distillation

    def __call__(
        self, restored: Tensor, truths: Tensor, windows: Tensor, *, taught: Tensor | None = None
    ) -> Tensor:
        """Measure a batch.

        Parameters
        ----------
        restored, truths : Tensor, shape (N, 1, sH, sW)
        windows : Tensor, shape (N, frames, H, W)
        taught : Tensor, shape (N, 1, sH, sW), optional
            The teacher's.
        """
        errors = (restored - truths).square().mean(dim=(1, 2, 3))
        if taught is not None:
            to_teacher = (restored - taught).square().mean(dim=(1, 2, 3))
            errors = (1 - self.distillation) * errors + self.distillation * to_teacher
        if self.name == "relative":
            errors = errors / yardstick(truths, windows)
        return errors.mean()


def yardstick(truths: Tensor, windows: Tensor) -> Tensor:
    """Mean squared error of what is easily had, for each sample.

    That is bilinear enlargement of the centre frame or of the mean of the frames, whichever is
    better. A dim sample's errors are a hundred times a bright one's; so measured each counts alike,
    as it does in dB.
    """
    centre = windows.shape[1] // 2
    easy = torch.cat([windows[:, centre : centre + 1], windows.mean(dim=1, keepdim=True)], dim=1)
    enlarged = functional.interpolate(easy, size=truths.shape[-2:], mode="bilinear")
    errors = (enlarged - truths).square().mean(dim=(2, 3))
    return errors.amin(dim=1).clamp(min=SMALLEST_ERROR)
