"""Outsiders find every name of the engines in one place, and pay for none that they do not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

import engines

HEAVY = ("onnx", "onnxruntime", "openvino", "tensorrt", "torch", "pydantic")


@pytest.mark.parametrize("name", engines.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(engines, name) is getattr(engines, name)


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = engines.nothing  # type: ignore[attr-defined]


def test_importing_the_engines_imports_no_library() -> None:
    code = f"import sys, engines; print([name for name in {HEAVY} if name in sys.modules])"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
