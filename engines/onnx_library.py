"""The onnx library, which edits models; only making a model in another precision needs it."""

from __future__ import annotations

from typing import Any

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
        import onnx.inliner
    except ImportError as error:
        raise EngineError(
            "Other precisions than float32 are made in the ONNX model, for which onnx is missing.",
            "Install it: python -m pip install onnx",
        ) from error
    return onnx
