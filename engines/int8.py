"""A float32 ONNX model in eight bits, by static calibration on windows.

Rounded is what costs the time: convolutions that read what a ReLU put out, nine tenths of `lite`,
and what they read. What reads raw frames (the first convolution, the enlargement) keeps their range
and their small differences in float; so does what convolutions put out, and all after the last.

The model stays an ordinary ONNX: QuantizeLinear and DequantizeLinear stand round the convolutions,
and OpenVINO and ONNX Runtime make integer arithmetic of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.equalise import equalise
from engines.errors import EngineError
from engines.intensity import BRIGHTEST_STRUCTURE, SPECK_PIXELS
from engines.onnx_file import INPUT
from engines.onnx_library import find_onnx, read_model
from engines.telemetry import import_onnxruntime

# What lies beyond this part of all values is cut off: the steps are then finer for the others.
COVERED = 0.9995
HIGHEST_ACTIVATION = 255
# Seven bits: where a processor adds pairs of products up in 16 bits (x86 without VNNI), two of
# 255 x 63 still fit.
HIGHEST_WEIGHT = 63
# What these put out has no negative number where their inputs have none, or the first of them.
KEEP_SIGN = frozenset({"Add", "Concat", "Min"})
KEEP_SIGN_OF_FIRST = frozenset(
    {"DepthToSpace", "MaxPool", "Pad", "Reshape", "Slice", "SpaceToDepth", "Transpose"}
)

WindowValues = NDArray[np.float32]


def to_int8(model: bytes, windows: Sequence[WindowValues]) -> bytes:
    """Turn the inner convolutions of a model into eight bits.

    Parameters
    ----------
    model : bytes
        An ONNX model of float32.
    windows : sequence of ndarray of float32, shape (frames, H, W)
        Such as it will see, in network units. Each is also looked at as bright as the intensity
        scale lets a recording become, so that bright structures are not cut off.

    Returns
    -------
    bytes

    Raises
    ------
    EngineError
        If onnx is missing, the model is damaged, or none of its convolutions reads what a ReLU put
        out.
    """
    onnx = find_onnx()
    proto = read_model(model)
    graph = proto.graph
    rounded = _convolutions(onnx, graph)
    if not rounded:
        raise EngineError(
            "No convolution of the model reads what a ReLU put out, so none can be rounded.",
            "Export it in another precision: --precision fp16",
        )
    names = list(dict.fromkeys(node.input[0] for node in rounded))
    equalise(onnx, graph, rounded, peaks=_peaks(onnx, proto, names, windows=windows))
    both = [*windows, *(_brightened(window) for window in windows)]
    ceilings = _ceilings(onnx, proto, names, windows=both)
    _round_features(onnx, graph, ceilings)
    _round_weights(onnx, graph, rounded)
    # They state the types of what lies between, which are no longer so.
    del graph.value_info[:]
    onnx.checker.check_model(proto, full_check=True)
    content: bytes = proto.SerializeToString()
    return content


def _convolutions(onnx: Any, graph: Any) -> list[Any]:
    """Find the convolutions with constant weights whose input has no negative number."""
    constants = {weight.name: weight for weight in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}

    @cache
    def is_positive(name: str) -> bool:
        if name in constants:
            return bool(onnx.numpy_helper.to_array(constants[name]).min() >= 0)
        node = producers.get(name)
        if node is None:
            return False
        match node.op_type:
            case "Relu":
                return True
            case "Clip":
                return len(node.input) > 1 and is_positive(node.input[1])
            case kind if kind in KEEP_SIGN_OF_FIRST:
                return is_positive(node.input[0])
            case kind:
                return kind in KEEP_SIGN and all(map(is_positive, node.input))

    return [
        node
        for node in graph.node
        if node.op_type == "Conv" and node.input[1] in constants and is_positive(node.input[0])
    ]


def _brightened(window: WindowValues) -> WindowValues:
    """Scale a window so that its brightest structure is as bright as any recording's."""
    mean = window.mean(axis=0)
    rank = max(mean.size - SPECK_PIXELS, 0)
    structure = float(np.partition(mean, rank, axis=None)[rank])
    return window * np.float32(BRIGHTEST_STRUCTURE / structure) if structure > 0 else window


def _peaks(
    onnx: Any, proto: Any, names: Sequence[str], *, windows: Iterable[WindowValues]
) -> dict[str, WindowValues]:
    """How high each channel of the feature maps rises, averaged over the windows."""
    heights = [
        [features.max(axis=(0, 2, 3)) for features in seen]
        for seen in _features(onnx, proto, names, windows=windows)
    ]
    means = [np.mean(channels, axis=0) for channels in zip(*heights, strict=True)]
    return dict(zip(names, means, strict=True))


def _ceilings(
    onnx: Any, proto: Any, names: Sequence[str], *, windows: Iterable[WindowValues]
) -> dict[str, float]:
    """Below which nearly all of each feature map lies, over all windows."""
    highest: dict[str, list[WindowValues]] = {name: [] for name in names}
    sizes = dict.fromkeys(names, 0)
    for seen in _features(onnx, proto, names, windows=windows):
        for name, features in zip(names, seen, strict=True):
            # The highest hundredth of each window holds all that can count in the end.
            rank = features.size - features.size // 100 - 1
            highest[name].append(np.partition(features, rank, axis=None)[rank:])
            sizes[name] += features.size
    ceilings = {}
    for name, kept in highest.items():
        values = np.sort(np.concatenate(kept))
        ceilings[name] = float(values[-1 - round((1 - COVERED) * sizes[name])])
    return ceilings


def _features(
    onnx: Any, proto: Any, names: Sequence[str], *, windows: Iterable[WindowValues]
) -> Iterator[list[WindowValues]]:
    """Run the model in float32 on each window and look at feature maps."""
    onnxruntime = import_onnxruntime()
    shown = onnx.ModelProto()
    shown.CopyFrom(proto)
    shown.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        shown.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    for window in windows:
        yield session.run(list(names), {INPUT: window[None]})


def _round_features(onnx: Any, graph: Any, ceilings: Mapping[str, float]) -> None:
    """Let all that reads these feature maps read them in steps of eight bits.

    A sum that took the float ones would have both kept: the same loss, and a twentieth slower.
    """
    nodes = list(graph.node)
    for name, ceiling in ceilings.items():
        # A feature map that is nothing but zeros may have any step.
        step = np.float32((ceiling or 1.0) / HIGHEST_ACTIVATION)
        steps = _steps(onnx, graph, name, step=step, zero=np.uint8(0))
        readers = [place for place, node in enumerate(nodes) if name in node.input]
        integers, read = f"{name}_integers", f"{name}_rounded"
        for place in readers:
            inputs = nodes[place].input
            inputs[:] = [read if one == name else one for one in inputs]
        nodes[readers[0] : readers[0]] = [
            onnx.helper.make_node("QuantizeLinear", [name, *steps], [integers]),
            onnx.helper.make_node("DequantizeLinear", [integers, *steps], [read]),
        ]
    del graph.node[:]
    graph.node.extend(nodes)


def _round_weights(onnx: Any, graph: Any, rounded: Sequence[Any]) -> None:
    """Keep the convolutions' weights as integers, with a step for each channel they make."""
    names = {node.input[1] for node in rounded}
    constants = []
    for weight in [weight for weight in graph.initializer if weight.name in names]:
        values: WindowValues = onnx.numpy_helper.to_array(weight)
        largest = np.abs(values).max(axis=(1, 2, 3))
        step = np.where(largest > 0, largest, 1).astype(np.float32) / HIGHEST_WEIGHT
        integers = np.rint(values / step[:, None, None, None]).astype(np.int8)
        steps = _steps(onnx, graph, weight.name, step=step, zero=np.zeros(len(step), np.int8))
        stored = f"{weight.name}_integers"
        graph.initializer.append(onnx.numpy_helper.from_array(integers, stored))
        inputs = [stored, *steps]
        constants.append(onnx.helper.make_node("DequantizeLinear", inputs, [weight.name], axis=0))
        graph.initializer.remove(weight)
    nodes = [*constants, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _steps(onnx: Any, graph: Any, name: str, *, step: Any, zero: Any) -> tuple[str, str]:
    """Add how large a step is, and the integer that means zero."""
    added = {f"{name}_step": step, f"{name}_zero": zero}
    for title, value in added.items():
        graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), title))
    return f"{name}_step", f"{name}_zero"
