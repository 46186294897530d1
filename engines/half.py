"""A float32 ONNX model in float16: TensorRT takes each precision as the graph states it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.onnx_library import find_onnx, read_model

# Inputs that the ONNX standard keeps in float32: where and by how much an image is resized.
FLOAT32_INPUTS = {"Resize": (1, 2)}
SUFFIX = "_half"


def to_half(model: bytes) -> bytes:
    """Turn every weight and every operation into float16; input and output stay float32.

    Parameters
    ----------
    model : bytes
        An ONNX model of float32.

    Returns
    -------
    bytes

    Raises
    ------
    EngineError
        If onnx is missing, or the model is damaged, has weights beyond float16 or graphs within its
        graph.
    """
    onnx = find_onnx()
    proto = read_model(model)
    graph = proto.graph
    kept = {
        node.input[place]
        for node in graph.node
        for place in FLOAT32_INPUTS.get(node.op_type, ())
        if place < len(node.input)
    }
    for weight in graph.initializer:
        if weight.name not in kept:
            _halve(onnx, weight)
    for node in graph.node:
        if not kept.intersection(node.output):
            _halve_attributes(onnx, node)
    _keep_ends(onnx, graph)
    # They state the types of what lies between, which are no longer so.
    del graph.value_info[:]
    onnx.checker.check_model(proto, full_check=True)
    halved: bytes = proto.SerializeToString()
    return halved


def _halve(onnx: Any, tensor: Any) -> None:
    if tensor.data_type != onnx.TensorProto.FLOAT:
        return
    values: NDArray[np.float32] = onnx.numpy_helper.to_array(tensor)
    with np.errstate(over="ignore"):
        halved = values.astype(np.float16)
    if not np.isfinite(halved).all():
        raise EngineError(
            f"The weights {tensor.name} reach {np.abs(values).max():.3g}, beyond float16.",
            "Build for float32: --precision fp32",
        )
    tensor.CopyFrom(onnx.numpy_helper.from_array(halved, tensor.name))


def _halve_attributes(onnx: Any, node: Any) -> None:
    """Constants of a node, and what it casts to."""
    for attribute in node.attribute:
        if attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
            raise EngineError(
                f"The model has a graph within its node {node.name or node.op_type}.",
                "Build for float32: --precision fp32",
            )
        if attribute.type == onnx.AttributeProto.TENSOR:
            _halve(onnx, attribute.t)
        elif node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
            numbers = attribute.f if attribute.name == "value_float" else list(attribute.floats)
            tensor = onnx.numpy_helper.from_array(np.array(numbers, dtype=np.float32))
            _halve(onnx, tensor)
            attribute.CopyFrom(onnx.helper.make_attribute("value", tensor))
        elif node.op_type == "Cast" and attribute.i == onnx.TensorProto.FLOAT:
            attribute.i = onnx.TensorProto.FLOAT16


def _keep_ends(onnx: Any, graph: Any) -> None:
    """Cast after every float32 input and before every float32 output."""
    inputs, outputs = _floats(onnx, graph.input), _floats(onnx, graph.output)
    for node in graph.node:
        for names, ends in ((node.input, inputs), (node.output, outputs), (node.input, outputs)):
            for place, name in enumerate(names):
                if name in ends:
                    names[place] = name + SUFFIX
    half, single = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    first = [onnx.helper.make_node("Cast", [name], [name + SUFFIX], to=half) for name in inputs]
    last = [onnx.helper.make_node("Cast", [name + SUFFIX], [name], to=single) for name in outputs]
    nodes = [*first, *graph.node, *last]
    del graph.node[:]
    graph.node.extend(nodes)


def _floats(onnx: Any, values: Iterable[Any]) -> list[str]:
    return [
        value.name for value in values if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    ]
