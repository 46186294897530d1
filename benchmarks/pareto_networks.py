"""Networks that were compared with `lite` before it became what it is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.architectures import Lite, ResidualPair, bilinear_kernels

FRAMES, SCALE_FACTOR = 5, 4
CELL = SCALE_FACTOR**2


class Plain(nn.Module):
    """A chain of convolutions at LR size, beside the linear enlargement that all of these have.

    `residual` lays a skip over each pair, `branches` trains each convolution as the sum of a 3x3,
    a 1x1 and a factor a channel (folded to one 3x3 afterwards), `clipped` ends each ReLU there, and
    `shared` layers of `shared_channels` see one frame each, so that a sliding window needs them
    for its newest frame alone.
    """

    def __init__(
        self,
        channels: int,
        layers: int,
        *,
        residual: bool = False,
        branches: bool = False,
        clipped: float | None = None,
        shared: int = 0,
        shared_channels: int = 16,
    ) -> None:
        super().__init__()
        convolution = Branches if branches else _convolution

        def activated(inputs: int, outputs: int) -> list[nn.Module]:
            return [convolution(inputs, outputs), nn.Hardtanh(0, clipped) if clipped else nn.ReLU()]

        each: list[nn.Module] = []
        for layer in range(shared):
            each += activated(1 if layer == 0 else shared_channels, shared_channels)
        self.each = nn.Sequential(*each)
        self.shared = shared > 0
        chain = activated(FRAMES * shared_channels if shared else FRAMES, channels)
        if residual:
            chain += [ResidualPair(channels) for _ in range((layers - 2) // 2)]
        else:
            for _ in range(layers - shared - 2):
                chain += activated(channels, channels)
        self.chain = nn.Sequential(*chain)
        self.details = _convolution(channels, CELL)
        self.enlargement = nn.Conv2d(FRAMES, CELL, 3, bias=False)
        with torch.no_grad():
            self.details.weight *= 0.1
            self.enlargement.weight.zero_()
            self.enlargement.weight[:, FRAMES // 2] = bilinear_kernels(SCALE_FACTOR)

    def encode(self, frames: Tensor) -> Tensor:
        """Features of single frames (N, 1, H, W)."""
        return self.each(frames)

    def fuse(self, window: Tensor, features: Tensor) -> Tensor:
        """Restore a window (N, 5, H, W), given what the chain begins with."""
        edged = functional.pad(window, (1, 1, 1, 1), mode="replicate")
        cells = self.details(self.chain(features)) + self.enlargement(edged)
        return functional.pixel_shuffle(cells, SCALE_FACTOR)

    def forward(self, window: Tensor) -> Tensor:
        """Restore a window (N, 5, H, W)."""
        if not self.shared:
            return self.fuse(window, window)
        count, _, height, width = window.shape
        each = self.encode(window.reshape(count * FRAMES, 1, height, width))
        return self.fuse(window, each.reshape(count, -1, height, width))

    def folded(self) -> Plain:
        """Turn each sum of branches into one convolution, in place."""
        for chain in (self.each, self.chain):
            for place, layer in enumerate(chain):
                if isinstance(layer, Branches):
                    chain[place] = layer.folded()
        return self


class Branches(nn.Module):
    """A 3x3 and a 1x1 convolution and a factor a channel, summed as weights."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.wide = nn.Parameter(0.8 * _convolution(inputs, outputs).weight.detach())
        self.point = nn.Parameter(0.6 * torch.randn(outputs, inputs) * (2 / inputs) ** 0.5)
        self.same = nn.Parameter(torch.zeros(outputs)) if inputs == outputs else None

    @property
    def weight(self) -> Tensor:
        """Of the one convolution that it comes to."""
        point = self.point if self.same is None else self.point + torch.diag(self.same)
        return self.wide + functional.pad(point[:, :, None, None], (1, 1, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Convolve."""
        return functional.conv2d(features, self.weight, padding=1)

    def folded(self) -> nn.Conv2d:
        """As one convolution."""
        outputs, inputs = self.weight.shape[:2]
        convolution = _convolution(inputs, outputs)
        with torch.no_grad():
            convolution.weight.copy_(self.weight)
        return convolution


class HalfSize(nn.Module):
    """The whole chain at half the LR size (as FFDNet works), one pixel shuffle by 8."""

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        chain: list[nn.Module] = []
        for layer in range(layers - 1):
            chain += [_convolution(4 * FRAMES if layer == 0 else channels, channels), nn.ReLU()]
        self.chain = nn.Sequential(*chain)
        self.details = _convolution(channels, 4 * CELL)
        self.enlargement = nn.Conv2d(4 * FRAMES, 4 * CELL, 3, bias=False)
        with torch.no_grad():
            self.details.weight *= 0.1
            self.enlargement.weight.copy_(_bilinear_at_half_size())

    def forward(self, window: Tensor) -> Tensor:
        """Restore a window (N, 5, H, W) of even sides."""
        edged = functional.pixel_unshuffle(functional.pad(window, (2,) * 4, mode="replicate"), 2)
        cells = self.details(self.chain(functional.pixel_unshuffle(window, 2)))
        return functional.pixel_shuffle(cells + self.enlargement(edged), 2 * SCALE_FACTOR)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain 16x8": lambda: Plain(16, 8),
    "plain 24x6": lambda: Plain(24, 6),
    "plain 32x8": lambda: Plain(32, 8),
    "plain 48x8": lambda: Plain(48, 8),
    "plain 32x12": lambda: Plain(32, 12),
    "plain 32x8, branches folded": lambda: Plain(32, 8, branches=True),
    "plain 32x8, ReLU clipped at 4": lambda: Plain(32, 8, clipped=4.0),
    "plain 32x8, first 2 layers a frame, reused": lambda: Plain(32, 8, shared=2),
    "residual 32x8": lambda: Plain(32, 8, residual=True),
    "half size 64x8": lambda: HalfSize(64, 8),
    "lite 16 + 48, one pair": lambda: Lite(FRAMES, 16, 48, pairs=1),
    "lite 16 + 48": lambda: Lite(FRAMES, 16, 48),
    "lite 16 + 64": lambda: Lite(FRAMES, 16, 64),
    "lite 32 + 48": lambda: Lite(FRAMES, 32, 48),
    "lite 24 + 48": lambda: Lite(FRAMES, 24, 48),
    "lite 32 + 64": lambda: Lite(FRAMES, 32, 64),
}


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return convolution


def _bilinear_at_half_size() -> Tensor:
    """Bilinear enlargement of the centre frame by 4, of and to cells of 2 x 2 LR pixels."""
    kernels = bilinear_kernels(SCALE_FACTOR)
    side = 2 * SCALE_FACTOR
    weights = torch.zeros(side**2, 4 * FRAMES, 3, 3)
    for row in range(side):
        for column in range(side):
            kernel = kernels[row % SCALE_FACTOR * SCALE_FACTOR + column % SCALE_FACTOR]
            for step in range(9):
                y = row // SCALE_FACTOR + step // 3 - 1
                x = column // SCALE_FACTOR + step % 3 - 1
                place = 4 * (FRAMES // 2) + y % 2 * 2 + x % 2
                weights[row * side + column, place, y // 2 + 1, x // 2 + 1] += kernel.flatten()[
                    step
                ]
    return weights
