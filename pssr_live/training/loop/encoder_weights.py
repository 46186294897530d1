"""An encoder that begins with weights trained on ImageNet, from a local file."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from acquisition import readable
from engines import file_digest
from engines.architectures import ImageNetEncoder, set_imagenet_weights
from pssr_live.errors import UserError

_FIX = (
    "Use torchvision's own: resnet34-b627a593.pth from "
    "https://download.pytorch.org/models/resnet34-b627a593.pth"
)


def begin_encoder(network: nn.Module, path: Path) -> str:
    """Give the encoder of a network the weights of a file; nothing in the file is run.

    Parameters
    ----------
    network : Module
        `resunet34` with the encoder of that name.
    path : Path
        The state of torchvision's ResNet34, as safetensors or as torch saves it.

    Returns
    -------
    str
        What it began with, for the record.

    Raises
    ------
    UserError
        If there is no such file, or it holds something else.
    """
    encoder = network.encoder
    if not isinstance(encoder, ImageNetEncoder):
        raise TypeError("only an encoder of torchvision's form takes its weights")
    try:
        set_imagenet_weights(encoder, _read(path))
    except FileNotFoundError:
        raise UserError(f"There is no file {readable(path)}.", _FIX) from None
    except OSError as error:
        raise UserError(f"{readable(path)} can't be read: {error.strerror}.", _FIX) from error
    except (ValueError, RuntimeError, EOFError, SafetensorError, pickle.UnpicklingError) as error:
        first = (str(error).strip().splitlines() or ["it is damaged"])[0].rstrip(".")
        raise UserError(
            f"{readable(path)} does not hold the weights of torchvision's ResNet34 ({first}).", _FIX
        ) from error
    return f"ResNet34 trained on ImageNet, {path.name} (SHA-256 {file_digest(path)})"


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(weight, Tensor) for name, weight in content.items()
    ):
        raise ValueError("it is not a list of weights by name")
    return {name: weight.detach() for name, weight in content.items()}
