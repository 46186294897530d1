"""Whether engines keep what their intervals promise: counted, told and shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import Bundle, EngineError
from pssr_live.evaluation import EvaluationMovie, find_methods, find_sources, load
from pssr_live.evaluation.measure import Setting, measure
from pssr_live.evaluation.methods import EngineMethod, check_names
from pssr_live.evaluation.recordings import SCANNED
from pssr_live.metrics import coverage
from tests.engines.uncertain_bundle import STATED
from tests.pssr_live.evaluation.test_commands import run


@given(seed=st.integers(0, 99), level=st.floats(0.05, 0.95))
def test_as_many_are_inside_as_errors_are_small(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(80, 80))
    error = rng.normal(size=truth.shape)
    width = np.full((20, 20), np.quantile(np.abs(error), level))
    found = coverage(truth + error, width, truth)
    assert found["inside"] == pytest.approx(100 * level, abs=0.1)
    assert found["inside_brightest"] == pytest.approx(100 * level, abs=9)


def test_each_pixel_has_the_interval_of_its_own_lr_pixel() -> None:
    truth = np.arange(64.0).reshape(8, 8)
    restored = truth.copy()
    restored[-1, -1] += 5
    restored[0, 0] += 5
    width = np.array([[1.0, 1.0], [1.0, 6.0]])
    found = coverage(restored, width, truth)
    assert found["inside"] == pytest.approx(100 * 63 / 64)
    assert found["inside_brightest"] == 100


def test_in_a_field_that_is_nearly_all_black_the_brightest_are_still_a_tenth() -> None:
    truth = np.zeros((40, 40))
    truth[:4, :20] = 100.0
    restored = np.where(truth > 0, 50.0, truth)
    found = coverage(restored, np.ones((10, 10)), truth)
    assert found == {"inside": 95.0, "inside_brightest": 50.0}


@pytest.fixture(scope="module")
def recording(movies: list[Path]) -> EvaluationMovie:
    return load(find_sources(movies[:1], [], [])[0], "detector", 0)


def test_counts_and_the_truths_own_units_are_brought_together(
    uncertain: Bundle, recording: EvaluationMovie
) -> None:
    method = EngineMethod(str(uncertain.path), "onnxruntime", uncertain=True)
    found = measure(method, recording, Setting.of(recording), advance=lambda: None)
    method.begin(recording.lr)
    expected = []
    for number, truth in enumerate(recording.truth):
        restored = method.restore(number).astype(float)
        assert method.half_width is not None
        counts = recording.black + recording.unit * truth
        expected.append(coverage(restored, method.half_width, counts)["inside"])
    method.close()
    assert found.frames["inside"] == pytest.approx(expected)
    assert found.promised == STATED.level
    assert found.expected is not None
    assert found.expected.part.shape == found.error_map.part.shape


def test_of_another_scan_the_gain_does_not_matter(
    uncertain: Bundle, recording: EvaluationMovie
) -> None:
    found = []
    for gain, offset in ((1.0, 0.0), (700.0, 50.0)):
        scan = replace(
            recording,
            condition=SCANNED,
            truth=(gain * recording.truth + offset).astype(np.float32),
            second_lr=None,
            black=0.0,
            unit=1.0,
            span=gain,
        )
        method = EngineMethod(str(uncertain.path), "onnxruntime", uncertain=True)
        found.append(measure(method, scan, Setting.of(scan), advance=lambda: None))
        method.close()
    assert 0 < np.mean(found[0].frames["inside"]) < 100
    assert found[1].frames["inside"] == pytest.approx(found[0].frames["inside"], abs=0.1)
    assert found[0].expected is not None
    assert found[1].expected is not None
    np.testing.assert_allclose(found[1].expected.field, found[0].expected.field, rtol=1e-3)


def test_the_command_tells_the_promise_and_how_it_was_kept(
    uncertain: Bundle, movies: list[Path], tmp_path: Path
) -> None:
    arguments = ["--truth", movies[0], "--crappifier", "no-noise", "--engine", uncertain.path]
    told = run(*arguments, "--uncertainty", "--output", tmp_path / "out")
    assert "90 % promised" in " ".join(told.split())
    results = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    engine, bilinear = (
        results["recordings"][0]["methods"][name] for name in (uncertain.path.name, "bilinear")
    )
    assert engine["promised_inside_percent"] == pytest.approx(90)
    assert 0 <= engine["figures"]["inside_brightest"] <= 100
    assert bilinear["promised_inside_percent"] is None
    assert bilinear["figures"]["inside"] is None
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count('alt="expected error"') == 1
    assert "90 % promised" in page
    assert "within the predicted interval" in page


def test_one_of_the_engines_must_be_able_to(uncertain: Bundle) -> None:
    check_names(["bilinear", str(uncertain.path)], "auto", uncertain=True)
    with pytest.raises(EngineError, match="OpenVINO int8 does not run models"):
        check_names(["bilinear", str(uncertain.path)], "openvino-int8", uncertain=True)
    with pytest.raises(EngineError, match="bilinear is a plain enlargement"):
        check_names(["bilinear"], "auto", uncertain=True)
    methods = find_methods([f"rolling-mean:{uncertain.path}", "bilinear"], uncertain=True)
    assert [method.half_width for method in methods] == [None, None]
