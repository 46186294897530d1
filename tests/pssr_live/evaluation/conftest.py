"""Small real time-lapses, and the methods that need no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.evaluation import find_methods, find_sources
from pssr_live.evaluation.trials import Evaluation, Steps, evaluate


@pytest.fixture(scope="session")
def evaluation(movies: list[Path]) -> Evaluation:
    """Rolling mean against bilinear on both movies."""
    methods = find_methods(["rolling-mean", "bilinear"])
    found = Evaluation(
        methods=[method.name for method in methods], conditions=["detector", "no-noise"]
    )
    sources = find_sources(movies, [], [])
    found.trials.extend(evaluate(sources, found.conditions, methods, seed=0, steps=Steps()))
    return found
