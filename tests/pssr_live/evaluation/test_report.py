from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from pssr_live.evaluation import report
from pssr_live.evaluation.figures import FIGURES, FLICKER
from pssr_live.evaluation.pictures import (
    MISSING,
    TOO_MUCH,
    bar_length,
    grey,
    signed,
    with_scale_bar,
)
from pssr_live.evaluation.report import _best, write_report
from pssr_live.evaluation.trials import Evaluation

VOID = {"img", "meta", "source", "br"}


class Page(HTMLParser):
    """Checks that every element is closed, and gathers addresses and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [v for k, v in attrs if k in ("src", "srcset", "href") and v]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def source(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    one = replace(evaluation, conditions=["detector"], trials=evaluation.trials[:2])
    write_report(path, one, {"command": 'evaluate --truth "<b>"'})
    return path.read_text(encoding="utf-8")


def test_the_page_stands_alone(source: str) -> None:
    page = Page(source)
    assert page.open == []
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert "url(" not in source
    assert "<script" not in source
    assert "@import" not in source


def test_every_picture_in_it_can_be_opened(source: str) -> None:
    for address in Page(source).addresses:
        encoded = base64.b64decode(address.partition(",")[2])
        assert min(Image.open(io.BytesIO(encoded)).size) > 2


def test_table_tests_curves_and_warnings_are_there(source: str, evaluation: Evaluation) -> None:
    text = Page(source).text
    found = evaluation.summary("detector", "rolling-mean", "psnr_fit")
    assert found is not None
    assert f"{found.mean:.2f} ± {found.sem:.2f}" in text
    assert re.search(r"p = 0\.\d+", text)
    assert "n = 2 movies" in text
    assert "paired t-test" in text
    assert "What they can't say" in text
    # FRC, profile, neighbours and bleaching of two recordings; dots for both.
    assert source.count("<picture>") == 2 * 4 + 1
    assert text.count("kymograph") >= 2


def test_of_intervals_that_nobody_predicts_nothing_is_told(source: str) -> None:
    assert "expected error" not in source
    assert "within the predicted interval" not in source


def test_what_the_user_typed_is_text_not_markup(source: str) -> None:
    assert "&lt;b&gt;" in source


@pytest.fixture(scope="module")
def page_of_many(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of five recordings, of which two are shown; the truth of the first is shifted."""
    trial = evaluation.trials[0]
    trials = []
    for number in (2, 0, 4, 3, 1):
        figures = [
            replace(found, frames=found.frames | {"psnr_fit": [20.0 + number] * 4})
            for found in trial.measurements
        ]
        trials.append(
            replace(trial, name=f"cell {number}", movie=str(number), measurements=figures)
        )
    trials[0] = replace(trials[0], shift=(5, -3))
    path = tmp_path_factory.mktemp("many") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "MOST_SHOWN", 2)
        write_report(path, replace(evaluation, trials=trials), {})
    return path.read_text(encoding="utf-8")


def test_of_many_recordings_worst_and_best_are_shown(page_of_many: str) -> None:
    shown = re.findall(r"<summary>(cell \d+)", page_of_many)
    assert shown == ["cell 0", "cell 4"]
    assert "Pictures of 2 of 5 recordings" in page_of_many


def test_a_shifted_truth_is_said_at_the_top(page_of_many: str) -> None:
    assert "the truth lies 5 pixels below and 3 left of the LR frames" in page_of_many


def test_the_best_flicker_is_the_nearest_to_the_truth_s() -> None:
    assert _best([1.0, 5.0, 11.0], "truth", 5.7) == 5.0
    assert _best([1.0, 5.0, 11.0], "lower", None) == 1.0
    assert {FIGURES[name].better for name in FLICKER} == {"truth"}


def test_pictures_have_a_scale_bar_of_the_length_that_is_said(source: str) -> None:
    assert "Scale bars: 2 µm in the field, " in source
    assert [bar_length(extent) for extent in (1.0, 7.2, 60.0, 151.0)] == [0.2, 2.0, 20.0, 50.0]
    barred = np.asarray(with_scale_bar(Image.new("L", (300, 200)), 2.0, 10.0))
    assert np.ptp(np.flatnonzero((barred == 255).all(axis=2).any(axis=0))) in range(56, 62)


def test_grey_and_signed_colours_show_what_they_should() -> None:
    values = np.array([[-1.0, 0.0, 1.0, 2.0]])
    assert list(np.asarray(grey(values, 0.0, 1.0))[0]) == [0, 0, 255, 255]
    colours = np.asarray(signed(values, 1.0))[0]
    assert [tuple(colour) for colour in colours] == [MISSING, (0, 0, 0), TOO_MUCH, TOO_MUCH]
