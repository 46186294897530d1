"""What a training makes small."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from pssr_live.training.recipe import LossName

# Below this the error of the baselines is no measure of how hard a sample is.
SMALLEST_ERROR = 1e-4
# Side, in HR pixels, of the widest dark place that counts as a gap: three LR pixels and a bit.
WIDEST_GAP = 13


class Loss:
    """The mean squared error, to the truth and, where there is a teacher, to what it made.

    Parameters
    ----------
    name : {"relative", "mse"}
        ``mse`` is the paper's. ``relative`` measures each sample by its `bilinear_error`.
    distillation : float
        How much the teacher's frame counts beside the truth, 0 to 1.
    gap_weight : float
        An error in the darkest gap counts 1 + this, elsewhere 1; see `gaps`.
    """

    def __init__(
        self, name: LossName, distillation: float = 0.0, *, gap_weight: float = 0.0
    ) -> None:
        self.name = name
        self.distillation = distillation
        self.gap_weight = gap_weight

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
        squared = (restored - truths).square()
        if self.gap_weight:
            squared = squared * (1 + self.gap_weight * gaps(truths))
        errors = squared.mean(dim=(1, 2, 3))
        if taught is not None:
            to_teacher = (restored - taught).square().mean(dim=(1, 2, 3))
            errors = (1 - self.distillation) * errors + self.distillation * to_teacher
        if self.name == "relative":
            errors = errors / bilinear_error(truths, windows)
        return errors.mean()


def bilinear_error(truths: Tensor, windows: Tensor) -> Tensor:
    """Mean squared error of bilinear enlargement, for each sample: shape (N,).

    Enlarged is the centre frame or the mean of the frames, whichever is better; `truths` are
    (N, 1, 4H, 4W), `windows` (N, frames, H, W). A dim sample's errors are a hundred times a bright
    one's; so measured each counts alike, as it does in dB.
    """
    centre = windows.shape[1] // 2
    easy = torch.cat([windows[:, centre : centre + 1], windows.mean(dim=1, keepdim=True)], dim=1)
    enlarged = functional.interpolate(easy, size=truths.shape[-2:], mode="bilinear")
    errors = (enlarged - truths).square().mean(dim=(2, 3))
    return errors.amin(dim=1).clamp(min=SMALLEST_ERROR)


def gaps(truths: Tensor) -> Tensor:
    """How dark the truth is between bright parts on two sides or more, 0 to 1.

    Truths and result have the shape (N, 1, 4H, 4W).

    A closing (the lowest of the highest nearby) fills every dark place that is narrower than
    `WIDEST_GAP`: the ground between parallel lines, a break in a tubule, a hole. What it fills, as
    part of what it fills it to, is the depth of the gap. Where hardly anything is bright, nothing
    counts as a gap.

    The minimum of a squared error is the mean of all that could have been there, so where noise
    leaves open whether two parts are joined, a network draws them half joined. What counts more in
    gaps draws them less so: the truth's gaps are missed more rarely, its bridges more often.
    """
    closed = -highest_nearby(-highest_nearby(truths))
    floor = 0.25 * truths.amax(dim=(1, 2, 3), keepdim=True)
    depth = (closed - truths) / torch.maximum(closed, floor).clamp(min=SMALLEST_ERROR)
    return depth.clamp(0, 1)


def highest_nearby(images: Tensor) -> Tensor:
    """Find the highest of the `WIDEST_GAP` x `WIDEST_GAP` pixels round each pixel.

    By doubling: the highest of eight in a row is that of two highest of four. Ten times as fast as
    a max-pool on a CPU.
    """
    reach = WIDEST_GAP // 2
    highest = functional.pad(images, (reach, reach, reach, reach), mode="replicate")
    for axis in (-1, -2):
        found = 1
        while found < WIDEST_GAP:
            step = min(found, WIDEST_GAP - found)
            length = highest.shape[axis] - step
            highest = torch.maximum(
                highest.narrow(axis, 0, length), highest.narrow(axis, step, length)
            )
            found += step
    return highest
