"""Small real time-lapses, and the methods that need no network."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

from pssr_live.evaluation.evaluate import Evaluation, Steps, evaluate
from pssr_live.evaluation.methods import find_methods
from pssr_live.evaluation.recordings import find_sources
from tests.places import DATA


@pytest.fixture(scope="session")
def movies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two HR movies of a few small frames."""
    folder = tmp_path_factory.mktemp("movies")
    paths = []
    for name, frames in (("lysosomes", slice(0, 4)), ("hela_mitochondria", slice(0, 3))):
        pixels = tifffile.imread(DATA / f"{name}.tif")[frames, :64, :72]
        paths.append(folder / f"{name}.tif")
        tifffile.imwrite(
            paths[-1],
            pixels,
            imagej=True,
            resolution=(10, 10),
            metadata={"axes": "TYX", "unit": "um"},
        )
    return paths


@pytest.fixture(scope="session")
def evaluation(movies: list[Path]) -> Evaluation:
    """Rolling mean against bilinear on both movies."""
    methods = find_methods(["rolling-mean", "bilinear"])
    found = Evaluation([method.name for method in methods], ["detector", "no-noise"])
    sources = find_sources(movies, [], [])
    found.trials.extend(evaluate(sources, found.conditions, methods, 0, Steps()))
    return found
