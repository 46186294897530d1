"""What a network holds in memory at once, told from its graph without running it."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

from engines.backends.openvino_cpu import find_openvino
from engines.onnx_file import INPUT

# To a pixel, where the graph can't be read: more than any network that is bundled.
BYTES_IF_UNKNOWN = 4096


def live_bytes(model: Path, frames: int, *, height: int, width: int) -> int:
    """Count the bytes of the tensors that are needed at one time, at most.

    Parameters
    ----------
    model : Path
        An ONNX file.
    frames, height, width : int
        Of the window that it restores.

    Returns
    -------
    int
        Without the weights, and without what a library needs beside the tensors.
    """
    try:
        graph = find_openvino().Core().read_model(model)
        graph.reshape({INPUT: [1, frames, height, width]})
        return _most_at_once(graph.get_ordered_ops())
    except Exception:  # whatever is wrong with it is told where it is opened
        return BYTES_IF_UNKNOWN * height * width


def _most_at_once(operators: list[Any]) -> int:
    read_last: dict[tuple[str, int], int] = {}
    for place, operator in enumerate(operators):
        for entry in operator.inputs():
            source = entry.get_source_output()
            read_last[source.get_node().get_friendly_name(), source.get_index()] = place
    freed: defaultdict[int, int] = defaultdict(int)
    held = most = 0
    for place, operator in enumerate(operators):
        if operator.get_type_name() == "Constant":
            continue
        for index in range(operator.get_output_size()):
            output = operator.output(index)
            size = math.prod(output.get_shape()) * output.get_element_type().size
            held += size
            freed[read_last.get((operator.get_friendly_name(), index), place)] += size
        most = max(most, held)
        held -= freed.pop(place, 0)
    return most
