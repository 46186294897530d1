"""`resunet34`: the network of Fang et al. 2021 as their release runs it, at HR size.

What the release does otherwise than the text says are options; see docs/networks.md.
"""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from engines.architectures.imagenet_encoder import (
    DEVIATIONS,
    IMAGE_CHANNELS,
    MEANS,
    ImageNetEncoder,
    normalised,
)
from engines.engine import SCALE_FACTOR

# The encoder halves five times what was enlarged four times.
SIDE_MULTIPLE = 8
STEM_WIDTHS = (32, 32, 64)
STAGE_WIDTHS = (64, 128, 256, 512)
STAGE_BLOCKS = (3, 4, 6, 3)
# The decoder block, counted from the last, whose features look at one another.
ATTENTIVE_BLOCK = 3

# Where weights start: `v1` as in the release, where weight norm overwrites what He's initialisation
# and ICNR did to the encoder and the up-sampling; `text` as the paper means it.
Initialisation = Literal["v1", "text"]
# The release's own for fluorescence, or torchvision's ResNet34, which it takes for electron
# microscopy.
EncoderKind = Literal["weight-norm", "resnet34"]


class ResUNet34(nn.Module):
    """One or five LR frames in, the restored centre frame out.

    The window is enlarged bilinearly first; a ResNet34 encoder with weight norm, a U-Net decoder
    with sub-pixel up-sampling and one self-attention layer restore it at HR size. Below the encoder
    stands the mean over the whole frame, so that each restored pixel depends on all of it.

    A frame whose sides are not multiples of 8 is padded by repeating its edge, and the result cut
    back.

    Parameters
    ----------
    frames : int
        In a window.
    detach_skips : bool
        Whether no gradient reaches the encoder through the skips, as in the release. The text reads
        as if it did.
    initialisation : {"v1", "text"}
    encoder : {"weight-norm", "resnet34"}
        ``resnet34`` is torchvision's, for one frame, which it sees as three equal channels. Below
        it stands no mean over the frame.
    attention : bool
        Whether one decoder block has self-attention.
    bottleneck : bool
        Whether the last residual block is half as wide inside.
    input_mean, input_deviation : float
        In network units, of the images it was trained on, where those were normalised: taken from
        the window, and given back to what is restored. The encoder ``resnet34`` goes by those of
        ImageNet's images where these are 0 and 1.
    """

    def __init__(
        self,
        frames: int = 5,
        *,
        detach_skips: bool = True,
        initialisation: Initialisation = "v1",
        encoder: EncoderKind = "weight-norm",
        attention: bool = True,
        bottleneck: bool = True,
        input_mean: float = 0.0,
        input_deviation: float = 1.0,
    ) -> None:
        super().__init__()
        self.frames = frames
        self.input_mean, self.input_deviation = input_mean, input_deviation
        self.detach_skips = detach_skips
        if encoder == "resnet34" and frames != 1:
            raise ValueError(f'encoder = "resnet34" sees one frame, not {frames}')
        self.encoder_kind: EncoderKind = encoder
        self.has_attention, self.has_bottleneck = attention, bottleneck
        self.encoder: Encoder | ImageNetEncoder
        deepest = STAGE_WIDTHS[-1]
        skips: tuple[int, ...] = (*STAGE_WIDTHS[::-1], STEM_WIDTHS[-1])
        if encoder == "resnet34":
            self.encoder = ImageNetEncoder(STEM_WIDTHS[-1], STAGE_WIDTHS, STAGE_BLOCKS)
            skips, images = skips[1:], IMAGE_CHANNELS
        else:
            self.encoder, images = Encoder(frames), frames
        self.middle = nn.Sequential(
            nn.BatchNorm2d(deepest),
            nn.ReLU(),
            _activated(deepest, 2 * deepest),
            _activated(2 * deepest, deepest),
        )
        self.decoder = nn.ModuleList()
        inputs = deepest
        for number, skip in enumerate(skips):
            joined = inputs // 2 + skip
            outputs = joined // 2 if number == len(skips) - 1 else joined
            attentive = attention and number == len(skips) - ATTENTIVE_BLOCK
            block = DecoderBlock(inputs, skip, outputs, attentive=attentive)
            self.decoder.append(block)
            inputs = outputs
        self.enlargement = SubPixelUpsampling(inputs, inputs)
        crossed = inputs + images
        inner = crossed // 2 if bottleneck else crossed
        self.last_cross = nn.Sequential(_activated(crossed, inner), _activated(inner, crossed))
        self.to_pixels = _convolution(crossed, 1, side=1)
        if initialisation == "v1":
            _start_by_default(self)

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
        height, width = window.shape[-2:]
        if self._is_normalised:
            window = (window - self.input_mean) / self.input_deviation
        padded = functional.pad(window, (0, _missing(width), 0, _missing(height)), mode="replicate")
        enlarged = functional.interpolate(
            padded, scale_factor=SCALE_FACTOR, mode="bilinear", align_corners=False
        )
        in_three = self.encoder_kind == "resnet34"
        if self._is_as_imagenet:
            enlarged = normalised(enlarged)
        elif in_three:
            enlarged = enlarged.expand(-1, IMAGE_CHANNELS, -1, -1)
        skips = self.encoder(enlarged)
        deepest = skips.pop() if in_three else skips[-1].mean(dim=(-2, -1), keepdim=True)
        features = self.middle(deepest)
        for number, (block, skip) in enumerate(zip(self.decoder, reversed(skips), strict=True)):
            taken = skip.detach() if self.detach_skips else skip
            # Two pixels of the mean over the frame, whatever its size; all else doubles exactly.
            features = block(features, taken, stretched=number == 0 and not in_three)
        crossed = torch.cat([self.enlargement(features), enlarged], dim=1)
        restored: Tensor = self.to_pixels(crossed + self.last_cross(crossed))
        if self._is_as_imagenet:
            restored = restored * DEVIATIONS[0] + MEANS[0]
        if self._is_normalised:
            restored = restored * self.input_deviation + self.input_mean
        return restored[..., : SCALE_FACTOR * height, : SCALE_FACTOR * width]

    @property
    def _is_normalised(self) -> bool:
        return (self.input_mean, self.input_deviation) != (0.0, 1.0)

    @property
    def _is_as_imagenet(self) -> bool:
        return self.encoder_kind == "resnet34" and not self._is_normalised

    def folded(self) -> ResUNet34:
        """Make a copy for export, on the CPU: all norms become plain weights."""
        plain = copy.deepcopy(self).cpu().eval()
        for module in list(plain.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.BatchNorm2d):
                    setattr(module, name, FixedNorm(child))
                elif parametrize.is_parametrized(child):
                    setattr(module, name, _without_norm(child))
        return plain


class FixedNorm(nn.Module):
    """A trained batch norm as one factor and one summand a channel.

    Its variances, which the encoder lets grow beyond the largest float16, are gone.
    """

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        seen = dict(norm.named_buffers())
        factor = norm.weight.detach() / torch.sqrt(seen["running_var"] + norm.eps)
        summand = norm.bias.detach() - seen["running_mean"] * factor
        self.factor = nn.Parameter(factor[:, None, None])
        self.summand = nn.Parameter(summand[:, None, None])

    def forward(self, features: Tensor) -> Tensor:
        """Scale and shift."""
        return features * self.factor + self.summand


class Encoder(nn.Module):
    """ResNet34 without batch norm: every convolution has weight norm and no bias."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        widths = (frames, *STEM_WIDTHS)
        self.stem = nn.Sequential(
            *(
                _activated(inputs, outputs, stride=2 if layer == 0 else 1, bias=False)
                for layer, (inputs, outputs) in enumerate(pairwise(widths))
            )
        )
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = nn.ModuleList()
        inputs = STEM_WIDTHS[-1]
        for stage, (width, count) in enumerate(zip(STAGE_WIDTHS, STAGE_BLOCKS, strict=True)):
            blocks = [EncoderBlock(inputs, width, stride=1 if stage == 0 else 2)]
            blocks += [EncoderBlock(width, width, stride=1) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(*blocks))
            inputs = width

    def forward(self, enlarged: Tensor) -> list[Tensor]:
        """Find features at 1/2 (the stem's), 1/4, 1/8, 1/16 and 1/32 of the size."""
        features = [self.stem(enlarged)]
        inner = self.pool(features[0])
        for stage in self.stages:
            inner = stage(inner)
            features.append(inner)
        return features


class EncoderBlock(nn.Module):
    """1x1, ReLU, 3x3; the shortcut averages where the block strides, and widens by a 1x1."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            _activated(inputs, outputs, side=1, bias=False),
            _convolution(outputs, outputs, stride=stride, bias=False),
        )
        shortcut: list[nn.Module] = []
        if stride != 1:
            shortcut.append(nn.AvgPool2d(stride))
        if inputs != outputs:
            shortcut.append(_convolution(inputs, outputs, side=1, bias=False))
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, features: Tensor) -> Tensor:
        """Add what the convolutions find to the shortcut."""
        return functional.relu(self.convolutions(features) + self.shortcut(features))


class DecoderBlock(nn.Module):
    """Doubles the size, takes in the encoder's features of that size, and convolves twice.

    The deepest block doubles the mean over the frame, and repeats that to the encoder's size.
    """

    def __init__(self, inputs: int, skip: int, outputs: int, *, attentive: bool) -> None:
        super().__init__()
        self.upsampling = SubPixelUpsampling(inputs, inputs // 2)
        self.skip_norm = nn.BatchNorm2d(skip)
        layers: list[nn.Module] = [
            _activated(inputs // 2 + skip, outputs),
            _activated(outputs, outputs),
        ]
        if attentive:
            layers.append(SelfAttention(outputs))
        self.convolutions = nn.Sequential(*layers)

    def forward(self, features: Tensor, skip: Tensor, *, stretched: bool = False) -> Tensor:
        """Join the enlarged features with the encoder's, stretched to their size where asked to."""
        enlarged = self.upsampling(features)
        if stretched:
            enlarged = functional.interpolate(enlarged, size=skip.shape[-2:], mode="nearest")
        joined = torch.cat([enlarged, self.skip_norm(skip)], dim=1)
        restored: Tensor = self.convolutions(functional.relu(joined))
        return restored


class SubPixelUpsampling(nn.Module):
    """Twice the size: 1x1 convolution, ReLU, pixel shuffle, 2x2 average.

    The convolution starts the same for the four pixels that it makes of one (ICNR, Aitken et al.
    2017), so that the network starts without a checkerboard.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(inputs, 4 * outputs, 1)
        with torch.no_grad():
            one = nn.init.kaiming_normal_(torch.empty(outputs, inputs, 1, 1))
            convolution.weight.copy_(one.repeat_interleave(4, dim=0))
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        self.convolution = weight_norm(convolution)

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge."""
        shuffled = functional.pixel_shuffle(functional.relu(self.convolution(features)), 2)
        padded = functional.pad(shuffled, (1, 0, 1, 0), mode="replicate")
        return functional.avg_pool2d(padded, 2, stride=1)


class SelfAttention(nn.Module):
    """Every position takes from every other as much as the two match (Zhang et al. 2019).

    The matrix of matches grows with the fourth power of the frame's side.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (
            _matching(channels, width) for width in (channels // 8, channels // 8, channels)
        )
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """Add what was taken, times the gain."""
        positions = features.flatten(2)
        query, key, value = (
            layer(positions).transpose(1, 2)[:, None]
            for layer in (self.query, self.key, self.value)
        )
        taken = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
        return features + self.gain * taken[:, 0].transpose(1, 2).reshape(features.shape)


def _without_norm(normed: Any) -> nn.Module:
    """Make a convolution of the weights that a normed one computes with.

    The norm is not taken off the copy: its class, which holds the norm, is the original's too.
    """
    kind = parametrize.type_before_parametrizations(normed)
    sizes = (normed.in_channels, normed.out_channels, normed.kernel_size)
    with torch.device("meta"):
        plain: nn.Module = kind(*sizes, normed.stride, normed.padding, bias=False)
    plain.weight = nn.Parameter(normed.weight.detach())
    plain.bias = normed.bias
    return plain


def _missing(side: int) -> int:
    """Pixels up to the next multiple of 8."""
    return (side + SIDE_MULTIPLE - 1) // SIDE_MULTIPLE * SIDE_MULTIPLE - side


def _start_by_default(network: ResUNet34) -> None:
    """Let encoder and up-sampling start from torch's default weights, as in the release."""
    upsamplings = (one for one in network.modules() if isinstance(one, SubPixelUpsampling))
    own = network.encoder.modules() if isinstance(network.encoder, Encoder) else ()
    parts = [*own, *(one.convolution for one in upsamplings)]
    for convolution in parts:
        if isinstance(convolution, nn.Conv2d):
            fresh = nn.init.kaiming_uniform_(torch.empty_like(convolution.weight), a=5**0.5)
            convolution.weight = fresh


def _matching(inputs: int, outputs: int) -> nn.Module:
    """Make a 1x1 convolution over positions, its largest singular value held at one."""
    convolution = nn.Conv1d(inputs, outputs, 1, bias=False)
    nn.init.kaiming_normal_(convolution.weight)
    bounded: nn.Module = spectral_norm(convolution)
    return bounded


def _convolution(
    inputs: int, outputs: int, *, side: int = 3, stride: int = 1, bias: bool = True
) -> nn.Module:
    """Make a convolution with weight norm, initialised for ReLU (He et al. 2015)."""
    convolution = nn.Conv2d(inputs, outputs, side, stride=stride, padding=side // 2, bias=bias)
    nn.init.kaiming_normal_(convolution.weight)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    normed: nn.Module = weight_norm(convolution)
    return normed


def _activated(
    inputs: int, outputs: int, *, side: int = 3, stride: int = 1, bias: bool = True
) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inputs, outputs, side=side, stride=stride, bias=bias), nn.ReLU()
    )
