from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.errors import UserError
from pssr_live.evaluation import find_methods, find_sources
from pssr_live.evaluation.figures import FIGURES
from pssr_live.evaluation.trials import Evaluation, Steps, evaluate


def test_every_method_is_tried_on_every_recording_in_every_condition(
    evaluation: Evaluation,
) -> None:
    tried = [(trial.condition, trial.name) for trial in evaluation.trials]
    names = ["lysosomes", "hela_mitochondria"]
    assert tried == [(c, name) for c in ("detector", "no-noise") for name in names]
    for trial in evaluation.trials:
        assert [found.method for found in trial.measurements] == ["rolling-mean", "bilinear"]
        assert max(map(abs, trial.shift)) <= 1


def test_movies_are_what_is_averaged(evaluation: Evaluation) -> None:
    values = evaluation.by_movie("detector", "bilinear", "psnr_fit")
    assert values is not None
    frames = [trial.measurements[1].frames["psnr_fit"] for trial in evaluation.trials[:2]]
    assert values == pytest.approx([np.mean(figures) for figures in frames])
    summary = evaluation.summary("detector", "bilinear", "psnr_fit")
    assert summary is not None
    assert (summary.n, summary.mean) == (2, pytest.approx(np.mean(values)))
    assert summary.sem == pytest.approx(np.std(values, ddof=1) / 2**0.5)


def test_the_first_method_is_tested_against_the_others(evaluation: Evaluation) -> None:
    test = evaluation.test("detector", "bilinear", "psnr_fit")
    assert test is not None
    means = [evaluation.summary("detector", m, "psnr_fit") for m in evaluation.methods]
    assert means[0] is not None
    assert means[1] is not None
    assert test.difference == pytest.approx(means[0].mean - means[1].mean)
    assert test.n == 2


def test_averaging_over_time_helps_where_there_is_noise_and_only_there(
    evaluation: Evaluation,
) -> None:
    noisy, clean = (evaluation.test(c, "bilinear", "psnr_fit") for c in evaluation.conditions)
    assert noisy is not None
    assert clean is not None
    assert noisy.difference > 0.5 > clean.difference


def test_files_of_one_movie_count_once(movies: list[Path], tmp_path: Path) -> None:
    clips = [tmp_path / f"clip_{number}.tif" for number in range(2)]
    for number, clip in enumerate(clips):
        tifffile.imwrite(
            clip, tifffile.imread(movies[0])[number : number + 1], photometric="minisblack"
        )
    methods = find_methods(["bilinear"])
    found = Evaluation(methods=["bilinear"], conditions=["detector"])
    sources = find_sources([*clips, movies[1]], [], ["clip_"])
    found.trials.extend(evaluate(sources, ["detector"], methods, seed=0, steps=Steps()))
    assert found.movies("detector") == ["clip_", "hela_mitochondria"]
    values = found.by_movie("detector", "bilinear", "psnr_fit")
    parts = [trial.measurements[0].value("psnr_fit") for trial in found.trials]
    assert values == pytest.approx([np.mean(parts[:2]), parts[2]])
    # The clips are stills, so for their movie no course can be told.
    assert found.summary("detector", "bilinear", "consistency") is None


def test_a_true_frame_with_nothing_in_it_is_named(movies: list[Path], tmp_path: Path) -> None:
    frames = tifffile.imread(movies[0])
    frames[2] = 7
    tifffile.imwrite(tmp_path / "blank.tif", frames, photometric="minisblack")
    sources = find_sources([tmp_path / "blank.tif"], [], [])
    with pytest.raises(UserError, match=r"blank can't be measured: the truth is one value"):
        list(evaluate(sources, ["detector"], find_methods(["bilinear"]), seed=0, steps=Steps()))


def test_bm3d_is_given_the_sigma_that_suits_it_best(movies: list[Path]) -> None:
    pytest.importorskip("bm3d")
    found = Evaluation(methods=["bm3d-before", "bilinear"], conditions=["detector"])
    methods = find_methods(found.methods)
    sources = find_sources(movies[:1], [], [])
    found.trials.extend(evaluate(sources, ["detector"], methods, seed=0, steps=Steps()))
    test = found.test("detector", "bilinear", "psnr_fit")
    assert test is not None
    assert test.difference > 0.5
    assert found.trials[0].measurements[0].about.startswith("sigma 0.")


def test_figures_say_what_they_are() -> None:
    for figure in FIGURES.values():
        assert figure.tells.endswith(".")
        assert figure.better in ("higher", "lower", "truth", "neither")
