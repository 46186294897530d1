from pathlib import Path

import numpy as np
import pytest

from engines import file_digest, load_bundle, open_engine
from pssr_live.errors import UserError
from pssr_live.evaluation import find_sources
from pssr_live.evaluation.recordings import load
from pssr_live.training import Changes, run_train
from pssr_live.training.commands import run_export
from tests.pssr_live.other_cell import write_other_cell

RECIPE = """
name = "small"
drawn = 1.0
[network]
channels = 8
coarse_channels = 8
pairs = 1
[schedule]
tiles = 4
epochs = 1
steps = 2
batch = 2
[[series]]
path = "hela.tif"
role = "validation"
licence = "MIT"
source = "gav-sturm/Mitochondrial_Pearling"
"""


def test_from_a_recipe_to_an_engine_that_restores(
    hr_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    run, folder = tmp_path / "run", tmp_path / "engine"
    run_train(
        [], run, recipe=str(recipe), data=hr_file.parent, changes=Changes(seed=7), export=folder
    )
    manifest = load_bundle(folder).manifest
    assert manifest.name == "small"
    assert manifest.seed == 7
    assert {figure.series for figure in manifest.validation} == {"hela"}
    assert "drawn scenes" in {series.name for series in manifest.training}
    engine = open_engine(str(folder), height=24, width=32, dtype=np.uint16).engine
    assert engine.name == "small"
    engine.close()
    said = " ".join(capsys.readouterr().out.split())
    assert "rolling mean" in said
    # Two steps teach it nothing, and the manifest says so too.
    assert manifest.warnings == [manifest.loses]
    assert "small restores no better than the five-frame mean" in said


def test_a_lab_s_own_files_train_an_engine(hr_file: Path, tmp_path: Path) -> None:
    first, run, folder = tmp_path / "first", tmp_path / "run", tmp_path / "engine"
    other = write_other_cell(hr_file, hr_file.with_name("other.tif"))
    run_train([hr_file], first, validation=[other], changes=Changes(minutes=0.01))
    changes = Changes(minutes=0.01, init=str(first), name="tuned")
    run_train([hr_file], run, changes=changes)
    run_export(run, folder, force=False)
    manifest = load_bundle(folder).manifest
    assert manifest.name == "tuned"
    assert manifest.training[0].source == "own recording"
    # An evaluation knows the movie again by its frames.
    (source,) = find_sources([hr_file], [], [])
    assert set(manifest.training[0].prints or ()) == load(source, "no-noise", 0).prints
    assert "Begun with the weights of own-engine 1 (SHA-256 " in manifest.description
    assert file_digest(first / "best.safetensors") in manifest.description


def test_a_recipe_and_files_at_once_are_refused(hr_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lists its files itself"):
        run_train([hr_file], tmp_path / "run", recipe="mito-lite")


def test_what_is_said_of_files_is_refused_where_a_recipe_has_its_own(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--window-along is for files that you name"):
        run_train([], tmp_path / "run", recipe="mito-lite", window_along="z")


def test_export_of_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trained network"):
        run_export(tmp_path, tmp_path / "engine", force=False)
