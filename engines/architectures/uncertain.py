"""A second output for `lite`: how far off its restored pixels may be."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.architectures.lite import Lite


class Uncertain(nn.Module):
    """A trained `lite`, left as it is, and a head that predicts the scale of its error.

    The head looks at the features that the restored frame is made of. It has no biases and ends in
    a mean of magnitudes, so that it is positively homogeneous as the network is: a frame ten times
    brighter is ten times farther off. There is one scale for each LR pixel, shared by the restored
    pixels in it.

    Parameters
    ----------
    trunk : Lite
        Its weights never change here, so that what it restores stays what it was.
    channels : int
        Of the head.
    """

    def __init__(self, trunk: Lite, channels: int = 16) -> None:
        super().__init__()
        self.trunk = trunk.requires_grad_(False).eval()
        seen = trunk.details.in_channels
        self.first = nn.Conv2d(seen, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        # Half-width of an interval to a unit of predicted scale; calibration sets it.
        self.register_buffer("factor", torch.ones(()))
        self.factor: Tensor
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="relu")
        nn.init.kaiming_normal_(self.second.weight, nonlinearity="relu")
        with torch.no_grad():
            self.second.weight *= 0.1

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """Restore, and predict how far off that may be.

        Parameters
        ----------
        window : Tensor, shape (N, frames, H, W)
            Network units.

        Returns
        -------
        Tensor, shape (N, 1, sH, sW)
            The restored frame.
        Tensor, shape (N, 1, H, W)
            `factor` times the scale of its error.
        """
        features = self.trunk.features(window).detach()
        restored = self.trunk.enlarged(features, window).detach()
        magnitudes = self.second(functional.relu(self.first(features))).abs()
        return restored, self.factor * magnitudes.mean(dim=1, keepdim=True)

    def train(self, mode: bool = True) -> Uncertain:  # noqa: FBT001, FBT002 - torch's signature
        """Let the head alone learn: the trunk stays as it is."""
        super().train(mode)
        self.trunk.eval()
        return self
