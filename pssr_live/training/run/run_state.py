"""All that a training needs to go on where it stopped, in one file without pickles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from engines import write_whole
from pssr_live.errors import UserError

_FACTS = "facts"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_state(path: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Replace the file at once: a killed process leaves the state before or the one after.

    Parameters
    ----------
    path : Path
        The file.
    tensors : dict of str to Tensor
        Weights, moments.
    facts : dict
        Whatever JSON can hold.

    Raises
    ------
    OSError
        If the disk refuses; what was there is as it was.
    """
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    write_whole(path, save(plain, metadata={_FACTS: json.dumps(facts)}))


def parse_state(data: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Take apart the content of a file that `save_state` wrote.

    Raises
    ------
    UserError
        If it is damaged.
    """
    try:
        # Eight bytes say how long the header is: safetensors gives the tensors alone.
        length = int.from_bytes(data[:8], "little")
        facts = json.loads(data[8 : 8 + length])["__metadata__"][_FACTS]
        return load(data), json.loads(facts)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The state of the training can't be read ({error}).",
            "Train again into a new folder: name it with --output.",
        ) from error


def network_tensors(prefix: str, network: nn.Module) -> dict[str, Tensor]:
    """The network's weights and buffers by name."""
    return {f"{prefix}.{name}": weight for name, weight in network.state_dict().items()}


def optimiser_tensors(optimiser: torch.optim.Adam) -> dict[str, Tensor]:
    """Adam's moments by the number of the weight they belong to."""
    return {
        f"adam.{number}.{moment}": optimiser.state[weight][moment]
        for number, weight in _weights(optimiser)
        for moment in _MOMENTS
    }


def set_network(prefix: str, network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put weights and buffers back."""
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            weight.copy_(tensors[f"{prefix}.{name}"])


def set_optimiser(optimiser: torch.optim.Adam, tensors: Mapping[str, Tensor]) -> None:
    """Put Adam's moments back."""
    for number, weight in _weights(optimiser):
        kept = {moment: tensors[f"adam.{number}.{moment}"] for moment in _MOMENTS}
        for moment in ("exp_avg", "exp_avg_sq"):
            kept[moment] = torch.empty_like(weight).copy_(kept[moment])
        optimiser.state[weight].update(kept)


def _weights(optimiser: torch.optim.Adam) -> Iterator[tuple[int, Tensor]]:
    yield from enumerate(weight for group in optimiser.param_groups for weight in group["params"])
