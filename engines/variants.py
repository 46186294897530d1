"""A bundle's network in another precision, compared with what torch made of the proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.bundle import Bundle, write_bundle
from engines.errors import EngineError
from engines.manifest import ModelVariant, OtherPrecision, PrecisionLoss, PredictedUncertainty
from engines.onnx_file import INPUT, OUTPUT
from engines.telemetry import import_onnxruntime

Units = NDArray[np.float32]

# In network units, at the worst pixel of the proof. Beyond it a model is not rounded, but wrong.
LARGEST_ERROR: dict[OtherPrecision, float] = {"fp16": 0.015, "int8": 0.15}
# Libraries round in different places: another may be off by so much more.
SLACK = 1.5


def onnx_restorer(model: bytes) -> Callable[[Units], Units]:
    """Turn an ONNX model into a function from a window to a restored frame, in network units.

    Parameters
    ----------
    model : bytes

    Returns
    -------
    callable
        From ndarray of float32, shape (frames, H, W), to ndarray of float32, shape (sH, sW).
    """
    session = import_onnxruntime().InferenceSession(model, providers=["CPUExecutionProvider"])

    def restore(window: Units) -> Units:
        restored: Units = session.run([OUTPUT], {INPUT: window[None]})[0][0, 0]
        return restored

    return restore


def run_onnx(model: bytes, units: Units) -> Units:
    """Run an ONNX model once with ONNX Runtime, on one window in network units."""
    return onnx_restorer(model)(units)


def add_variant(
    bundle: Bundle,
    precision: OtherPrecision,
    model: bytes,
    *,
    losses: Sequence[PrecisionLoss],
    folder: Path,
    replace: bool = False,
) -> Bundle:
    """Write a bundle anew with its network in one more precision; plans are taken along.

    Parameters
    ----------
    bundle : Bundle
    precision : str
    model : bytes
        ONNX.
    losses : sequence of PrecisionLoss
        What it costs, as measured.
    folder : Path
        Where the new bundle shall stand, which may be where this one stands.
    replace : bool
        Whether a bundle that stands there already may go.

    Raises
    ------
    EngineError
        If the model is too far from the proof, or the bundle can't be written.
    """
    error = proof_difference(bundle, model)
    if not error <= LARGEST_ERROR[precision]:
        raise EngineError(
            f"In {precision} {bundle.manifest.name} is off by {error:.2g} network units on its "
            f"proof; {LARGEST_ERROR[precision]:g} are allowed.",
            "Stay with float32: leave --precision out",
        )
    # Rounded up, so that the manifest states no more digits than are known.
    tolerance = max(bundle.manifest.tolerance, float(np.ceil(SLACK * error * 1000) / 1000))
    variant = ModelVariant(tolerance=tolerance, losses=list(losses))
    return copy_bundle(bundle, folder, {precision: (variant, model)}, replace=replace)


def copy_bundle(
    bundle: Bundle,
    folder: Path,
    added: dict[OtherPrecision, tuple[ModelVariant, bytes]] | None = None,
    *,
    uncertain: tuple[PredictedUncertainty, bytes] | None = None,
    replace: bool = False,
) -> Bundle:
    """Write a bundle anew, with all it has and what is added.

    See `add_variant`, and for the model that predicts its uncertainty
    `engines.export.export_uncertainty`.
    """
    kept = bundle.manifest.precisions
    models = {precision: bundle.model_in(precision).read_bytes() for precision in kept}
    new = {precision: variant for precision, (variant, _) in (added or {}).items()}
    models |= {precision: model for precision, (_, model) in (added or {}).items()}
    if uncertain is None and bundle.manifest.uncertainty is not None:
        kept_model = bundle.model_with_uncertainty().read_bytes()
        uncertain = bundle.manifest.uncertainty, kept_model
    stated, content = uncertain or (None, None)
    return write_bundle(
        folder,
        bundle.manifest.model_copy(update={"precisions": {**kept, **new}, "uncertainty": stated}),
        bundle.model.read_bytes(),
        proof=bundle.proof,
        others=models,
        uncertain=content,
        plans=bundle.plans,
        replace=replace,
    )


def proof_difference(bundle: Bundle, model: bytes) -> float:
    """Largest difference of a model's result from the bundle's proof, in network units."""
    proof = bundle.proof
    restored = run_onnx(model, proof.intensity.to_network(proof.window[bundle.manifest.seen]))
    return float(np.abs(restored - proof.intensity.to_network(proof.restored)).max())
