"""The weights of a PSSR v1 network by their names there, given the names of `resunet34`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from math import isclose
from typing import NamedTuple

import torch
from torch import Tensor

from engines.architectures.imagenet_encoder import DEVIATIONS, IMAGE_CHANNELS, MEANS
from engines.architectures.resunet34 import EncoderKind, ResUNet34

# Wrappers round the network: for several GPUs, and for the bilinear enlargement.
_WRAPPERS = re.compile(r"^(module\.)?(model\.)?(?=layers\.)")
# The first convolution of each encoder; torchvision's has no weight norm.
_FIRST: Mapping[str, EncoderKind] = {
    "layers.0.0.0.weight_v": "weight-norm",
    "layers.0.0.weight": "resnet34",
}
_LAST = "to_pixels."
_ATTENTION = "convolutions.2."

_Places = Sequence[tuple[str, str]]
# Places in <> are counted from 4 in v1, among other layers.
_ENCODERS: Mapping[EncoderKind, _Places] = {
    "weight-norm": (
        (r"layers\.0\.([0-2])\.0\.", r"encoder.stem.\1.0."),
        (r"layers\.0\.([4-7])\.(\d+)\.convs\.0\.0\.", r"encoder.stages.<\1>.\2.convolutions.0.0."),
        (r"layers\.0\.([4-7])\.(\d+)\.convs\.1\.0\.", r"encoder.stages.<\1>.\2.convolutions.1."),
        (r"layers\.0\.([4-7])\.(\d+)\.idconv\.0\.", r"encoder.stages.<\1>.\2.shortcut.1."),
    ),
    "resnet34": (
        (r"layers\.0\.0\.", r"encoder.conv1."),
        (r"layers\.0\.1\.", r"encoder.bn1."),
        *((rf"layers\.0\.{number + 3}\.", f"encoder.layer{number}.") for number in (1, 2, 3, 4)),
    ),
}


def _decoder(blocks: int, attentive: int) -> _Places:
    """Find the places of so many decoder blocks, of which one has attention, and of what follows.

    Fastai's attention takes the softmax over its queries: what it calls key is asked with here.
    """
    block, after = rf"layers\.([4-{3 + blocks}])\.", 4 + blocks
    seen = rf"layers\.{4 + attentive}\.conv2\.2\."
    attention = f"decoder.{attentive}.{_ATTENTION}"
    return (
        (r"layers\.1\.", "middle.0."),
        (r"layers\.3\.0\.0\.", "middle.2.0."),
        (r"layers\.3\.1\.0\.", "middle.3.0."),
        (rf"{block}shuf\.conv\.0\.", r"decoder.<\1>.upsampling.convolution."),
        (rf"{block}bn\.", r"decoder.<\1>.skip_norm."),
        (rf"{block}conv1\.0\.", r"decoder.<\1>.convolutions.0.0."),
        (rf"{block}conv2\.0\.", r"decoder.<\1>.convolutions.1.0."),
        (rf"{seen}gamma", f"{attention}gain"),
        (rf"{seen}query\.", f"{attention}key."),
        (rf"{seen}key\.", f"{attention}query."),
        (rf"{seen}value\.", f"{attention}value."),
        (rf"layers\.{after}\.conv\.0\.", "enlargement.convolution."),
        (rf"layers\.{after + 2}\.layers\.([01])\.0\.", r"last_cross.\1.0."),
        (rf"layers\.{after + 3}\.0\.", _LAST),
    )


# Below torchvision's encoder stands no mean, which makes one block less.
_PLACES: Mapping[EncoderKind, _Places] = {
    "weight-norm": (*_ENCODERS["weight-norm"], *_decoder(blocks=5, attentive=2)),
    "resnet34": (*_ENCODERS["resnet34"], *_decoder(blocks=4, attentive=1)),
}
_WEIGHT_NORM = {
    "weight_g": "parametrizations.weight.original0",
    "weight_v": "parametrizations.weight.original1",
}
_SPECTRAL_NORM = {
    "weight_orig": "parametrizations.weight.original",
    "weight_u": "parametrizations.weight.0._u",
    "weight_v": "parametrizations.weight.0._v",
}


class V1Statistics(NamedTuple):
    """Mean and standard deviation by which v1 normalised the images of a training.

    Attributes
    ----------
    mean, deviation : float
        In network units; 0 and 1 where they were not normalised, or by ImageNet's.
    of_imagenet : bool
        Whether by those of ImageNet's three channels.
    """

    mean: float
    deviation: float
    of_imagenet: bool = False


OF_IMAGENET = V1Statistics(mean=0.0, deviation=1.0, of_imagenet=True)


def statistics_of_v1(means: Sequence[float], deviations: Sequence[float]) -> V1Statistics:
    """Tell ImageNet's statistics from those of one batch, which all channels have alike.

    Raises
    ------
    ValueError
        If they are neither, or a deviation is 0.
    """
    if _alike(means, MEANS) and _alike(deviations, DEVIATIONS):
        return OF_IMAGENET
    for numbers in (means, deviations):
        if not numbers or not _alike(numbers, [numbers[0]] * len(numbers)):
            raise ValueError("its images were not normalised by one mean and one deviation")
    if not deviations[0] > 0:
        raise ValueError("its images were normalised by a deviation of 0")
    return V1Statistics(means[0], deviations[0])


def _alike(numbers: Sequence[float], others: Sequence[float]) -> bool:
    """Compare as many numbers, to half precision."""
    return len(numbers) == len(others) and all(map(partial(isclose, rel_tol=1e-3), numbers, others))


def encoder_of_v1(weights: Mapping[str, Tensor]) -> EncoderKind | None:
    """Tell which encoder a network of v1 has: its own, or torchvision's; None if neither."""
    bare = {_WRAPPERS.sub("", name) for name in weights}
    return next((kind for first, kind in _FIRST.items() if first in bare), None)


def network_of_v1(weights: Mapping[str, Tensor], statistics: V1Statistics) -> ResUNet34:
    """Make the network that v1 trained, with its weights.

    Parameters
    ----------
    weights : mapping of str to Tensor
        The state of v1's model, wrapped or not.
    statistics : V1Statistics

    Returns
    -------
    ResUNet34
        For one frame or five, as the first convolution says. Of a network with torchvision's
        encoder, which gives three equal channels, the first.

    Raises
    ------
    ValueError
        If they are another network's: which weight is missing, has no place or another shape.
    """
    bare = {_WRAPPERS.sub("", name): weight for name, weight in weights.items()}
    encoder = encoder_of_v1(bare)
    if encoder is None:
        raise ValueError("it has no weights of a wnresnet34 or resnet34 encoder")
    _check_statistics(encoder, statistics)
    named = {_place_of(name, _PLACES[encoder]): weight for name, weight in bare.items()}
    if encoder == "resnet34":
        named |= _first_channel(named)
    # No weights are drawn at random that are replaced at once.
    with torch.device("meta"):
        network = ResUNet34(
            _frames(bare, encoder),
            encoder=encoder,
            attention=any(_ATTENTION in name for name in named),
            bottleneck=_has_bottleneck(named),
            input_mean=statistics.mean,
            input_deviation=statistics.deviation,
        ).eval()
    # Releases of torch before 0.4.1 did not count batches.
    counters = {
        name: torch.zeros((), dtype=own.dtype)
        for name, own in network.state_dict().items()
        if own.ndim == 0
    }
    named = counters | named
    for name, own in network.state_dict().items():
        if name not in named:
            raise ValueError(f"there is nothing for {name}")
        if named[name].shape != own.shape:
            found, needed = tuple(named[name].shape), tuple(own.shape)
            raise ValueError(f"what belongs to {name} has the shape {found}, not {needed}")
        if not named[name].isfinite().all():
            raise ValueError(f"what belongs to {name} is not all numbers")
    network.load_state_dict(named, assign=True)
    return network


def _check_statistics(encoder: EncoderKind, statistics: V1Statistics) -> None:
    if encoder == "weight-norm" and statistics.of_imagenet:
        raise ValueError("its images were normalised by ImageNet's statistics")
    if encoder == "resnet34" and statistics == V1Statistics(0.0, 1.0):
        raise ValueError("its encoder is torchvision's, and its images were not normalised")


def _frames(bare: Mapping[str, Tensor], encoder: EncoderKind) -> int:
    """Count the frames of a window: torchvision's encoder sees one, in three equal channels."""
    first = next(name for name, kind in _FIRST.items() if kind == encoder)
    shape = tuple(bare[first].shape)
    channels = shape[1] if len(shape) == 4 else 0
    if encoder == "resnet34":
        if channels != IMAGE_CHANNELS:
            raise ValueError(f"its encoder takes {channels} channels, not {IMAGE_CHANNELS}")
        return 1
    if channels not in (1, 5):
        raise ValueError(f"its network takes {channels} frames, not one or five")
    return channels


def _first_channel(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take the first of the three channels that come out.

    Raises
    ------
    ValueError
        If there are not three.
    """
    last = {name: weight for name, weight in named.items() if name.startswith(_LAST)}
    for weight in last.values():
        if not weight.ndim or len(weight) != IMAGE_CHANNELS:
            raise ValueError(f"its network does not give {IMAGE_CHANNELS} channels")
    return {name: weight[:1] for name, weight in last.items()}


def _has_bottleneck(named: Mapping[str, Tensor]) -> bool:
    """Tell whether the last residual block is narrower inside; shapes are checked afterwards."""
    inner = named.get(f"last_cross.0.0.{_WEIGHT_NORM['weight_v']}")
    return inner is None or inner.ndim < 2 or inner.shape[0] != inner.shape[1]


def _place_of(name: str, places: _Places) -> str:
    """Find the name that one of v1's weights has here."""
    for pattern, place in places:
        found = re.match(pattern, name)
        if found is None:
            continue
        owner = re.sub(r"<(\d)>", lambda number: str(int(number[1]) - 4), found.expand(place))
        part = name[found.end() :]
        norms = _SPECTRAL_NORM if _ATTENTION in owner else _WEIGHT_NORM
        return owner + norms.get(part, part)
    raise ValueError(f"{name} has no place in it")
