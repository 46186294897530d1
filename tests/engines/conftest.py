"""A tiny engine, whole and real: a bundle with a fixed network that NumPy can follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engines import (
    BACKENDS,
    Bundle,
    InputRange,
    IntensityScale,
    Manifest,
    ModelVariant,
    OtherPrecision,
    PrecisionLoss,
    to_half,
    to_int8,
)
from engines.bundle import write_bundle
from engines.known import remember_as_ours
from engines.proof import Proof

FRAMES = 5
SMALLEST_SIDE = 3
TOLERANCE = 0.05
VARIANT = ModelVariant(
    tolerance=TOLERANCE,
    losses=[PrecisionLoss(series="stripes", crappifier="detector", float32=30.0, lost=0.02)],
)
PRECISIONS: dict[OtherPrecision, ModelVariant] = {"fp16": VARIANT, "int8": VARIANT}


def _weights(
    frames: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Edges of four frames, how they brighten a cell, and the bilinear enlargement."""
    edges = np.zeros((4, frames, 3, 3), dtype=np.float32)
    for channel in range(4):
        edges[channel, channel % frames] = -0.125
        edges[channel, channel % frames, 1, 1] = 1.0
    details = (np.arange(64, dtype=np.float32).reshape(16, 4, 1, 1) - 32) / 128
    place = (np.arange(4) + 0.5) / 4 - 0.5
    line = np.stack([np.maximum(-place, 0), 1 - np.abs(place), np.maximum(place, 0)], axis=-1)
    enlargement = np.zeros((16, frames, 3, 3), dtype=np.float32)
    enlargement[:, frames // 2] = np.einsum("iy,jx->ijyx", line, line).reshape(16, 3, 3)
    return edges, details, enlargement


def tiny_model(last: str = "Identity", frames: int = FRAMES) -> bytes:
    """Convolution, ReLU, convolution, skip, pixel shuffle; `last` is an operator at the end."""
    edges, details, enlargement = _weights(frames)
    nodes = [
        helper.make_node("Pad", ["window", "pads"], ["edged"], mode="edge"),
        helper.make_node("Conv", ["edged", "edges"], ["found"]),
        helper.make_node("Relu", ["found"], ["positive"]),
        helper.make_node("Conv", ["positive", "details"], ["added"]),
        helper.make_node("Conv", ["edged", "enlargement"], ["enlarged"]),
        helper.make_node("Add", ["added", "enlarged"], ["cells"]),
        helper.make_node(last, ["cells"], ["ended"]),
        helper.make_node("DepthToSpace", ["ended"], ["restored"], blocksize=4, mode="CRD"),
    ]
    arrays = {
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], dtype=np.int64),
        "edges": edges,
        "details": details,
        "enlargement": enlargement,
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, [1, frames, "h", "w"])],
        [helper.make_tensor_value_info("restored", TensorProto.FLOAT, [1, 1, "sh", "sw"])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def tiny_restore(window: NDArray[np.generic], intensity: IntensityScale) -> NDArray[np.float64]:
    """What the tiny network makes of a window, in counts, followed in double precision."""
    edges, details, enlargement = (array.astype(np.float64) for array in _weights(len(window)))
    units = (window.astype(np.float64) - intensity.offset) / intensity.gain
    edged = np.pad(units, ((0, 0), (1, 1), (1, 1)), mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(edged, (3, 3), axis=(1, 2))
    positive = np.maximum(np.einsum("ocyx,chwyx->ohw", edges, views), 0)
    cells = np.einsum("oc,chw->ohw", details[:, :, 0, 0], positive)
    cells += np.einsum("ocyx,chwyx->ohw", enlargement, views)
    height, width = units.shape[1:]
    restored = cells.reshape(4, 4, height, width).transpose(2, 0, 3, 1)
    return intensity.offset + intensity.gain * restored.reshape(4 * height, 4 * width)


def tiny_manifest(**changes: object) -> Manifest:
    """A manifest for the tiny network."""
    manifest = Manifest(
        name="tiny",
        version="1.0",
        description="A network of three convolutions for the tests",
        architecture={"kind": "tiny"},
        frames=FRAMES,
        scale_factor=4,
        smallest_side=SMALLEST_SIDE,
        tolerance=TOLERANCE,
        crappifiers=[],
        training=[],
        command="",
        seed=0,
        input_range=InputRange(
            pixel_size_um=(0.1, 0.3), photons_at_peak=(4.0, 80.0), snr=(1.0, 10.0)
        ),
        validation=[],
        files={},
    )
    return manifest.model_copy(update=changes)


def noisy_window(
    height: int, width: int, dtype: type[np.unsignedinteger] = np.uint16, seed: int = 0
) -> NDArray[np.unsignedinteger]:
    """Five frames of a striped field with photon noise, shape (5, height, width)."""
    rng = np.random.default_rng(seed)
    stripes = 20 + 15 * np.sin(np.arange(height)[:, None] / 3 + np.arange(width) / 5)
    return (4 + 3 * rng.poisson(stripes, (FRAMES, height, width))).clip(0, 255).astype(dtype)


def tiny_proof() -> Proof:
    """The tiny network's proof, of a frame that is not square."""
    window = noisy_window(19, 32)
    intensity = IntensityScale.from_window(window)
    return Proof(window, intensity, tiny_restore(window, intensity).astype(np.float32))


def in_other_precisions(model: bytes, frames: int = FRAMES) -> dict[OtherPrecision, bytes]:
    """A model in float16 and in eight bits."""
    scale = IntensityScale(4.0, 100.0)
    windows = [scale.to_network(noisy_window(24, 24, seed=seed))[:frames] for seed in range(3)]
    return {"fp16": to_half(model), "int8": to_int8(model, windows)}


def made_here(bundle: Bundle) -> Bundle:
    """Let a bundle count as exported on this computer, so that it is opened in this process."""
    for name in bundle.manifest.model_files:
        remember_as_ours(bundle.manifest.files[name])
    return bundle


BundleMaker = Callable[..., Bundle]


@pytest.fixture
def make_bundle(tmp_path: Path) -> BundleMaker:
    """Write a tiny bundle with another model or proof, or another manifest entry."""

    def make(model: bytes | None = None, proof: Proof | None = None, **changes: object) -> Bundle:
        manifest = tiny_manifest(**{"precisions": PRECISIONS, **changes})
        model = tiny_model() if model is None else model
        others = in_other_precisions(model, manifest.frames) if manifest.precisions else {}
        return made_here(
            write_bundle(
                tmp_path / "changed",
                manifest,
                model,
                proof=tiny_proof() if proof is None else proof,
                others=others,
            )
        )

    return make


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny engine; read only."""
    folder = tmp_path_factory.mktemp("engines") / "tiny"
    return made_here(
        write_bundle(
            folder,
            tiny_manifest(precisions=PRECISIONS),
            tiny_model(),
            proof=tiny_proof(),
            others=in_other_precisions(tiny_model()),
        )
    )


# TensorRT needs a plan built beforehand, and has tests of its own.
WITHOUT_PLANS = tuple(name for name in BACKENDS if name != "tensorrt")


@pytest.fixture(scope="session", params=WITHOUT_PLANS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend that this computer can use."""
    why_not = BACKENDS[request.param].why_not()
    if why_not is not None:
        pytest.skip(why_not)
    return str(request.param)
