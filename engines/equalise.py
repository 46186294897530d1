"""Channels of like range: the network computes the same, and loses less to eight bits.

Eight bits cover a whole feature map with one step, which is set by its largest channel. Behind a
ReLU a channel may be divided by any number if the next convolution's weights for it are multiplied
by the same (Nagel et al., "Data-free quantization through weight equalization and bias correction",
ICCV 2019). Divided by the square root of its range it meets the weights half way, since those are
rounded too (Xiao et al., "SmoothQuant", ICML 2023).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A channel that is nearly dead is not blown up beyond this part of the largest.
SMALLEST_PEAK = 1e-3


def equalise(
    onnx: Any, graph: Any, readers: Iterable[Any], *, peaks: Mapping[str, NDArray[np.float32]]
) -> None:
    """Rescale the channels between convolutions, in place.

    Parameters
    ----------
    onnx : module
    graph : GraphProto
    readers : iterable of NodeProto
        Convolutions whose weights may be changed.
    peaks : mapping of str to ndarray of float32, shape (channels,)
        How high each channel of a feature map typically rises.
    """
    weights = {weight.name: weight for weight in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    uses = Counter(name for node in graph.node for name in node.input)
    uses.update(output.name for output in graph.output)
    changeable = {
        node.output[0]: node for node in readers if _only_here(node.input[1:], weights, uses)
    }
    for name, channels in peaks.items():
        users = [node for node in changeable.values() if node.input[0] == name]
        maker = _maker(producers, name)
        if maker is None or len(users) < uses[name] or uses[maker.output[0]] > 1:
            continue
        if not _only_here(maker.input[1:], weights, uses):
            continue
        if any(weights[user.input[1]].dims[1] != len(channels) for user in users):
            continue
        scale = np.sqrt(np.maximum(channels, SMALLEST_PEAK * channels.max()))
        if not scale.all():
            continue
        for parameter in maker.input[1:]:
            _multiply(onnx, weights[parameter], 1 / scale, axis=0)
        for user in users:
            _multiply(onnx, weights[user.input[1]], scale, axis=1)


def _maker(producers: Mapping[str, Any], name: str) -> Any:
    """Find the convolution whose ReLU put a feature map out; None if it is not so simple."""
    relu = producers.get(name)
    if relu is None or relu.op_type != "Relu":
        return None
    maker = producers.get(relu.input[0])
    return maker if maker is not None and maker.op_type == "Conv" else None


def _only_here(names: Iterable[str], weights: Mapping[str, Any], uses: Counter[str]) -> bool:
    return all(name in weights and uses[name] == 1 for name in names)


def _multiply(onnx: Any, weight: Any, scale: NDArray[np.float32], *, axis: int) -> None:
    values: NDArray[np.float32] = onnx.numpy_helper.to_array(weight)
    shape = [1] * values.ndim
    shape[axis] = -1
    scaled = (values * scale.reshape(shape)).astype(np.float32)
    weight.CopyFrom(onnx.numpy_helper.from_array(scaled, weight.name))
