from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from engines import EngineError, to_half
from tests.engines.conftest import FRAMES, noisy_window, tiny_model


def run(model: bytes, units: NDArray[np.float32]) -> NDArray[np.generic]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (restored,) = session.run(None, {"window": units})
    return np.asarray(restored)


def a_model(nodes: list[onnx.NodeProto], **arrays: NDArray[np.generic]) -> bytes:
    """From `window` to `restored`, both (1, 5, h, w)."""
    shape = [1, FRAMES, "h", "w"]
    graph = helper.make_graph(
        nodes,
        "a",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("restored", TensorProto.FLOAT, [1, FRAMES, "sh", "sw"])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def floats(model: bytes) -> Iterator[str]:
    """Names of the weights and constants that are float32."""
    graph = onnx.load_from_string(model).graph
    constants = [
        attribute.t
        for node in graph.node
        for attribute in node.attribute
        if attribute.type == onnx.AttributeProto.TENSOR
    ]
    for tensor in (*graph.initializer, *constants):
        if tensor.data_type == TensorProto.FLOAT:
            yield tensor.name


UNITS = ((noisy_window(19, 32) - 50.0) / 100.0).astype(np.float32)[None]


def test_a_model_in_float16_restores_the_same_within_its_rounding() -> None:
    single = run(tiny_model(), UNITS)
    # ONNX Runtime computes in float32 where the CPU has no float16, and leaves the casts out.
    (half,) = ReferenceEvaluator(to_half(tiny_model())).run(None, {"window": UNITS})
    assert half.dtype == np.float32
    assert half.shape == single.shape
    assert 0 < np.abs(half - single).max() < 5e-3


def test_no_weight_stays_float32() -> None:
    assert list(floats(tiny_model()))
    assert not list(floats(to_half(tiny_model())))


def test_it_takes_half_the_room() -> None:
    weights = np.zeros((FRAMES, FRAMES, 31, 31), dtype=np.float32)
    model = a_model(
        [helper.make_node("Conv", ["window", "w"], ["restored"], pads=[15] * 4)], w=weights
    )
    assert len(to_half(model)) < 0.6 * len(model)


def test_the_sizes_of_a_resize_stay_float32() -> None:
    scales = np.array([1, 1, 2, 2], dtype=np.float32)
    nodes = [helper.make_node("Resize", ["window", "", "scales"], ["restored"], mode="linear")]
    model = a_model(nodes, scales=scales)
    assert list(floats(to_half(model))) == ["scales"]
    np.testing.assert_allclose(run(to_half(model), UNITS), run(model, UNITS), atol=2e-3)


def test_constants_and_casts_follow() -> None:
    two = numpy_helper.from_array(np.array(2.0, dtype=np.float32))
    nodes = [
        helper.make_node("Constant", [], ["two"], value=two),
        helper.make_node("Constant", [], ["three"], value_float=3.0),
        helper.make_node("Cast", ["window"], ["same"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["same", "two"], ["twice"]),
        helper.make_node("Add", ["twice", "three"], ["restored"]),
    ]
    half = to_half(a_model(nodes))
    assert not list(floats(half))
    np.testing.assert_allclose(run(half, UNITS), 2 * UNITS + 3, atol=5e-3)


def test_weights_beyond_float16_are_refused() -> None:
    model = a_model(
        [helper.make_node("Mul", ["window", "large"], ["restored"])],
        large=np.array(1e5, dtype=np.float32),
    )
    with pytest.raises(EngineError, match=r"weights large reach 1e\+05.*--precision fp32"):
        to_half(model)


def test_a_graph_within_the_graph_is_refused() -> None:
    branch = helper.make_graph(
        [helper.make_node("Identity", ["window"], ["one"])],
        "branch",
        [],
        [helper.make_tensor_value_info("one", TensorProto.FLOAT, None)],
    )
    nodes = [
        helper.make_node("If", ["yes"], ["restored"], then_branch=branch, else_branch=branch),
    ]
    with pytest.raises(EngineError, match="graph within its node If"):
        to_half(a_model(nodes, yes=np.array(True)))


def test_without_onnx_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EngineError, match="python -m pip install onnx"):
        to_half(b"")
