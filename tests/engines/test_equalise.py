from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engines.equalise import equalise
from engines.variants import run_onnx

UNITS = np.random.default_rng(1).random((5, 12, 14), dtype=np.float32)
# One channel is hundreds of times the others, one is dead.
PEAKS = np.array([100.0, 1.0, 0.3, 0.0], np.float32)


def chain(*between: onnx.NodeProto, tail: str = "second") -> onnx.ModelProto:
    """Convolution with bias, what is given, two convolutions of its result, their sum."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(4, 5, 3, 3)).astype(np.float32) * PEAKS[:, None, None, None]
    arrays = {
        "first": first,
        "bias": PEAKS / 10,
        "second": rng.normal(size=(16, 4, 3, 3)).astype(np.float32),
        "third": rng.normal(size=(16, 4, 3, 3)).astype(np.float32),
    }
    pads = {"pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["window", "first", "bias"], ["found"], **pads),
        *between,
        helper.make_node("Conv", ["positive", "second"], ["a"], **pads),
        helper.make_node("Conv", ["positive", tail], ["b"], **pads),
        helper.make_node("Add", ["a", "b"], ["cells"]),
        helper.make_node("DepthToSpace", ["cells"], ["restored"], blocksize=4, mode="CRD"),
    ]
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, [1, 5, "h", "w"])],
        [helper.make_tensor_value_info("restored", TensorProto.FLOAT, [1, 1, "sh", "sw"])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


RELU = helper.make_node("Relu", ["found"], ["positive"])


def rescale(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Equalise a model in place; the weights that it has then."""
    readers = [node for node in model.graph.node if list(node.input[:1]) == ["positive"]]
    equalise(onnx, model.graph, readers, peaks={"positive": PEAKS})
    return {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}


def test_the_network_computes_the_same() -> None:
    model = chain(RELU, tail="third")
    before = run_onnx(model.SerializeToString(), UNITS)
    rescale(model)
    after = run_onnx(model.SerializeToString(), UNITS)
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-3)


def test_channels_and_weights_meet_half_way() -> None:
    before = chain(RELU, tail="third")
    weights = {weight.name: numpy_helper.to_array(weight) for weight in before.graph.initializer}
    after = rescale(before)
    ratio = np.abs(after["first"]).max((1, 2, 3))[:3] / np.abs(weights["first"]).max((1, 2, 3))[:3]
    np.testing.assert_allclose(ratio, PEAKS[:3] ** -0.5, rtol=1e-5)
    np.testing.assert_allclose(after["bias"][:3] * PEAKS[:3] ** 0.5, weights["bias"][:3], rtol=1e-5)
    for name in ("second", "third"):
        expected = weights[name][:, :3] * PEAKS[None, :3, None, None] ** 0.5
        np.testing.assert_allclose(after[name][:, :3], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        chain(helper.make_node("Clip", ["found", "floor"], ["positive"]), tail="third"),
        chain(
            helper.make_node("Relu", ["found"], ["above"]),
            helper.make_node("Identity", ["above"], ["positive"]),
            tail="third",
        ),
        chain(RELU, tail="second"),
    ],
    ids=["a clipped ReLU", "something behind the ReLU", "weights used twice"],
)
def test_what_would_not_compute_the_same_is_left_alone(model: onnx.ModelProto) -> None:
    before = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    after = rescale(model)
    for name, weight in before.items():
        np.testing.assert_array_equal(after[name], weight)


def test_a_feature_map_that_others_read_too_is_left_alone() -> None:
    model = chain(RELU, tail="third")
    model.graph.output.append(helper.make_empty_tensor_value_info("positive"))
    before = numpy_helper.to_array(model.graph.initializer[0])
    np.testing.assert_array_equal(rescale(model)["first"], before)
