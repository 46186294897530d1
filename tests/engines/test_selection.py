from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import engines.known
from engines import (
    BACKENDS,
    FASTEST,
    PRECISE,
    Bundle,
    EngineError,
    IntensityScale,
    ModelVariant,
    PrecisionLoss,
    open_engine,
)
from engines.backends.table import BY_PRECISION
from engines.bundle import write_bundle
from engines.fitting import InputFormat
from engines.known import FastestNote
from engines.trial import proof_error
from tests.engines.conftest import (
    TOLERANCE,
    WITHOUT_PLANS,
    BundleMaker,
    noisy_window,
    tiny_manifest,
    tiny_model,
    tiny_proof,
)


@pytest.fixture(autouse=True)
def _nothing_timed_before() -> None:
    for note in engines.known._folder().glob("fastest-*"):
        note.unlink()


USABLE = [name for name in WITHOUT_PLANS if BACKENDS[name].why_not() is None]


def test_the_fastest_backend_that_reproduces_the_proof_is_taken_and_said_why(
    bundle: Bundle,
) -> None:
    engine, report = open_engine(
        str(bundle.path), backend=FASTEST, height=17, width=31, dtype=np.uint16
    )
    chosen = [trial for trial in report.trials if trial.chosen]
    times = [trial.median_ms for trial in report.trials if trial.median_ms is not None]
    assert len(report.trials) == len(BACKENDS)
    assert [trial.backend for trial in chosen] == [engine.backend]
    assert chosen[0].median_ms == min(times)
    assert report.reason.startswith(f"{engine.backend}, ")
    assert f"the fastest of the {len(times)} that work here" in report.reason


def test_auto_takes_what_was_the_fastest_before_and_says_how_to_choose_anew(
    make_bundle: BundleMaker,
) -> None:
    path = str(make_bundle().path)
    opened = partial(open_engine, path, height=18, width=31, dtype=np.uint16)
    first = opened()
    assert len(first.report.trials) == len(BACKENDS)
    for _ in range(2):
        again = opened()
        assert again.engine.backend == first.engine.backend
        assert (
            "the fastest here before; to time them all again: --backend fastest"
            in again.report.reason
        )
    assert len(opened(backend=FASTEST).report.trials) == len(BACKENDS)
    assert len(opened(height=19).report.trials) == len(BACKENDS), "another size is another choice"


def test_auto_times_all_anew_where_the_fastest_fails_now(
    make_bundle: BundleMaker,
) -> None:
    bundle = make_bundle()
    frame = InputFormat.of(18, 31, np.uint16)
    FastestNote(bundle, frame, uncertain=False).write("tensorrt")
    report = open_engine(bundle, height=18, width=31, dtype=np.uint16).report
    assert len(report.trials) == len(BACKENDS)


def test_precise_takes_the_same_backend_however_fast_it_is(bundle: Bundle) -> None:
    expected = next(name for name in BY_PRECISION if name in USABLE)
    engine, report = open_engine(bundle, backend=PRECISE, height=17, width=31, dtype=np.uint16)
    assert engine.backend == BACKENDS[expected].title
    assert report.reason.endswith("the most precise that works here")


def test_precise_names_every_reason_where_none_works(make_bundle: BundleMaker) -> None:
    proof = tiny_proof()
    wrong = proof._replace(restored=proof.restored + np.float32(proof.intensity.gain))
    with pytest.raises(EngineError, match=r"OpenVINO f32: .* ONNX Runtime: "):
        open_engine(
            str(make_bundle(proof=wrong).path),
            backend=PRECISE,
            height=17,
            width=31,
            dtype=np.uint16,
        )


def test_every_backend_has_its_place_in_the_order_of_precision() -> None:
    assert set(BY_PRECISION) == set(BACKENDS)


def test_the_engine_taken_is_ready_for_the_format_asked_for(bundle: Bundle) -> None:
    engine = open_engine(str(bundle.path), height=17, width=31, dtype=np.uint8).engine
    restored = engine.restore(noisy_window(17, 31, np.uint8), IntensityScale(0.0, 100.0))
    assert restored.shape == (68, 124)
    assert restored.dtype == np.uint8


@pytest.mark.parametrize("name", USABLE)
def test_a_backend_asked_for_is_taken(bundle: Bundle, name: str) -> None:
    engine, report = open_engine(
        str(bundle.path), backend=name, height=17, width=31, dtype=np.uint16
    )
    assert engine.backend == BACKENDS[name].title
    assert "as asked for" in report.reason


@pytest.mark.skipif("openvino-bf16" not in USABLE, reason="this CPU has no bfloat16")
def test_a_backend_that_does_not_reproduce_the_proof_is_not_taken(
    make_bundle: BundleMaker,
) -> None:
    path = str(make_bundle(tolerance=1e-4).path)
    engine, report = open_engine(path, height=17, width=31, dtype=np.uint16)
    refused = next(trial for trial in report.trials if trial.backend == "OpenVINO bf16")
    assert engine.backend != "OpenVINO bf16"
    assert not refused.usable
    assert "does not reproduce the proof" in refused.why_not
    with pytest.raises(EngineError, match=r"does not reproduce the proof: .* network units off"):
        open_engine(path, backend="openvino-bf16", height=17, width=31, dtype=np.uint16)


def test_an_engine_that_no_backend_reproduces_is_refused(make_bundle: BundleMaker) -> None:
    proof = tiny_proof()
    wrong = proof._replace(restored=proof.restored + np.float32(proof.intensity.gain))
    path = str(make_bundle(proof=wrong).path)
    with pytest.raises(EngineError, match="ONNX Runtime: It does not reproduce the proof"):
        open_engine(path, height=17, width=31, dtype=np.uint16)


def test_an_engine_whose_result_is_not_a_number_is_refused(make_bundle: BundleMaker) -> None:
    path = str(make_bundle(tiny_model("Log")).path)
    with pytest.raises(EngineError, match="not numbers"):
        open_engine(path, height=17, width=31, dtype=np.uint16)


def test_the_proof_error_is_in_network_units(make_bundle: BundleMaker) -> None:
    proof = tiny_proof()
    shifted = proof._replace(restored=proof.restored + np.float32(2 * proof.intensity.gain))
    changed = make_bundle(proof=shifted)
    name = USABLE[-1]
    assert proof_error(BACKENDS[name].load(changed), changed) == pytest.approx(2.0, abs=0.1)


def with_loss(*lost: float) -> dict[str, ModelVariant]:
    losses = [
        PrecisionLoss(series="stripes", crappifier="detector", float32=30.0, lost=one)
        for one in lost
    ]
    return {"int8": ModelVariant(tolerance=TOLERANCE, losses=losses)}


@pytest.mark.parametrize(
    ("lost", "complaint"),
    [
        ((0.02, 0.3), r"in int8 it loses up to 0\.30 dB, 0\.1 dB allowed"),
        ((), "how much it loses was not measured"),
    ],
)
def test_auto_leaves_out_a_precision_that_costs_too_much_or_an_unknown_amount(
    bundle: Bundle, tmp_path: Path, lost: tuple[float, ...], complaint: str
) -> None:
    variants = with_loss(*lost)
    others = {"int8": bundle.model_in("int8").read_bytes()}
    manifest = tiny_manifest(precisions=variants)
    coarse = write_bundle(
        tmp_path / "own", manifest, tiny_model(), proof=tiny_proof(), others=others
    )
    engine, report = open_engine(str(coarse.path), height=17, width=31, dtype=np.uint16)
    for name in ("openvino-int8", "onnxruntime-int8"):
        if name in USABLE:
            trial = next(one for one in report.trials if one.backend == BACKENDS[name].title)
            assert re.search(f"{complaint}.*--backend {name}", trial.why_not)
            assert trial.median_ms is not None
            asked = open_engine(
                str(coarse.path), backend=name, height=17, width=31, dtype=np.uint16
            )
            assert asked.engine.backend == BACKENDS[name].title
    assert "int8" not in engine.backend


def test_the_reason_states_what_a_precision_costs(bundle: Bundle) -> None:
    name = "onnxruntime-int8"
    report = open_engine(
        str(bundle.path), backend=name, height=17, width=31, dtype=np.uint16
    ).report
    assert "at most 0.02 dB of PSNR less than in full precision" in report.reason
    assert report.trials[0].loss == 0.02
    assert report.trials[0].tolerance == TOLERANCE


def test_a_precision_that_a_bundle_does_not_have_is_told_with_the_command_that_makes_it(
    make_bundle: BundleMaker,
) -> None:
    path = make_bundle(precisions={}).path
    report = open_engine(str(path), height=17, width=31, dtype=np.uint16).report
    trial = next(one for one in report.trials if one.backend == "ONNX Runtime int8")
    assert trial.why_not.startswith("tiny has no model in int8. Make one: pssr-live export ")
    with pytest.raises(EngineError, match="tiny has no model in int8"):
        open_engine(str(path), backend="onnxruntime-int8", height=17, width=31, dtype=np.uint16)


def test_a_frame_too_small_is_refused_with_the_reason(bundle: Bundle) -> None:
    with pytest.raises(EngineError, match="at least 3 x 3 pixels"):
        open_engine(str(bundle.path), height=2, width=31, dtype=np.uint16)


@pytest.mark.parametrize("library", ["openvino", "onnxruntime"])
def test_a_library_that_can_not_be_imported_is_told_with_the_command_that_fixes_it(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    names = [name for name in BACKENDS if name.startswith(library)]
    monkeypatch.setitem(sys.modules, library, None)
    command = f"pip install --force-reinstall {library}"
    for name in names:
        assert command in str(BACKENDS[name].why_not())
        with pytest.raises(EngineError, match=command):
            open_engine(str(bundle.path), backend=name, height=17, width=31, dtype=np.uint16)
    engine, report = open_engine(str(bundle.path), height=17, width=31, dtype=np.uint16)
    assert engine.backend not in [BACKENDS[name].title for name in names]
    assert sum(command in trial.why_not for trial in report.trials) == len(names)
