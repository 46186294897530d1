"""ResNet34 as torchvision has it, so that weights trained on ImageNet fit as they are.

v1 has it as the encoder of its networks for electron microscopy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGE_CHANNELS = 3
# Of ImageNet's red, green and blue, by which the images were normalised.
MEANS = (0.485, 0.456, 0.406)
DEVIATIONS = (0.229, 0.224, 0.225)
# Torchvision's last layer tells objects apart.
_LAST_LAYER = ("fc.weight", "fc.bias")


class ImageNetEncoder(nn.Module):
    """A 7x7 stem that strides, max-pool, and four layers of blocks with batch norm.

    Parameters
    ----------
    stem : int
        Width of the stem.
    widths, blocks : sequence of int
        Of the four layers.
    """

    def __init__(self, stem: int, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(IMAGE_CHANNELS, stem, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        inputs = (stem, *widths)
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            nn.Sequential(
                BasicBlock(inputs[number], width, stride=1 if number == 0 else 2),
                *(BasicBlock(width, width, stride=1) for _ in range(blocks[number] - 1)),
            )
            for number, width in enumerate(widths)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Tensor) -> list[Tensor]:
        """Find features at 1/2 (the stem's), 1/4, 1/8, 1/16 and 1/32 of the size."""
        features = [functional.relu(self.bn1(self.conv1(image)))]
        inner = functional.max_pool2d(features[0], 3, stride=2, padding=1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            inner = layer(inner)
            features.append(inner)
        return features


class BasicBlock(nn.Module):
    """Two 3x3 with batch norm beside a shortcut, which is a 1x1 where the block strides."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, features: Tensor) -> Tensor:
        """Add what the convolutions find to the shortcut."""
        inner = functional.relu(self.bn1(self.conv1(features)))
        return functional.relu(self.bn2(self.conv2(inner)) + self.downsample(features))


def normalised(image: Tensor) -> Tensor:
    """Make three equal channels of a grey image (N, 1, H, W), normalised as ImageNet's were."""
    means, deviations = (
        torch.tensor(numbers, dtype=image.dtype, device=image.device)[:, None, None]
        for numbers in (MEANS, DEVIATIONS)
    )
    return (image - means) / deviations


def set_imagenet_weights(encoder: ImageNetEncoder, weights: Mapping[str, Tensor]) -> None:
    """Begin with torchvision's weights of ResNet34; its last layer is left out.

    Parameters
    ----------
    encoder : ImageNetEncoder
    weights : mapping of str to Tensor
        By torchvision's names.

    Raises
    ------
    ValueError
        If they are another network's: which is missing, has no place or another shape. The encoder
        is then as it was.
    """
    own = encoder.state_dict()
    given = {name: weight for name, weight in weights.items() if name not in _LAST_LAYER}
    for name, weight in own.items():
        # Older files don't count batches.
        if name not in given and weight.ndim:
            raise ValueError(f"{name} is missing")
        if name in given and given[name].shape != weight.shape:
            found, needed = tuple(given[name].shape), tuple(weight.shape)
            raise ValueError(f"{name} has the shape {found}, not {needed}")
        if name in given and not given[name].isfinite().all():
            raise ValueError(f"{name} is not all numbers")
    if surplus := given.keys() - own.keys():
        raise ValueError(f"{min(surplus)} has no place")
    encoder.load_state_dict(given, strict=False)
