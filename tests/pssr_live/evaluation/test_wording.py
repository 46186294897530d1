from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engines import TrainingSeries
from pssr_live.crappify import read_hr, some_prints
from pssr_live.evaluation.report import write_report
from pssr_live.evaluation.trials import Evaluation
from pssr_live.evaluation.wording import trained_on, training_unknown


def series(name: str, prints: list[str] | None) -> TrainingSeries:
    return TrainingSeries(name=name, licence="MIT", source="own recording", prints=prints)


@pytest.fixture
def prints(movies: list[Path]) -> list[str]:
    """Of the frames of the first movie, as training writes them down."""
    return some_prints(read_hr(movies[0]).prints)


def test_a_movie_that_a_method_was_trained_on_is_known_by_its_frames(
    evaluation: Evaluation, prints: list[str], tmp_path: Path
) -> None:
    known = {"rolling-mean": [series("under another name", prints)], "bilinear": [series("b", [])]}
    found = replace(evaluation, training=known)
    (sentence,) = trained_on(found)
    assert sentence.startswith("rolling-mean was trained on lysosomes: ")
    assert training_unknown(found) == ""
    write_report(tmp_path / "report.html", found, {})
    assert sentence in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_where_the_frames_are_not_known_the_name_is_looked_at_and_the_doubt_said(
    evaluation: Evaluation,
) -> None:
    training = {"rolling-mean": [series("hela_mitochondria.ome", None)], "bilinear": []}
    found = replace(evaluation, training=training)
    (sentence,) = trained_on(found)
    assert "was trained on movies called hela_mitochondria: if they are these" in sentence
    assert training_unknown(found).startswith("Whether rolling-mean and bilinear were trained on")


def test_a_movie_of_the_same_name_and_other_frames_is_another(evaluation: Evaluation) -> None:
    training = {"rolling-mean": [series("lysosomes", ["00" * 16])]}
    assert trained_on(replace(evaluation, training=training)) == []
