"""Networks that are there already: to begin with, or to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from onnx import numpy_helper
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from engines import (
    INPUT,
    MODEL_FILE,
    OUTPUT,
    Bundle,
    TrainingSeries,
    bundled_names,
    cannot_run,
    file_digest,
    import_onnxruntime,
    load_bundle,
    read_model,
)
from engines.architectures import plain_network, set_plain_weights
from pssr_live.errors import UserError
from pssr_live.training.data import Teacher
from pssr_live.training.recipe import RECIPE_FILE, Recipe
from pssr_live.training.run import CHECKPOINT, load_network, load_summary, series_of

_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class Pretrained(NamedTuple):
    """A trained network, of a run or of a bundle.

    Attributes
    ----------
    name, version : str
    digest : str
        SHA-256 of the file that holds its weights.
    frames : int
        That it sees of a window.
    architecture : dict
        Kind and sizes, as `build_network` takes them.
    folder : Path
    bundle : Bundle or None
        None for a run.
    training : tuple of TrainingSeries
        What it was trained on.
    """

    name: str
    version: str
    digest: str
    frames: int
    architecture: Mapping[str, str | int | float]
    folder: Path
    bundle: Bundle | None
    training: tuple[TrainingSeries, ...]

    @property
    def title(self) -> str:
        """What manifests call it."""
        return f"{self.name} {self.version} (SHA-256 {self.digest})"


def find_pretrained(path: str, data: Path = Path()) -> Pretrained:
    """Find a run's folder or a bundle.

    Parameters
    ----------
    path : str
        Below `data`, or the name of a bundled engine.
    data : Path

    Raises
    ------
    UserError, EngineError
        If there is none, or it is damaged.
    """
    folder = data / path
    if (folder / RECIPE_FILE).is_file():
        _, recipe = load_network(folder)
        digest = file_digest(folder / CHECKPOINT)
        sizes = recipe.network.model_dump()
        return Pretrained(
            recipe.name,
            recipe.version,
            digest,
            recipe.network.frames,
            sizes,
            folder,
            None,
            _learnt_by(folder, recipe),
        )
    bundle = load_bundle(path if path in bundled_names() else folder)
    manifest = bundle.manifest
    architecture = {**manifest.architecture, "frames": manifest.frames}
    architecture["kind"] = architecture.pop("network", "")
    digest = manifest.files[MODEL_FILE]
    return Pretrained(
        manifest.name,
        manifest.version,
        digest,
        manifest.frames,
        architecture,
        bundle.path,
        bundle,
        tuple(manifest.training),
    )


def _learnt_by(run: Path, recipe: Recipe) -> tuple[TrainingSeries, ...]:
    """What a run was trained on; one that did not come to its end has not written it down."""
    try:
        known = load_summary(run).training
    except UserError:
        known = ()
    return known or tuple(series_of(recipe))


def begin_with(network: nn.Module, pretrained: Pretrained) -> None:
    """Give a network the weights of a trained one.

    Raises
    ------
    UserError, EngineError
        If the two are not of one kind and size, or the model of a bundle is damaged.
    """
    try:
        if pretrained.bundle is None:
            network.load_state_dict(load_file(pretrained.folder / CHECKPOINT))
        else:
            set_plain_weights(network, _plain_weights(pretrained.bundle))
    except (ValueError, RuntimeError, SafetensorError) as error:
        sizes = ", ".join(f"{key} = {value}" for key, value in pretrained.architecture.items())
        raise UserError(
            f"The weights of {pretrained.name} don't fit the network of the recipe "
            f"({str(error).strip().splitlines()[-1].strip()}).",
            f"It is: {sizes}. Say so in the recipe's [network], or leave --init out.",
        ) from error


def teacher(pretrained: Pretrained, recipe: Recipe, device: torch.device) -> Teacher:
    """Make a function from windows to what a trained network makes of them.

    A teacher that sees one frame is shown the centre frame of five.

    Raises
    ------
    UserError, EngineError
        If it sees more frames than the network that it shall teach, or its model is damaged.
    """
    surplus = recipe.network.frames - pretrained.frames
    if surplus < 0:
        raise UserError(
            f"The teacher {pretrained.name} sees {pretrained.frames} frames, "
            f"the network that it would teach {recipe.network.frames}.",
            f"Use a teacher of {recipe.network.frames} frames.",
        )
    seen = slice(surplus // 2, recipe.network.frames - surplus // 2)
    restore = (
        _by_onnx(pretrained.bundle) if pretrained.bundle else _by_torch(pretrained.folder, device)
    )
    return lambda windows: restore(windows[:, seen])


def _by_torch(folder: Path, device: torch.device) -> Teacher:
    network = plain_network(load_network(folder)[0]).to(device)

    def restore(windows: Tensor) -> Tensor:
        with torch.no_grad():
            restored: Tensor = network(windows.to(device)).cpu()
        return restored

    return restore


def _by_onnx(bundle: Bundle) -> Teacher:
    onnxruntime = import_onnxruntime()
    available = onnxruntime.get_available_providers()
    providers = [name for name in _PROVIDERS if name in available]
    try:
        session = onnxruntime.InferenceSession(str(bundle.model), providers=providers)
    except Exception as error:  # its errors have no common class
        raise cannot_run("ONNX Runtime", bundle.model, error) from error

    def restore(windows: Tensor) -> Tensor:
        # A bundle's model takes one window at a time.
        restored = [
            session.run([OUTPUT], {INPUT: np.ascontiguousarray(window[None])})[0]
            for window in windows.numpy()
        ]
        return torch.from_numpy(np.concatenate(restored))

    return restore


def _plain_weights(bundle: Bundle) -> dict[str, Tensor]:
    """Weights in a bundle's model by name; the exporter's own constants have names without dots."""
    model = read_model(bundle.model.read_bytes())
    return {
        part.name: torch.from_numpy(numpy_helper.to_array(part).copy()).float()
        for part in model.graph.initializer
        if "." in part.name
    }
