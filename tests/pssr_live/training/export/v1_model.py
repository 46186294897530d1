"""A network of the modules that PSSR v1's has, as fastai keeps them in a file."""

from __future__ import annotations

import warnings
from itertools import pairwise

import torch
from torch import nn

from engines.architectures import (
    resunet34,
)


def weight_normed(*sizes: int, stride: int = 1, bias: bool = True) -> nn.Module:
    inputs, outputs, side = sizes
    layer = nn.Conv2d(inputs, outputs, side, stride=stride, padding=side // 2, bias=bias)
    with warnings.catch_warnings():
        # The form that torch had when v1 was written.
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(layer)


class Parts(nn.Module):
    """A module of named parts, as fastai's classes are one in a file."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


class Hook:
    """What fastai keeps of each skip: a method of it goes into the file."""

    def hook_fn(self, *_: object) -> None: ...


class BasicBlock(Parts):
    """A block of torchvision's ResNet34."""


def v1_network(frames: int) -> nn.Module:
    """Make a network with the modules that v1's has, and weights at random."""
    with torch.device("meta"):
        layout = Parts(model=v1_layout(frames))
    return begun(layout, "model.layers.6.conv2")


def v1_network_for_em(*, attention: bool = True, bottleneck: bool = True) -> nn.Module:
    """Make one with torchvision's encoder, not wrapped, as v1 has it for electron microscopy."""
    with torch.device("meta"):
        layout = around(of_torchvision(), bottleneck=bottleneck)
    return begun(layout, "layers.5.conv2" if attention else None)


def begun(layout: nn.Module, attentive: str | None) -> nn.Module:
    network = layout.to_empty(device="cpu")
    for weight in network.parameters():
        nn.init.uniform_(weight, -0.1, 0.1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
        if hasattr(module, "weight_v"):
            # What weight norm leaves there goes into the file too.
            module.__dict__["weight"] = module.weight_v.data
    if attentive is not None:
        second = network.get_submodule(attentive)
        second.append(attention(second[0].out_channels))
    return network


def v1_layout(frames: int) -> nn.Module:
    one = nn.Sequential

    def block(inputs: int, outputs: int, stride: int) -> nn.Module:
        parts: dict[str, nn.Module] = {
            "convs": one(
                one(weight_normed(inputs, outputs, 1, bias=False), nn.ReLU()),
                one(weight_normed(outputs, outputs, 3, stride=stride, bias=False)),
            )
        }
        if inputs != outputs:
            parts["idconv"] = one(weight_normed(inputs, outputs, 1, bias=False))
        return Parts(**parts)

    stem = [
        weight_normed(*sizes, 3, bias=False) for sizes in pairwise((frames, *resunet34.STEM_WIDTHS))
    ]
    stages, width = [], resunet34.STEM_WIDTHS[-1]
    for outputs, count in zip(resunet34.STAGE_WIDTHS, resunet34.STAGE_BLOCKS, strict=True):
        blocks = [block(width, outputs, 2 if stages else 1)]
        stages.append(one(*blocks, *(block(outputs, outputs, 1) for _ in range(count - 1))))
        width = outputs
    encoder = one(*(one(layer, nn.ReLU()) for layer in stem), nn.MaxPool2d(3), *stages)
    encoder[2].register_forward_hook(Hook().hook_fn)
    return around(encoder, frames)


def of_torchvision() -> nn.Module:
    one = nn.Sequential

    def convolution(*sizes: int, stride: int = 1) -> nn.Conv2d:
        return nn.Conv2d(*sizes, stride=stride, padding=sizes[2] // 2, bias=False)

    stages: list[nn.Module] = []
    inputs = resunet34.STEM_WIDTHS[-1]
    for width, count in zip(resunet34.STAGE_WIDTHS, resunet34.STAGE_BLOCKS, strict=True):
        blocks = []
        for number in range(count):
            parts: dict[str, nn.Module] = {
                "conv1": convolution(inputs, width, 3),
                "bn1": nn.BatchNorm2d(width),
                "conv2": convolution(width, width, 3),
                "bn2": nn.BatchNorm2d(width),
            }
            if stages and not number:
                parts["downsample"] = one(convolution(inputs, width, 1), nn.BatchNorm2d(width))
            blocks.append(BasicBlock(**parts))
            inputs = width
        stages.append(one(*blocks))
    stem = resunet34.STEM_WIDTHS[-1]
    return one(convolution(3, stem, 7), nn.BatchNorm2d(stem), nn.ReLU(), nn.MaxPool2d(3), *stages)


def around(encoder: nn.Module, frames: int | None = None, *, bottleneck: bool = True) -> nn.Module:
    """Put the rest round an encoder: v1's own of so many frames, or torchvision's."""
    one, deepest = nn.Sequential, resunet34.STAGE_WIDTHS[-1]
    skips: tuple[int, ...] = (*resunet34.STAGE_WIDTHS[::-1], resunet34.STEM_WIDTHS[-1])
    middle = one(
        one(weight_normed(deepest, 2 * deepest, 3)), one(weight_normed(2 * deepest, deepest, 3))
    )
    layers: list[nn.Module] = [encoder, nn.BatchNorm2d(deepest), nn.ReLU(), middle]
    inputs = deepest
    skips = skips if frames else skips[1:]
    for number, skip in enumerate(skips, 1):
        joined = inputs // 2 + skip
        outputs = joined // 2 if number == len(skips) else joined
        layers.append(
            Parts(
                shuf=Parts(conv=one(weight_normed(inputs, 2 * inputs, 1))),
                bn=nn.BatchNorm2d(skip),
                conv1=one(weight_normed(joined, outputs, 3)),
                conv2=one(weight_normed(outputs, outputs, 3), nn.ReLU()),
            )
        )
        inputs = outputs
    crossed = inputs + (frames or 3)
    inner = crossed // 2 if bottleneck else crossed
    last = (one(weight_normed(crossed, inner, 3)), one(weight_normed(inner, crossed, 3)))
    layers += [
        Parts(conv=one(weight_normed(inputs, 4 * inputs, 1))),
        Parts(),
        Parts(layers=nn.ModuleList(last)),
        one(weight_normed(crossed, 1 if frames else 3, 1)),
    ]
    return Parts(layers=nn.ModuleList(layers))


def attention(channels: int) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        parts = {
            name: nn.utils.spectral_norm(nn.Conv1d(channels, width, 1, bias=False))
            for name, width in (
                ("query", channels // 8),
                ("key", channels // 8),
                ("value", channels),
            )
        }
    found = Parts(**parts)
    found.gamma = nn.Parameter(torch.tensor([0.5]))
    return found
