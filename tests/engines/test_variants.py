from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from engines import (
    Bundle,
    EngineError,
    PrecisionLoss,
    add_variant,
    copy_bundle,
    load_bundle,
    onnx_restorer,
)
from engines.bundle import write_bundle
from engines.variants import proof_difference
from tests.engines.conftest import in_other_precisions, tiny_manifest, tiny_model, tiny_proof

LOSSES = [PrecisionLoss(series="stripes", crappifier="detector", float32=31.5, lost=0.04)]


@pytest.fixture
def single(tmp_path: Path) -> Bundle:
    """The tiny engine in float32 alone, with a file in its plans' folder."""
    bundle = write_bundle(
        tmp_path / "single", tiny_manifest(tolerance=0.001), tiny_model(), proof=tiny_proof()
    )
    bundle.plans.mkdir()
    (bundle.plans / "a.plan").write_bytes(b"compiled")
    return bundle


def test_a_precision_is_added_and_all_else_kept(single: Bundle, tmp_path: Path) -> None:
    model = in_other_precisions(tiny_model())["int8"]
    added = add_variant(single, "int8", model, losses=LOSSES, folder=tmp_path / "both")
    assert added.model_in("int8").read_bytes() == model
    assert added.model.read_bytes() == single.model.read_bytes()
    assert added.manifest.precisions["int8"].losses == LOSSES
    assert added.manifest.precisions["int8"].largest_loss == 0.04
    assert (added.plans / "a.plan").read_bytes() == b"compiled"
    kept = added.manifest.model_copy(update={"precisions": {}, "files": {}})
    assert kept == single.manifest.model_copy(update={"files": {}})


def test_its_tolerance_is_half_as_much_again_as_it_was_off(single: Bundle, tmp_path: Path) -> None:
    model = in_other_precisions(tiny_model())["int8"]
    error = proof_difference(single, model)
    added = add_variant(single, "int8", model, losses=LOSSES, folder=tmp_path / "both")
    assert error > single.manifest.tolerance
    assert 1.5 * error <= added.manifest.tolerance_in("int8") <= 1.5 * error + 0.001


def test_a_precision_can_be_added_where_the_bundle_stands(single: Bundle) -> None:
    others = in_other_precisions(tiny_model())
    for precision, model in others.items():
        bundle = load_bundle(single.path)
        add_variant(bundle, precision, model, losses=LOSSES, folder=single.path, replace=True)
    assert load_bundle(single.path).manifest.precisions.keys() == {"fp16", "int8"}
    assert [path.name for path in single.path.parent.iterdir()] == ["single"]


def test_a_bundle_that_stands_there_stays_unless_it_may_go(single: Bundle, tmp_path: Path) -> None:
    shutil.copytree(single.path, tmp_path / "other")
    with pytest.raises(EngineError, match="exists already"):
        copy_bundle(single, tmp_path / "other")


def wrong_model(factor: float) -> bytes:
    model = onnx.load_from_string(tiny_model())
    details = next(weight for weight in model.graph.initializer if weight.name == "details")
    values = numpy_helper.to_array(details) * np.float32(factor)
    details.CopyFrom(numpy_helper.from_array(values, "details"))
    return model.SerializeToString()


@pytest.mark.parametrize("factor", [0.0, float("nan")])
def test_a_model_that_is_no_rounding_of_the_network_is_refused(
    single: Bundle, tmp_path: Path, factor: float
) -> None:
    with pytest.raises(EngineError, match=r"In fp16 tiny is off by .* 0\.015 are allowed"):
        add_variant(single, "fp16", wrong_model(factor), losses=[], folder=tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_a_restorer_takes_windows_of_any_size() -> None:
    restore = onnx_restorer(tiny_model())
    for side in (8, 13):
        assert restore(np.zeros((5, side, side), np.float32)).shape == (4 * side, 4 * side)
