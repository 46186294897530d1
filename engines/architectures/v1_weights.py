"""The weights of a PSSR v1 network by their names there, given the names of `resunet34`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from engines.architectures.resunet34 import ResUNet34

# Wrappers round the network: for several GPUs, and for the bilinear enlargement.
_WRAPPERS = re.compile(r"^(module\.)?(model\.)?(?=layers\.)")
_FIRST = "layers.0.0.0.weight_v"
# Torchvision's encoder, with which v1 trained for electron microscopy, has no weight norm.
_FIRST_OF_TORCHVISION = "layers.0.0.weight"

# Fastai's attention takes the softmax over its queries: what it calls key is asked with here.
_PLACES = (
    (r"layers\.0\.([0-2])\.0\.", r"encoder.stem.\1.0."),
    (r"layers\.0\.([4-7])\.(\d+)\.convs\.0\.0\.", r"encoder.stages.<\1>.\2.convolutions.0.0."),
    (r"layers\.0\.([4-7])\.(\d+)\.convs\.1\.0\.", r"encoder.stages.<\1>.\2.convolutions.1."),
    (r"layers\.0\.([4-7])\.(\d+)\.idconv\.0\.", r"encoder.stages.<\1>.\2.shortcut.1."),
    (r"layers\.1\.", r"middle.0."),
    (r"layers\.3\.0\.0\.", r"middle.2.0."),
    (r"layers\.3\.1\.0\.", r"middle.3.0."),
    (r"layers\.([4-8])\.shuf\.conv\.0\.", r"decoder.<\1>.upsampling.convolution."),
    (r"layers\.([4-8])\.bn\.", r"decoder.<\1>.skip_norm."),
    (r"layers\.([4-8])\.conv1\.0\.", r"decoder.<\1>.convolutions.0.0."),
    (r"layers\.([4-8])\.conv2\.0\.", r"decoder.<\1>.convolutions.1.0."),
    (r"layers\.6\.conv2\.2\.gamma", r"decoder.2.convolutions.2.gain"),
    (r"layers\.6\.conv2\.2\.query\.", r"decoder.2.convolutions.2.key."),
    (r"layers\.6\.conv2\.2\.key\.", r"decoder.2.convolutions.2.query."),
    (r"layers\.6\.conv2\.2\.value\.", r"decoder.2.convolutions.2.value."),
    (r"layers\.9\.conv\.0\.", r"enlargement.convolution."),
    (r"layers\.11\.layers\.([01])\.0\.", r"last_cross.\1.0."),
    (r"layers\.12\.0\.", r"to_pixels."),
)
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
    """Mean and standard deviation by which v1 normalised the images of a training."""

    mean: float
    deviation: float


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
        For one frame or five, as the first convolution says.

    Raises
    ------
    ValueError
        If they are another network's: which weight is missing, has no place or another shape.
    """
    bare = {_WRAPPERS.sub("", name): weight for name, weight in weights.items()}
    if _FIRST_OF_TORCHVISION in bare:
        raise ValueError(
            "its encoder is torchvision's ResNet34, as v1's for electron microscopy, with three "
            "channels in and out"
        )
    if _FIRST not in bare:
        raise ValueError("it has no weights of a wnresnet34 encoder")
    shape = tuple(bare[_FIRST].shape)
    frames = shape[1] if len(shape) == 4 else 0
    if frames not in (1, 5):
        raise ValueError(f"its network takes {frames} frames, not one or five")
    # No weights are drawn at random that are replaced at once.
    with torch.device("meta"):
        network = ResUNet34(
            frames, input_mean=statistics.mean, input_deviation=statistics.deviation
        ).eval()
    # Releases of torch before 0.4.1 did not count batches.
    counters = {
        name: torch.zeros((), dtype=own.dtype)
        for name, own in network.state_dict().items()
        if own.ndim == 0
    }
    renamed = counters | {_place_of(name): weight for name, weight in bare.items()}
    for name, own in network.state_dict().items():
        if name not in renamed:
            raise ValueError(f"there is nothing for {name}")
        if renamed[name].shape != own.shape:
            found, needed = tuple(renamed[name].shape), tuple(own.shape)
            raise ValueError(f"what belongs to {name} has the shape {found}, not {needed}")
        if not renamed[name].isfinite().all():
            raise ValueError(f"what belongs to {name} is not all numbers")
    network.load_state_dict(renamed, assign=True)
    return network


def _place_of(name: str) -> str:
    """Find the name that one of v1's weights has here."""
    for pattern, place in _PLACES:
        found = re.match(pattern, name)
        if found is None:
            continue
        # v1 counts encoder stages and decoder blocks among other layers, from 4.
        owner = re.sub(r"<(\d)>", lambda number: str(int(number[1]) - 4), found.expand(place))
        part = name[found.end() :]
        norms = _SPECTRAL_NORM if "convolutions.2." in owner else _WEIGHT_NORM
        return owner + norms.get(part, part)
    raise ValueError(f"{name} has no place in it")
