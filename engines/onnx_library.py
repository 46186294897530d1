"""The onnx library, which edits models; only making a model in another precision needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engines.complaints import first_line
from engines.errors import EngineError


def find_onnx() -> Any:
    """Import onnx.

    Raises
    ------
    EngineError
        If it can't be imported.
    """
    try:
        import onnx
        import onnx.inliner  # noqa: F401 - makes it an attribute of onnx
    except ImportError as error:
        raise EngineError(
            "Other precisions than float32 are made in the ONNX model, for which onnx is missing.",
            "Install it: python -m pip install onnx",
        ) from error
    return onnx


def read_model(model: bytes) -> Any:
    """Read a model to be looked into or edited.

    Parameters
    ----------
    model : bytes
        ONNX.

    Returns
    -------
    onnx.ModelProto
        Without functions of its own.

    Raises
    ------
    EngineError
        If onnx is missing, or the model is damaged.
    """
    onnx = find_onnx()
    try:
        proto = onnx.load_from_string(model)
        onnx.checker.check_model(proto)
        proto = onnx.inliner.inline_local_functions(proto)
        for name in _names(proto.graph):
            # protobuf hands out what is not UTF-8 as bytes, or refuses.
            if isinstance(name, bytes):
                name.decode()
    except Exception as error:  # its errors have no common class
        raise EngineError(
            f"The model can't be read: {first_line(error)}.",
            "Copy the engine again from where it came from, or export it again: pssr-live export",
        ) from error
    return proto


def _names(graph: Any) -> Iterator[str | bytes]:
    for weight in graph.initializer:
        yield weight.name
    for node in graph.node:
        yield from (node.name, node.op_type, *node.input, *node.output)
