from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pssr_live.evaluation.figures import FIGURES
from pssr_live.evaluation.results import write_results
from pssr_live.evaluation.trials import Evaluation


def written(folder: Path, evaluation: Evaluation) -> dict[str, Any]:
    write_results(folder / "metrics.json", evaluation, {"command": "as typed"})
    document: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return document


def test_every_figure_of_frame_recording_and_method_is_kept(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    found = written(tmp_path, evaluation)
    assert found["provenance"] == {"command": "as typed"}
    assert found["figures"].keys() == FIGURES.keys()
    lysosomes = found["recordings"][0]
    assert lysosomes["name"] == "lysosomes"
    bilinear = lysosomes["methods"]["bilinear"]
    assert len(bilinear["frames"]["psnr_fit"]) == 4
    assert len(bilinear["neighbour_correlation"]) == 3
    assert bilinear["figures"].keys() == FIGURES.keys()
    frc = bilinear["frc_truth"]
    assert frc["resolution_um"] == pytest.approx(0.1 * frc["resolution_px"])


def test_means_and_tests_are_over_movies(evaluation: Evaluation, tmp_path: Path) -> None:
    summary = written(tmp_path, evaluation)["summary"]["detector"]
    assert summary["movies"] == ["lysosomes", "hela_mitochondria"]
    row = summary["methods"]["bilinear"]["psnr_fit"]
    assert row["n"] == 2
    test = evaluation.test("detector", "bilinear", "psnr_fit")
    assert test is not None
    assert row["rolling-mean against it"]["t_test"] == test.t_test


def test_what_json_has_no_number_for_is_null(evaluation: Evaluation, tmp_path: Path) -> None:
    trial = evaluation.trials[0]
    perfect = replace(
        trial.measurements[0],
        frames=trial.measurements[0].frames | {"psnr_fit": [float("inf")] * 4},
    )
    changed = replace(
        evaluation, trials=[replace(trial, measurements=[perfect, trial.measurements[1]])]
    )
    frames = written(tmp_path, changed)["recordings"][0]["methods"]["rolling-mean"]["frames"]
    assert frames["psnr_fit"] == [None] * 4
