from __future__ import annotations

import pytest

import engines.bundle
from engines import BACKENDS, Bundle, list_engines
from tests.engines.conftest import BundleMaker


def test_engines_are_listed_with_what_can_run_them(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.bundle, "BUNDLED", bundle.path.parent)
    listed = list_engines()
    assert [engine.name for engine in listed] == ["tiny", "bilinear", "bicubic", "rolling-mean"]
    assert listed[0].version == "1.0"
    assert list(listed[0].backends) == [backend.title for backend in BACKENDS.values()]


def test_a_precision_that_an_engine_does_not_have_is_listed_as_missing(
    make_bundle: BundleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.bundle, "BUNDLED", make_bundle(precisions={}).path.parent)
    backends = list_engines()[0].backends
    assert backends["ONNX Runtime int8"] == "no model in int8"
    assert backends["ONNX Runtime"] is None


def test_a_broken_engine_is_listed_with_what_is_wrong(
    make_bundle: BundleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make_bundle()
    broken.model.write_bytes(b"")
    monkeypatch.setattr(engines.bundle, "BUNDLED", broken.path.parent)
    assert "is not the file that was exported" in list_engines()[0].description
