"""Networks that PSSR v1 trained, made engines of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from engines import (
    SCALE_FACTOR,
    Bundle,
    EngineError,
    InputRange,
    Manifest,
    export_bundle,
    file_digest,
)
from engines.architectures import (
    OF_IMAGENET,
    TILE_SIDES,
    V1Statistics,
    encoder_of_v1,
    network_of_v1,
    plain_network,
    statistics_of_v1,
)
from pssr_live.errors import UserError
from pssr_live.training.export.bundling import SMALLEST_SIDE, TOLERANCES, proof_window
from pssr_live.training.export.torch_file import (
    DamagedFileError,
    ForeignClassError,
    Inert,
    StoredTensor,
    TorchFile,
    read_torch_file,
)

_KIND = "resunet34"


def import_v1(path: Path, folder: Path, *, statistics: V1Statistics | None = None) -> Bundle:
    """Make a bundle of what `learn.export` or `learn.save` of v1 wrote; nothing in it is run.

    Parameters
    ----------
    path : Path
    folder : Path
        Of the bundle to make.
    statistics : V1Statistics, optional
        By which the training's images were normalised, for files of `learn.save`, which don't say;
        without, networks for electron microscopy are taken to go by ImageNet's.

    Raises
    ------
    UserError
        If it is not such a file, or holds another network.
    """
    weights, noted = _read(path)
    if noted is not None and statistics is not None:
        raise UserError(
            f"{path.name} already says how its images were normalised.",
            "Leave --v1-mean and --v1-deviation out.",
        )
    taken = noted or statistics
    if taken is None and encoder_of_v1(weights) == "resnet34":
        taken = OF_IMAGENET
    if taken is None:
        raise UserError(
            f"{path.name} holds weights alone, and not by what v1 normalised its images.",
            "Give the file that learn.export wrote, or both --v1-mean and --v1-deviation (0 and 1 "
            "for a training without normalisation).",
        )
    try:
        network = network_of_v1(weights, taken)
    except ValueError as error:
        raise UserError(
            f"{path.name} is not a network of PSSR v1: {error}.",
            "Give a model that v1's train.py trained with the wnresnet34 or resnet34 encoder, or "
            "train one: pssr-live train HR... --recipe paper-multi-frame (or paper-em) "
            "--output RUN",
        ) from error
    manifest = Manifest(
        name=_engine_name(path),
        version="v1",
        description=f"Imported from the PSSR v1 model {path.name} (SHA-256 {file_digest(path)}), "
        f"normalised by {_in_words(taken)}. What it was trained on is not known here, and no "
        "figures were measured.",
        architecture={
            "network": _KIND,
            "detach_skips": 1,
            "initialisation": "v1",
            "encoder": network.encoder_kind,
            "attention": int(network.has_attention),
            "bottleneck": int(network.has_bottleneck),
            "input_mean": taken.mean,
            "input_deviation": taken.deviation,
        },
        frames=1 if network.frames == 1 else 5,
        scale_factor=SCALE_FACTOR,
        smallest_side=SMALLEST_SIDE,
        tile_side=TILE_SIDES[_KIND],
        tolerance=TOLERANCES[_KIND],
        crappifiers=[],
        training=[],
        command=f"pssr-live export --from-pssr-v1 {path.name}",
        seed=0,
        input_range=InputRange(pixel_size_um=None, photons_at_peak=None, snr=None),
        validation=[],
        files={},
    )
    try:
        return export_bundle(plain_network(network), manifest, proof_window(), folder=folder)
    except EngineError:
        raise
    except MemoryError as error:
        raise UserError(
            f"There is too little memory to export {path.name}.", "Close other programs."
        ) from error


def _read(path: Path) -> tuple[dict[str, Tensor], V1Statistics | None]:
    try:
        file = read_torch_file(path)
        stored, statistics = _weights(file.content), _statistics(file)
        return {name: torch.from_numpy(file.read(one)) for name, one in stored.items()}, statistics
    except ForeignClassError as error:
        raise UserError(
            f"{path.name} calls for {error}, which no model of PSSR v1 needs; none of it was run.",
            "Save the weights alone in v1, learn.save('weights', with_opt=False), and give that "
            "file with --v1-mean and --v1-deviation.",
        ) from error
    except DamagedFileError as error:
        raise UserError(
            f"{path.name} is not a whole file of PSSR v1: {str(error).rstrip('.')}.",
            "Copy it again from where it was made.",
        ) from error
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.", "Give the model's path.") from None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.", "Check the path.") from error


def _weights(content: object) -> dict[str, StoredTensor]:
    """Find the weights: of an exported learner's model, or in a state, with an optimiser's or not.

    Raises
    ------
    DamagedFileError
        If there are none.
    """
    model = content.get("model", content) if isinstance(content, dict) else content
    if isinstance(model, Inert):
        return dict(_tensors(model))
    if isinstance(model, Mapping):
        found = {
            name: tensor
            for name, tensor in model.items()
            if isinstance(name, str) and isinstance(tensor, StoredTensor)
        }
        if found:
            return found
    raise DamagedFileError("there is no model in it")


def _tensors(module: Inert, prefix: str = "") -> Iterator[tuple[str, StoredTensor]]:
    """Yield parameters and buffers of a module, and of those in it, by their names."""
    for kind in ("_parameters", "_buffers"):
        own = module.part(kind)
        for name, tensor in own.items() if isinstance(own, dict) else ():
            if isinstance(tensor, StoredTensor):
                yield f"{prefix}{name}", tensor
    inner = module.part("_modules")
    for name, child in inner.items() if isinstance(inner, dict) else ():
        # No network is as deep as a file could make one.
        if isinstance(child, Inert) and prefix.count(".") < 20:
            yield from _tensors(child, f"{prefix}{name}.")


def _statistics(file: TorchFile) -> V1Statistics | None:
    """Find by what an exported learner's data were normalised; by 0 and 1 where they were not.

    Raises
    ------
    DamagedFileError
        If images and truths were not normalised alike, by one mean and one deviation of all
        channels or by those of ImageNet's.
    """
    data = file.content.get("data") if isinstance(file.content, dict) else None
    if not isinstance(data, dict):
        return None
    keywords = data.get("normalize")
    if keywords is None:
        return V1Statistics(0.0, 1.0)
    if not isinstance(keywords, dict) or not (keywords.get("do_x") and keywords.get("do_y")):
        raise DamagedFileError("its images and truths were not normalised alike")
    found = []
    for name in ("mean", "std"):
        tensor = keywords.get(name)
        if not isinstance(tensor, StoredTensor):
            raise DamagedFileError("it does not say by what its images were normalised")
        found.append([float(number) for number in file.read(tensor).ravel()])
    try:
        return statistics_of_v1(*found)
    except ValueError as error:
        raise DamagedFileError(str(error)) from error


def _in_words(statistics: V1Statistics) -> str:
    if statistics.of_imagenet:
        return "ImageNet's means and standard deviations"
    return f"mean {statistics.mean:g} and standard deviation {statistics.deviation:g}"


def _engine_name(path: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")
    return f"pssr-v1-{name}" if name else "pssr-v1"
