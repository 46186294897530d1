"""`lite`: a network that works at LR size and half of it, and enlarges once, at its end."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Lite(nn.Module):
    """Five LR frames in, the restored centre frame out, as fast as a CPU allows.

    A few channels at LR size keep what is fine; more channels at half that size look farther, where
    a convolution costs a quarter and sees twice as far. What the half size found is laid over the
    fine channels by a pixel shuffle; a last pixel shuffle makes the restored frame. Convolutions
    come in pairs that add to what they are given (He et al., "Deep residual learning for image
    recognition", CVPR 2016). A second path, a single 3x3 convolution of the frames themselves,
    starts as the bilinear enlargement of the centre frame: the rest learns what is missing in it.

    There are no biases, and ReLU alone between the layers. So the network is positively
    homogeneous, f(a x) = a f(x): how bright an image is can't lead it astray, and it reads the
    noise level from the image itself (Mohan et al., "Robust and interpretable blind image
    denoising via bias-free convolutional neural networks", ICLR 2020).

    Parameters
    ----------
    frames : int
        In a window, odd.
    channels : int
        At LR size.
    coarse_channels : int
        At half of it.
    pairs : int
        Of convolutions at half size.
    scale_factor : int
        Restored pixels to an LR pixel along a side.
    """

    def __init__(
        self,
        frames: int = 5,
        channels: int = 32,
        coarse_channels: int = 48,
        *,
        pairs: int = 2,
        scale_factor: int = 4,
    ) -> None:
        super().__init__()
        if frames % 2 == 0:
            raise ValueError(f"a window of {frames} frames has no centre")
        self.scale_factor = scale_factor
        self.head = _convolution(frames, channels)
        self.before = ResidualPair(channels)
        self.down = nn.Conv2d(channels, coarse_channels, 2, stride=2, bias=False)
        self.coarse = nn.Sequential(*(ResidualPair(coarse_channels) for _ in range(pairs)))
        self.up = nn.Conv2d(coarse_channels, 4 * channels, 1, bias=False)
        self.after = ResidualPair(channels)
        self.details = _convolution(channels, scale_factor**2)
        self.enlargement = nn.Conv2d(frames, scale_factor**2, 3, bias=False)
        nn.init.kaiming_normal_(self.down.weight, nonlinearity="relu")
        nn.init.kaiming_normal_(self.up.weight, nonlinearity="relu")
        with torch.no_grad():
            self.up.weight *= 0.5
            self.details.weight *= 0.1
            self.enlargement.weight.zero_()
            self.enlargement.weight[:, frames // 2] = bilinear_kernels(scale_factor)

    def forward(self, window: Tensor) -> Tensor:
        """Restore.

        Parameters
        ----------
        window : Tensor, shape (N, frames, H, W)
            Network units.

        Returns
        -------
        Tensor, shape (N, 1, sH, sW)
        """
        return self.enlarged(self.features(window), window)

    def features(self, window: Tensor) -> Tensor:
        """Find at LR size, (N, channels, H, W), what the restored frame is made of."""
        height, width = window.shape[-2:]
        fine = self.before(functional.relu(self.head(window)))
        # An odd side gains a row or column of zeros; to an even one the padding does nothing.
        coarse = self.coarse(functional.relu(self.down(functional.pad(fine, (0, 1, 0, 1)))))
        seen_from_afar = functional.pixel_shuffle(self.up(coarse), 2)[..., :height, :width]
        found: Tensor = self.after(functional.relu(fine + seen_from_afar))
        return found

    def enlarged(self, features: Tensor, window: Tensor) -> Tensor:
        """Make the restored frame of a window's features and the window itself."""
        edged = functional.pad(window, (1, 1, 1, 1), mode="replicate")
        cells = self.details(features) + self.enlargement(edged)
        return functional.pixel_shuffle(cells, self.scale_factor)


class ResidualPair(nn.Module):
    """Two convolutions that add to what they are given."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = _convolution(channels, channels)
        with torch.no_grad():
            self.second.weight *= 0.3

    def forward(self, features: Tensor) -> Tensor:
        """Improve features (N, channels, H, W)."""
        added: Tensor = self.second(functional.relu(self.first(features)))
        return functional.relu(features + added)


def bilinear_kernels(scale_factor: int) -> Tensor:
    """Bilinear enlargement as 3x3 kernels, one for each restored pixel of a cell.

    Returns
    -------
    Tensor, shape (s * s, 3, 3)
        In the order in which a pixel shuffle lays them out.
    """
    place = (torch.arange(scale_factor) + 0.5) / scale_factor - 0.5
    weights = torch.stack([(-place).clamp(min=0), 1 - place.abs(), place.clamp(min=0)], dim=-1)
    return torch.einsum("iy,jx->ijyx", weights, weights).reshape(-1, 3, 3)


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return convolution
