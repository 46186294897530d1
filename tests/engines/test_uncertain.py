"""Engines that say how far off they may be: the same restored pixels, and a half-width beside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import (
    BACKENDS,
    MODEL_FILE,
    UNCERTAINTY_FILE,
    Bundle,
    EngineError,
    IntensityScale,
    copy_bundle,
    export_uncertainty,
    file_digest,
    load_bundle,
    open_engine,
)
from engines.backends.table import UNCERTAIN
from tests.engines.conftest import noisy_window
from tests.engines.uncertain_bundle import STATED, uncertain_network

USABLE = [name for name in UNCERTAIN if BACKENDS[name].why_not() is None]


@pytest.fixture
def copied(uncertain: Bundle, tmp_path: Path) -> Path:
    """A copy to damage."""
    shutil.copytree(uncertain.path, tmp_path / "copy")
    return tmp_path / "copy"


@settings(max_examples=25, deadline=None)
@given(brightness=st.floats(1e-3, 1e3), seed=st.integers(0, 1000))
def test_a_brighter_frame_is_farther_off_by_as_much(brightness: float, seed: int) -> None:
    network = uncertain_network()
    window = torch.randn(1, 5, 12, 9, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        restored, spread = network(window)
        brighter, wider = network(brightness * window)
    assert spread.shape == (1, 1, 12, 9)
    assert (spread >= 0).all()
    torch.testing.assert_close(brighter, brightness * restored, rtol=1e-4, atol=1e-4 * brightness)
    torch.testing.assert_close(wider, brightness * spread, rtol=1e-4, atol=1e-4 * brightness)


def test_whatever_the_head_learns_the_restored_frame_is_bit_for_bit_what_it_was() -> None:
    network = uncertain_network()
    window = torch.rand(2, 5, 16, 16)
    with torch.no_grad():
        before = network.trunk(window)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        restored, spread = network.train()(window)
        (restored.sum() * spread.mean() + spread.sum()).backward()
        optimiser.step()
    with torch.no_grad():
        assert torch.equal(network(window)[0], before)
        assert torch.equal(network.trunk(window), before)
    assert all(weight.grad is None for weight in network.trunk.parameters())
    assert network.first.weight.grad is not None


@pytest.mark.parametrize("backend", USABLE)
def test_every_backend_predicts_what_torch_does_in_counts(uncertain: Bundle, backend: str) -> None:
    proof = uncertain.proof
    with torch.inference_mode():
        units = torch.from_numpy(proof.intensity.to_network(proof.window))[None]
        expected = uncertain_network()(units)[1][0, 0].numpy() * proof.intensity.gain
    engine = open_engine(
        str(uncertain.path), backend=backend, height=20, width=24, dtype=np.uint16, uncertain=True
    ).engine
    restored = engine.restore(proof.window, proof.intensity)
    assert engine.half_width is not None
    assert engine.half_width.dtype == np.float32
    allowed = (0.02 if "bf16" in backend else 1e-4) * expected.max()
    np.testing.assert_allclose(engine.half_width, expected, atol=allowed)
    beyond = np.abs(restored - np.clip(proof.restored, 0, 65535)).max() - 0.5
    assert beyond <= uncertain.manifest.tolerance * proof.intensity.gain
    engine.close()
    assert engine.half_width is None


@pytest.mark.parametrize("backend", USABLE)
def test_the_half_width_is_of_the_frame_restored_last_on_any_scale_and_size(
    uncertain: Bundle, backend: str
) -> None:
    engine = open_engine(
        str(uncertain.path), backend=backend, height=9, width=17, dtype=np.uint8, uncertain=True
    ).engine
    first, second = (noisy_window(9, 17, np.uint8, seed) for seed in (1, 2))
    engine.restore(first, IntensityScale(4.0, 80.0))
    assert engine.half_width is not None
    seen = engine.half_width.copy()
    assert seen.shape == (9, 17)
    engine.restore(second, IntensityScale(4.0, 80.0))
    assert not np.array_equal(engine.half_width, seen)
    engine.restore(first, IntensityScale(4.0, 80.0))
    np.testing.assert_array_equal(engine.half_width, seen)
    engine.warm_up(12, 8, np.uint16)
    engine.restore(noisy_window(12, 8), IntensityScale(4.0, 80.0))
    assert engine.half_width is not None
    assert engine.half_width.shape == (12, 8)
    engine.close()


def test_auto_chooses_among_the_backends_that_can(uncertain: Bundle) -> None:
    engine, report = open_engine(
        str(uncertain.path), height=20, width=24, dtype=np.uint16, uncertain=True
    )
    engine.close()
    assert [trial.backend for trial in report.trials] == [BACKENDS[n].title for n in UNCERTAIN]


@pytest.mark.parametrize("name", [None, *USABLE])
def test_an_engine_that_was_not_asked_predicts_nothing(uncertain: Bundle, name: str | None) -> None:
    engine = open_engine(
        str(uncertain.path), backend=name or "auto", height=20, width=24, dtype=np.uint16
    ).engine
    engine.restore(noisy_window(20, 24), uncertain.proof.intensity)
    assert engine.half_width is None
    engine.close()


@pytest.mark.parametrize(
    ("backend", "title"), [("openvino-int8", "OpenVINO int8"), ("tensorrt", "TensorRT")]
)
def test_a_backend_that_cannot_says_which_can(uncertain: Bundle, backend: str, title: str) -> None:
    with pytest.raises(EngineError, match=f"{title} does not run models that") as refused:
        open_engine(
            str(uncertain.path),
            backend=backend,
            height=20,
            width=24,
            dtype=np.uint16,
            uncertain=True,
        )
    assert "--backend auto, or openvino-bf16" in refused.value.fix


def test_baselines_and_engines_without_it_are_refused(bundle: Bundle) -> None:
    with pytest.raises(EngineError, match="rolling-mean is a plain enlargement"):
        open_engine("rolling-mean", height=20, width=24, dtype=np.uint16, uncertain=True)
    with pytest.raises(EngineError, match="tiny does not predict its uncertainty") as refused:
        open_engine(str(bundle.path), height=20, width=24, dtype=np.uint16, uncertain=True)
    assert "pssr-live train" in refused.value.fix
    assert "--uncertainty" in refused.value.fix


def test_it_is_one_more_file_and_the_others_stay_byte_for_byte(
    uncertain: Bundle, tmp_path: Path
) -> None:
    assert set(uncertain.manifest.files) == {MODEL_FILE, UNCERTAINTY_FILE, "proof.npz"}
    assert uncertain.manifest.uncertainty == STATED
    again = copy_bundle(uncertain, tmp_path / "again")
    assert again.manifest == uncertain.manifest
    plain = uncertain.manifest.model_copy(update={"uncertainty": None})
    assert plain.model_files == [MODEL_FILE]
    assert file_digest(uncertain.model) == uncertain.manifest.files[MODEL_FILE]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "its hash is not the one"),
        (lambda file: file.unlink(), f"has no {UNCERTAINTY_FILE}"),
    ],
)
def test_a_changed_or_missing_file_is_told(copied: Path, damage, problem: str) -> None:
    damage(copied / UNCERTAINTY_FILE)
    with pytest.raises(EngineError, match=problem):
        load_bundle(copied)


def test_a_model_without_the_second_output_is_not_taken_for_one_that_has_it(copied: Path) -> None:
    _replace(copied, UNCERTAINTY_FILE, copied / MODEL_FILE)
    with pytest.raises(
        EngineError, match="an engine's model leads from window to restored, uncertainty"
    ):
        load_bundle(copied)


def test_outputs_in_another_order_are_told_as_they_are(copied: Path) -> None:
    model = onnx.load(copied / UNCERTAINTY_FILE)
    model.graph.output.append(model.graph.output.pop(0))
    onnx.save(model, copied / UNCERTAINTY_FILE)
    _replace(copied, UNCERTAINTY_FILE, copied / UNCERTAINTY_FILE)
    with pytest.raises(
        EngineError, match="leads from window to uncertainty, restored; an engine's"
    ):
        load_bundle(copied)


def test_the_plain_model_may_not_have_a_second_output(copied: Path) -> None:
    _replace(copied, MODEL_FILE, copied / UNCERTAINTY_FILE)
    with pytest.raises(EngineError, match="an engine's model leads from window to restored\\."):
        load_bundle(copied)


def test_a_half_width_of_another_size_is_refused_before_the_first_frame(
    uncertain: Bundle, copied: Path
) -> None:
    model = onnx.load(copied / UNCERTAINTY_FILE)
    # The restored frame once more, in place of the half-width.
    model.graph.output[1].name = "ignored"
    for node in model.graph.node:
        node.output[:] = ["ignored" if name == "uncertainty" else name for name in node.output]
    model.graph.output.pop()
    model.graph.output.append(
        onnx.helper.make_tensor_value_info("uncertainty", onnx.TensorProto.FLOAT, None)
    )
    model.graph.node.append(onnx.helper.make_node("Identity", ["restored"], ["uncertainty"]))
    onnx.save(model, copied / UNCERTAINTY_FILE)
    _replace(copied, UNCERTAINTY_FILE, copied / UNCERTAINTY_FILE)
    for backend in USABLE:
        with pytest.raises(EngineError, match="can't run"):
            open_engine(
                str(copied), backend=backend, height=20, width=24, dtype=np.uint16, uncertain=True
            )


def test_a_head_on_another_trunk_is_not_exported(uncertain: Bundle, tmp_path: Path) -> None:
    other = uncertain_network()
    with torch.no_grad():
        other.trunk.details.weight.mul_(1.5)
    with pytest.raises(EngineError, match="would be off by"):
        export_uncertainty(other, uncertain, STATED, folder=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_in_tiles_none_is_predicted(copied: Path) -> None:
    manifest = copied / "manifest.json"
    stated = json.loads(manifest.read_text(encoding="utf-8")) | {"tile_side": 64}
    manifest.write_text(json.dumps(stated), encoding="utf-8")
    with pytest.raises(EngineError, match="no uncertainty is predicted in tiles"):
        load_bundle(copied)


def _replace(folder: Path, name: str, other: Path) -> None:
    if other != folder / name:
        shutil.copy(other, folder / name)
    manifest = folder / "manifest.json"
    stated = json.loads(manifest.read_text(encoding="utf-8"))
    stated["files"][name] = file_digest(folder / name)
    manifest.write_text(json.dumps(stated), encoding="utf-8")
