from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from engines import TrainingSeries
from pssr_live.crappify import read_hr, some_prints
from pssr_live.evaluation import report
from pssr_live.evaluation.report import write_report
from pssr_live.evaluation.trials import Evaluation
from pssr_live.evaluation.wording import answer, trained_on, training_unknown, verdict


def series(name: str, prints: list[str] | None) -> TrainingSeries:
    return TrainingSeries(name=name, licence="MIT", source="own recording", prints=prints)


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of a report stand there beside one movie's pictures, which take longest to draw."""
    monkeypatch.setattr(report, "MOST_SHOWN", 1)


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


def with_psnr(evaluation: Evaluation, *movies: tuple[float, float]) -> Evaluation:
    """As many movies, in one condition, with these figures of the two methods."""
    trial = evaluation.trials[0]
    trials = [
        replace(
            trial,
            name=f"cell {number}",
            movie=f"cell {number}",
            measurements=[
                replace(found, frames=found.frames | {"psnr_fit": [psnr]})
                for found, psnr in zip(trial.measurements, figures, strict=True)
            ],
        )
        for number, figures in enumerate(movies)
    ]
    return replace(evaluation, conditions=["detector"], trials=trials)


def test_the_first_sentence_says_which_is_closer_in_how_many_movies(
    evaluation: Evaluation,
) -> None:
    found = with_psnr(evaluation, (27, 25), (28, 25.5), (30, 28), (26, 24.1))
    said = "rolling-mean is closer to the truth than bilinear in 4 of 4 movies (+2.0 dB in the"
    assert answer(found).startswith(said)
    assert "told" not in answer(found)
    assert verdict(found, "detector") == f"detector: {answer(found)}"


def test_what_may_be_chance_is_said_to_be(evaluation: Evaluation) -> None:
    two = answer(with_psnr(evaluation, (27, 25), (27, 25)))
    assert two.endswith("Whether that holds for other movies can't be told from n = 2.")
    mixed = answer(with_psnr(evaluation, (24, 25), (27, 25), (22, 25), (23, 25)))
    assert "further from the truth than bilinear in 3 of 4 movies (-1.5 dB" in mixed
    assert "can't be told from n = 4" in mixed


def test_the_answer_is_the_report_s_first_sentence(evaluation: Evaluation, tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", evaluation, {})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.partition("<p>")[2].startswith(escape(answer(evaluation)))
