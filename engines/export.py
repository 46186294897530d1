"""From a trained network to a bundle: ONNX, checked, with the proof that any backend must redo."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from engines.architectures.uncertain import Uncertain
from engines.bundle import Bundle, write_bundle
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.known import remember_as_ours
from engines.manifest import MODEL_FILE, UNCERTAINTY_FILE, Manifest, PredictedUncertainty
from engines.onnx_file import INPUT, OUTPUT, UNCERTAINTY
from engines.proof import Proof
from engines.variants import copy_bundle, proof_difference, run_onnx

OPSET = 18
# In network units. Two libraries computing in float32 differ by about a millionth.
LARGEST_FLOAT32_DIFFERENCE = 1e-4


def export_bundle(
    network: nn.Module,
    manifest: Manifest,
    window: NDArray[np.uint16],
    *,
    folder: Path,
    replace: bool = False,
) -> Bundle:
    """Write a network as a bundle.

    Parameters
    ----------
    network : Module
        From (N, frames, H, W) to (N, 1, sH, sW), network units.
    manifest : Manifest
        Its `files` are filled in here.
    window : ndarray of uint16, shape (5, H, W)
        Counts for the proof.
    folder : Path
    replace : bool
        Whether a bundle that stands there already may go.

    Raises
    ------
    EngineError
        If ONNX Runtime does not get what torch got, or the bundle can't be written.
    """
    model = to_onnx(network, manifest.frames, manifest.smallest_side)
    proof = prove(network, window, manifest.seen)
    redone = run_onnx(model, proof.intensity.to_network(window[manifest.seen]))
    expected = proof.intensity.to_network(proof.restored)
    difference = float(np.max(np.abs(redone - expected)))
    if not difference <= LARGEST_FLOAT32_DIFFERENCE:
        raise EngineError(
            f"The exported model differs from the trained network by {difference:.2g}.",
            "Update torch and onnxruntime, then export again.",
        )
    bundle = write_bundle(folder, manifest, model, proof=proof, replace=replace)
    remember_as_ours(bundle.manifest.files[MODEL_FILE])
    return bundle


def export_uncertainty(
    network: Uncertain,
    bundle: Bundle,
    stated: PredictedUncertainty,
    *,
    folder: Path,
    replace: bool = False,
) -> Bundle:
    """Write a bundle anew with a second model, which says how far off it may be.

    Parameters
    ----------
    network : Uncertain
        On the bundle's own network, calibrated.
    bundle : Bundle
    stated : PredictedUncertainty
        What is known of it.
    folder : Path
        Where the new bundle shall stand, which may be where this one stands.
    replace : bool
        Whether a bundle that stands there already may go.

    Raises
    ------
    EngineError
        If it does not restore as the bundle's own model does, or the bundle can't be written.
    """
    manifest = bundle.manifest
    model = to_onnx(network, manifest.frames, manifest.smallest_side, outputs=(OUTPUT, UNCERTAINTY))
    difference = proof_difference(bundle, model)
    if not difference <= LARGEST_FLOAT32_DIFFERENCE:
        raise EngineError(
            f"With its uncertainty {manifest.name} would be off by {difference:.2g} network units "
            "on its proof.",
            "Update torch and onnxruntime, then let it learn again.",
        )
    copy = copy_bundle(bundle, folder, uncertain=(stated, model), replace=replace)
    remember_as_ours(copy.manifest.files[UNCERTAINTY_FILE])
    return copy


def to_onnx(
    network: nn.Module, frames: int, smallest_side: int, *, outputs: Sequence[str] = (OUTPUT,)
) -> bytes:
    """Turn a network into an ONNX model of float32 weights for frames of any size."""
    side = max(smallest_side, 16)
    example = torch.zeros(1, frames, side, side + 8)
    height = torch.export.Dim("height", min=smallest_side, max=16384)
    width = torch.export.Dim("width", min=smallest_side, max=16384)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Deprecations inside torch's own exporter.
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network.eval(),
                (example,),
                input_names=[INPUT],
                output_names=[*outputs],
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=({2: height, 3: width},),
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    if program is None:
        raise EngineError("torch made no ONNX program.", "Update torch and onnxscript.")
    return _plain(program.model_proto)


def _plain(model: onnx.ModelProto) -> bytes:
    """Leave out what the exporter notes of the code and the computer that it ran on."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for part in (*graph.input, *graph.output):
        part.ClearField("metadata_props")
    content: bytes = model.SerializeToString()
    return content


def prove(network: nn.Module, window: NDArray[np.uint16], seen: slice) -> Proof:
    """Restore a window with torch, for others to redo.

    Parameters
    ----------
    network : Module
        See `export_bundle`.
    window : ndarray of uint16, shape (5, H, W)
        Counts.
    seen : slice
        The frames of the window that the network takes.
    """
    intensity = IntensityScale.from_window(window)
    units = torch.from_numpy(intensity.to_network(window[seen]))[None]
    with torch.inference_mode():
        restored = network.eval()(units)[0, 0].numpy()
    counts = restored * np.float32(intensity.gain) + np.float32(intensity.offset)
    return Proof(window, intensity, counts.astype(np.float32))
