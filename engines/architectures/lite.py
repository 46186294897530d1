"""`lite`: a network that works at LR size and enlarges once, at its end."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Lite(nn.Module):
    """Five LR frames in, the restored centre frame out, as fast as a CPU allows.

    A chain of 3x3 convolutions at LR size, then one pixel shuffle. Pairs of convolutions are
    skipped by what they improve on (He et al., "Deep residual learning", CVPR 2016). A second path,
    a single 3x3 convolution of the frames themselves, starts as the bilinear enlargement of the
    centre frame: the chain learns what is missing in it.

    There are no biases, and ReLU alone between the layers. So the network is positively
    homogeneous, f(a x) = a f(x): how bright an image is can't lead it astray, and it reads the
    noise level from the image itself (Mohan et al., "Robust and interpretable blind image
    denoising via bias-free convolutional neural networks", ICLR 2020).

    Parameters
    ----------
    frames : int
        In a window, odd.
    channels : int
        Of every inner layer.
    layers : int
        Convolutions in the chain, at least 2: the first, pairs (and a single one if the number is
        odd), the last.
    scale_factor : int
        Restored pixels to an LR pixel along a side.
    """

    def __init__(
        self, frames: int = 5, channels: int = 32, layers: int = 8, scale_factor: int = 4
    ) -> None:
        super().__init__()
        if frames % 2 == 0 or layers < 2:
            raise ValueError(f"{frames} frames or {layers} layers make no such network")
        self.scale_factor = scale_factor
        pairs, single = divmod(layers - 2, 2)
        chain: list[nn.Module] = [_convolution(frames, channels), nn.ReLU()]
        chain += [ResidualPair(channels) for _ in range(pairs)]
        chain += [_convolution(channels, channels), nn.ReLU()] * single
        self.chain = nn.Sequential(*chain)
        self.details = _convolution(channels, scale_factor**2)
        self.enlargement = nn.Conv2d(frames, scale_factor**2, 3, bias=False)
        with torch.no_grad():
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
        edged = functional.pad(window, (1, 1, 1, 1), mode="replicate")
        cells = self.details(self.chain(window)) + self.enlargement(edged)
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
