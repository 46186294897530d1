"""From HR files to a dataset to an engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines import load_bundle, open_engine
from pssr_live.cli.crappify_command import CrappifyOptions, run_crappify
from pssr_live.errors import UserError
from pssr_live.training import run_train

RECIPE = """
name = "small"
[network]
channels = 8
coarse_channels = 8
pairs = 1
[schedule]
hr_tile = 32
epochs = 2
steps = 2
batch = 2
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return str(path)


def test_a_dataset_trains_an_engine_without_its_hr_files(
    movies: list[Path], recipe: str, tmp_path: Path
) -> None:
    options = CrappifyOptions(tile=64, tiles=12, licence="MIT")
    run_crappify(movies, tmp_path / "dataset", options)
    for movie in movies:
        movie.unlink()
    folder = tmp_path / "engine"
    run_train([tmp_path / "dataset"], tmp_path / "run", recipe=recipe, export=folder)
    manifest = load_bundle(folder).manifest
    assert len(manifest.training) == 2
    assert {series.licence for series in manifest.training} == {"MIT"}
    assert len({figure.series for figure in manifest.validation}) == 1
    assert {figure.crappifier for figure in manifest.validation} <= set(manifest.crappifiers)
    assert manifest.input_range.pixel_size_um == pytest.approx((0.4, 0.4))
    engine = open_engine(str(folder), height=24, width=32, dtype=np.uint16).engine
    assert engine.name == "small"
    engine.close()


def test_a_dataset_that_will_not_do_is_refused_before_any_work(
    movies: list[Path], recipe: str, tmp_path: Path
) -> None:
    run_crappify(movies, tmp_path / "dataset", CrappifyOptions(tile=64, tiles=3))
    next((tmp_path / "dataset" / "training" / "lr").glob("*.tif")).unlink()
    with pytest.raises(UserError, match="is not finished"):
        run_train([tmp_path / "dataset"], tmp_path / "run", recipe=recipe)
    assert not (tmp_path / "run").exists()
