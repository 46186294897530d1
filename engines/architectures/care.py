"""`care`: a plain U-Net at HR size, to compare with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.engine import SCALE_FACTOR


class Care(nn.Module):
    """The U-Net of content-aware image restoration, behind a bilinear enlargement.

    Weigert et al., "Content-aware image restoration: pushing the limits of fluorescence
    microscopy", Nature Methods 15 (2018), with the sizes that its public release takes for images:
    two poolings, 32 channels that double with each, two 5x5 convolutions a step, nearest-neighbour
    up-sampling, and a last 1x1 convolution whose result is added to the enlarged centre frame.

    Parameters
    ----------
    frames : int
        In a window, odd.
    channels : int
        Of the first convolution.
    """

    def __init__(self, frames: int = 5, channels: int = 32) -> None:
        super().__init__()
        if frames % 2 == 0:
            raise ValueError(f"{frames} frames have no centre")
        self.centre = frames // 2
        self.fine_in = _step(frames, channels, channels)
        self.middle_in = _step(channels, 2 * channels, 2 * channels)
        self.coarse = _step(2 * channels, 4 * channels, 2 * channels)
        self.middle_out = _step(4 * channels, 2 * channels, channels)
        self.fine_out = _step(2 * channels, channels, channels)
        self.details = nn.Conv2d(channels, 1, 1)
        # It begins as the bilinear enlargement.
        nn.init.zeros_(self.details.weight)
        nn.init.zeros_(self.details.bias)  # type: ignore[arg-type]

    def forward(self, window: Tensor) -> Tensor:
        """Restore.

        Parameters
        ----------
        window : Tensor, shape (N, frames, H, W)
            Network units.

        Returns
        -------
        Tensor, shape (N, 1, 4H, 4W)
        """
        enlarged = functional.interpolate(window, scale_factor=SCALE_FACTOR, mode="bilinear")
        fine = self.fine_in(enlarged)
        middle = self.middle_in(functional.max_pool2d(fine, 2))
        coarse = self.coarse(functional.max_pool2d(middle, 2))
        middle = self.middle_out(_joined(coarse, middle))
        fine = self.fine_out(_joined(middle, fine))
        restored: Tensor = enlarged[:, self.centre : self.centre + 1] + self.details(fine)
        return restored


def _joined(coarse: Tensor, fine: Tensor) -> Tensor:
    """Enlarge the coarse features, and lay them beside the fine ones."""
    return torch.cat([functional.interpolate(coarse, scale_factor=2, mode="nearest"), fine], dim=1)


def _step(inputs: int, inner: int, outputs: int) -> nn.Sequential:
    convolutions = [nn.Conv2d(inputs, inner, 5, padding=2), nn.Conv2d(inner, outputs, 5, padding=2)]
    return nn.Sequential(convolutions[0], nn.ReLU(), convolutions[1], nn.ReLU())
