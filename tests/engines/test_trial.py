"""Whatever a backend throws becomes a problem and a fix, and another is taken."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engines import (
    AUTO,
    BACKENDS,
    MANIFEST_FILE,
    Bundle,
    EngineError,
    backend_named,
    file_digest,
    open_engine,
)
from engines.backends.table import Backend
from engines.fitting import InputFormat
from engines.trial import try_backend
from tests.engines.conftest import BundleMaker

FRAME = InputFormat.of(17, 31, np.uint16)


@pytest.mark.parametrize(
    ("thrown", "words"),
    [
        (
            RuntimeError("Exception from src/core.cpp:117:\nCheck 'ptr' failed\nstd::bad_alloc\n"),
            "There is not enough memory. Close other programs, or scan a smaller field.",
        ),
        (MemoryError(), "There is not enough memory. "),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "It failed: it is damaged. "),
        (KeyError("\x1b[31mred"), "It failed: '\\x1b[31mred'. "),
        (RuntimeError("\x1b[31mred\nand more"), "It failed:  [31mred. "),
        (StopIteration(), "It failed: StopIteration. "),
    ],
    ids=["page", "memory", "text", "key", "escape", "nothing"],
)
def test_what_a_backend_throws_is_told_in_a_sentence_with_a_fix(
    bundle: Bundle, thrown: Exception, words: str
) -> None:
    def load(_: Bundle) -> object:
        raise thrown

    backend = Backend("Own", lambda: None, load)  # type: ignore[arg-type]
    engine, trial = try_backend(backend, bundle, FRAME, uncertain=False)
    assert engine is None
    assert trial.why_not.startswith(words)
    assert "\n" not in trial.why_not
    assert trial.why_not.isprintable()


@pytest.mark.parametrize("name", ["openvino-f32", "onnxruntime"])
def test_a_damaged_model_is_told_in_words(make_bundle: BundleMaker, name: str) -> None:
    bundle = make_bundle(precisions={})
    whole = bundle.model.read_bytes()
    rng = np.random.default_rng(0)
    refused: list[EngineError] = []
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 20):
            damaged[place] = 0xFF
        bundle.model.write_bytes(damaged)
        manifest = json.loads((bundle.path / MANIFEST_FILE).read_text())
        manifest["files"]["model.onnx"] = file_digest(bundle.model)
        (bundle.path / MANIFEST_FILE).write_text(json.dumps(manifest))
        try:
            open_engine(str(bundle.path), backend=name, height=17, width=31, dtype=np.uint16)
        except EngineError as error:
            refused.append(error)
    assert len(refused) > 20
    assert all(error.fix and error.problem.isprintable() for error in refused)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("OpenVINO int8, tiles of 1088", "openvino-int8"),
        ("ONNX Runtime", "onnxruntime"),
        ("ONNX Runtime int8", "onnxruntime-int8"),
        ("TensorRT fp16", "tensorrt"),
        ("NumPy", AUTO),
    ],
)
def test_a_backend_is_known_by_what_its_engine_calls_it(said: str, key: str) -> None:
    assert backend_named(said) == key
    assert key == AUTO or key in BACKENDS
