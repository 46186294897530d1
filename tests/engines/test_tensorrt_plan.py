"""TensorRT where there is a GPU; elsewhere, that it says why not and is passed over."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from engines import (
    BACKENDS,
    Bundle,
    EngineError,
    IntensityScale,
    build_plan,
    list_engines,
    list_plans,
    load_bundle,
    open_engine,
)
from engines.backends import tensorrt_plan
from engines.nvidia import MODULES, Device
from engines.plans import record_proof
from tests.engines.conftest import (
    TOLERANCE,
    BundleMaker,
    noisy_window,
    tiny_model,
    tiny_restore,
)

WHY_NOT = tensorrt_plan.why_not()
on_a_gpu = pytest.mark.skipif(WHY_NOT is not None, reason=f"runs on a GPU: {WHY_NOT}")
without_a_gpu = pytest.mark.skipif(WHY_NOT is None, reason="this computer has a GPU")
SCALE = IntensityScale(10.0, 100.0)


@pytest.fixture
def own(bundle: Bundle, tmp_path: Path) -> Bundle:
    """A tiny engine of this test's own, to be written to."""
    return load_bundle(shutil.copytree(bundle.path, tmp_path / "own"))


@without_a_gpu
def test_why_it_can_not_be_used_is_told_in_one_line_with_the_fix() -> None:
    assert WHY_NOT is not None
    assert "\n" not in WHY_NOT
    assert "pip install" in WHY_NOT or "newest driver" in WHY_NOT


@without_a_gpu
def test_where_it_can_not_be_used_another_backend_is_taken(own: Bundle) -> None:
    engine, report = open_engine(str(own.path), height=64, width=96, dtype=np.uint16)
    (passed_over,) = [trial for trial in report.trials if trial.backend == "TensorRT"]
    assert passed_over.why_not == WHY_NOT
    assert not engine.backend.startswith("TensorRT")


@without_a_gpu
def test_asked_for_where_it_can_not_be_used_it_is_refused(own: Bundle) -> None:
    with pytest.raises(EngineError, match="TensorRT: "):
        open_engine(str(own.path), backend="tensorrt", height=64, width=96, dtype=np.uint16)


def test_it_is_listed_with_what_keeps_it_from_being_used() -> None:
    assert {listing.backends["TensorRT"] for listing in list_engines() if listing.version} <= {
        WHY_NOT
    }
    assert BACKENDS["tensorrt"].why_not() == WHY_NOT


@pytest.mark.parametrize("missing", [tuple(MODULES.values()), ("cuda.bindings",)])
def test_a_library_that_is_missing_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]
) -> None:
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    assert 'python -m pip install "pssr-live[tensorrt]"' in str(tensorrt_plan.why_not())


@without_a_gpu
def test_plans_built_for_others_are_not_proven_here(own: Bundle) -> None:
    pytest.importorskip(
        "tensorrt_rtx", reason="tensorrt-rtx is not installed; it builds plans without a GPU"
    )
    plan = build_plan(own, ["8.6", "8.9", "12.0"], height=64, width=96)
    assert tensorrt_plan.verify_plans(own) == [(plan, WHY_NOT)]
    assert not list_plans(own)[0].record.proven


@on_a_gpu
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_plan_is_proven_and_restores_on_this_gpu(own: Bundle, precision: str) -> None:
    build_plan(own, [], height=64, width=96, precision=precision)  # type: ignore[arg-type]
    ((_, error),) = tensorrt_plan.verify_plans(own)
    assert isinstance(error, float)
    assert error <= TOLERANCE
    assert list_plans(own)[0].record.proven
    engine = open_engine(
        str(own.path), backend="tensorrt", height=64, width=96, dtype=np.uint16
    ).engine
    assert engine.backend == f"TensorRT {precision}"
    for seed in range(3):
        window = noisy_window(64, 96, seed=seed)
        expected = tiny_restore(window, SCALE).clip(0, 65535)
        np.testing.assert_allclose(
            engine.restore(window, SCALE), expected, atol=0.5 + TOLERANCE * SCALE.gain
        )
    engine.close()
    engine.close()


@on_a_gpu
def test_a_frame_of_a_size_without_a_plan_is_refused(own: Bundle) -> None:
    build_plan(own, [], height=64, width=96)
    engine = tensorrt_plan.load(own)
    with pytest.raises(EngineError, match="it was built for frames of 64 x 96"):
        engine.warm_up(65, 96, np.uint16)


@on_a_gpu
def test_a_plan_whose_pixels_are_not_numbers_is_refused(make_bundle: BundleMaker) -> None:
    changed = make_bundle(tiny_model("Log"))
    build_plan(changed, [], height=64, width=96)
    with pytest.raises(EngineError, match="does not reproduce the proof"):
        tensorrt_plan.load(changed).warm_up(64, 96, np.uint16)


@on_a_gpu
def test_a_tampered_plan_is_not_loaded(own: Bundle) -> None:
    plan = build_plan(own, [], height=64, width=96)
    plan.path.write_bytes(plan.path.read_bytes()[:-1] + b"\x00\x00")
    with pytest.raises(EngineError, match="is not the plan that was built"):
        tensorrt_plan.load(own).warm_up(64, 96, np.uint16)


@on_a_gpu
def test_the_float32_plan_serves_where_the_float16_plan_does_not(own: Bundle) -> None:
    build_plan(own, [], height=64, width=96, precision="fp32")
    half = build_plan(own, [], height=64, width=96, precision="fp16")
    record_proof(half, Device("another", "0.0"), 0.0)
    half.path.write_bytes(b"")
    engine = tensorrt_plan.load(own)
    engine.warm_up(64, 96, np.uint16)
    assert engine.backend == "TensorRT fp32"
    engine.close()
