from __future__ import annotations

import sys

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from engines import EngineError, IntensityScale, load_bundle, to_int8
from engines.architectures import Lite
from engines.export import to_onnx
from engines.int8 import HIGHEST_WEIGHT
from engines.intensity import BRIGHTEST_STRUCTURE
from engines.variants import run_onnx
from tests.engines.conftest import noisy_window, tiny_model

SCALE = IntensityScale(4.0, 100.0)
WINDOWS = [SCALE.to_network(noisy_window(32, 40, seed=seed)) for seed in range(4)]
UNSEEN = SCALE.to_network(noisy_window(40, 32, seed=9))


@pytest.fixture(scope="module")
def network() -> Lite:
    torch.manual_seed(5)
    return Lite(channels=8, coarse_channels=8, pairs=1)


@pytest.fixture(scope="module")
def model(network: Lite) -> bytes:
    return to_onnx(network, 5, 8)


@pytest.fixture(scope="module")
def rounded(model: bytes) -> bytes:
    return to_int8(model, WINDOWS)


def integers(model: bytes) -> dict[str, NDArray[np.int8]]:
    graph = onnx.load_from_string(model).graph
    return {
        weight.name: numpy_helper.to_array(weight)
        for weight in graph.initializer
        if weight.data_type == TensorProto.INT8 and len(weight.dims) == 4
    }


def in_float(model: bytes) -> list[str]:
    """Names of the weights of convolutions that stay in float."""
    graph = onnx.load_from_string(model).graph
    weights = {weight.name for weight in graph.initializer}
    return [
        node.input[1] for node in graph.node if node.op_type == "Conv" and node.input[1] in weights
    ]


def test_it_restores_the_same_within_the_rounding(model: bytes, rounded: bytes) -> None:
    expected = run_onnx(model, UNSEEN)
    error = run_onnx(rounded, UNSEEN) - expected
    assert 0 < np.abs(error).max() < 0.05 * expected.max()
    assert np.sqrt(np.mean(error**2)) < 0.01 * expected.max()


def test_what_reads_raw_frames_stays_in_float(rounded: bytes) -> None:
    assert in_float(rounded) == ["head.weight", "enlargement.weight"]
    assert len(integers(rounded)) == 9


def test_the_model_is_smaller() -> None:
    bundled = load_bundle("mito-lite").model.read_bytes()
    assert len(to_int8(bundled, WINDOWS[:1])) < 0.4 * len(bundled)


def test_two_products_fit_into_sixteen_bits(rounded: bytes) -> None:
    for weights in integers(rounded).values():
        assert np.abs(weights.astype(int)).max() == HIGHEST_WEIGHT
    assert 2 * 255 * HIGHEST_WEIGHT < 2**15


def test_frames_of_any_size_are_taken(model: bytes, rounded: bytes) -> None:
    units = SCALE.to_network(noisy_window(17, 50, seed=3))
    np.testing.assert_allclose(run_onnx(rounded, units), run_onnx(model, units), atol=0.05)


def test_a_structure_as_bright_as_the_intensity_scale_allows_is_not_cut_off(
    model: bytes, rounded: bytes
) -> None:
    bright = WINDOWS[0].copy()
    bright[:, 10:18, 10:18] = BRIGHTEST_STRUCTURE
    expected = run_onnx(model, bright)
    error = np.abs(run_onnx(rounded, bright) - expected)
    assert error.max() < 0.03 * expected.max()


def test_the_same_windows_make_the_same_model(model: bytes, rounded: bytes) -> None:
    assert to_int8(model, WINDOWS) == rounded


def test_an_empty_window_does_no_harm(model: bytes) -> None:
    empty = np.zeros_like(WINDOWS[0])
    assert np.isfinite(run_onnx(to_int8(model, [*WINDOWS, empty]), UNSEEN)).all()
    assert np.isfinite(run_onnx(to_int8(model, [empty]), UNSEEN)).all()


class Clipped(nn.Module):
    """Reads cells of 2x2 pixels, and clips what it finds."""

    def __init__(self, clip: nn.Module) -> None:
        super().__init__()
        self.first = nn.Conv2d(20, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 64, 3, padding=1)
        self.third = nn.Conv2d(16, 16, 3, padding=1)
        self.clip = clip

    def forward(self, window: Tensor) -> Tensor:
        cells = functional.pixel_unshuffle(window, 2)
        found = functional.pixel_shuffle(self.clip(self.second(self.clip(self.first(cells)))), 2)
        return functional.pixel_shuffle(self.third(found), 4)


class CapAt(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features).clamp(max=2.0)


@pytest.mark.parametrize("clip", [nn.Hardtanh(0.0, 2.0), CapAt()])
def test_other_networks_are_rounded_by_the_same_rule(clip: nn.Module) -> None:
    torch.manual_seed(6)
    single = to_onnx(Clipped(clip), 5, 8)
    rounded = to_int8(single, WINDOWS)
    assert in_float(rounded) == ["first.weight"]
    expected = run_onnx(single, UNSEEN)
    assert np.abs(run_onnx(rounded, UNSEEN) - expected).max() < 0.03 * np.abs(expected).max()


def test_a_convolution_that_reads_negative_numbers_stays_in_float() -> None:
    model = onnx.load_from_string(tiny_model())
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    relu.op_type = "LeakyRelu"
    with pytest.raises(EngineError, match=r"No convolution .* ReLU .*--precision fp16"):
        to_int8(model.SerializeToString(), WINDOWS)


def test_a_feature_map_that_several_convolutions_read_is_rounded_once(model: bytes) -> None:
    proto = onnx.load_from_string(tiny_model())
    nodes = proto.graph.node
    (details,) = (node for node in nodes if "details" in node.input)
    place = list(nodes).index(details)
    nodes.insert(place + 1, helper.make_node("Conv", ["positive", "details"], ["again"]))
    added = next(node for node in nodes if node.op_type == "Add")
    added.input[1] = "again"
    rounded = onnx.load_from_string(to_int8(proto.SerializeToString(), WINDOWS))
    assert [node.op_type for node in rounded.graph.node].count("QuantizeLinear") == 1
    expected = run_onnx(proto.SerializeToString(), UNSEEN)
    error = run_onnx(rounded.SerializeToString(), UNSEEN) - expected
    assert np.abs(error).max() < 0.02


def test_without_onnx_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EngineError, match="python -m pip install onnx"):
        to_int8(b"", WINDOWS)
