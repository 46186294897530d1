from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engines.bundle
from engines import Bundle, EngineError, open_engine


@pytest.mark.parametrize("name", ["bilinear", "rolling-mean"])
def test_a_baseline_needs_no_bundle(name: str) -> None:
    engine, report = open_engine(name, height=17, width=31, dtype=np.uint16)
    assert engine.name == name
    assert engine.digest == ""
    assert report.reason.startswith("NumPy, ")


def test_an_unknown_backend_is_refused_with_those_there_are(bundle: Bundle) -> None:
    with pytest.raises(
        EngineError, match=r"no backend quantum.*auto, fastest, precise, openvino-bf16"
    ):
        open_engine(str(bundle.path), backend="quantum", height=17, width=31, dtype=np.uint16)


def test_no_inference_library_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, engines.opening, engines.listing; "
        "print(*{'openvino', 'onnxruntime', 'torch', 'onnx', 'cuda', 'tensorrt', 'tensorrt_rtx'}"
        " & set(sys.modules))"
    )
    root = Path(engines.bundle.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
