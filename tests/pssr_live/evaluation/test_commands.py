"""The command, as a user types it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from engines import EngineError
from pssr_live.cli.main import app
from pssr_live.crappify import Detector
from pssr_live.errors import UserError
from pssr_live.evaluation import commands
from pssr_live.evaluation.trials import Evaluation
from tests.limited_files import no_room_beyond


def run(*arguments: object) -> str:
    result = CliRunner().invoke(
        app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "120"}, catch_exceptions=False
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_table_report_and_figures_of_the_bundled_engine(movies: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "new" / "how-good"
    said = run("--truth", movies[1], "--output", output, "--backend", "onnxruntime")
    for word in ("mito-lite", "bilinear", "rolling-mean", "detector, n = 1", "PSNR dB", "t-test"):
        assert word in said
    assert "salt-pepper+additive-gaussian" in said.replace("\n", "")
    assert (output / "report.html").is_file()
    document = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    assert document["provenance"]["mito-lite"].startswith("ONNX Runtime")
    assert len(document["recordings"]) == 2


def test_lr_scans_are_compared_with_their_truth(movies: list[Path], tmp_path: Path) -> None:
    hr = tifffile.imread(movies[0])
    units = ((hr - hr.min()) / np.ptp(hr)).astype(np.float32)
    lr = Detector(photons=200).apply(np.roll(units, 8, axis=2), np.random.default_rng(0))
    tifffile.imwrite(tmp_path / "lr.tif", lr, photometric="minisblack")
    arguments = ("--lr", tmp_path / "lr.tif", "--engine", "bicubic", "--baseline", "bilinear")
    said = run("--truth", movies[0], *arguments, "--output", tmp_path / "out")
    assert "scanned, n = 1" in said
    assert "the truth than bilinear in 1 of 1 movies" in " ".join(said.split())
    assert "can't be told from n = 1" in " ".join(said.split())
    assert "left of the LR frames" in said.replace("\n", " ")


def test_an_evaluation_is_not_written_over_unless_asked(movies: list[Path], tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text("mine", encoding="utf-8")
    plain = ("--truth", movies[1], "--engine", "bilinear", "--baseline", "bicubic")
    plain = (*plain, "--crappifier", "no-noise", "--output", tmp_path)
    with pytest.raises(UserError, match="--force"):
        run(*plain)
    assert (tmp_path / "metrics.json").read_text(encoding="utf-8") == "mine"
    run(*plain, "--force")
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["format"] == 1


def test_wrong_names_are_found_before_the_work(movies: list[Path], tmp_path: Path) -> None:
    output = ("--output", tmp_path / "out")
    with pytest.raises(UserError, match="crappifier"):
        run("--truth", movies[0], "--crappifier", "nonsense", *output)
    with pytest.raises(EngineError, match="no engine nonsense"):
        run("--truth", movies[0], "--engine", "nonsense", *output)
    with pytest.raises(EngineError, match="no engine nonsense"):
        run("--truth", tmp_path / "nothing.tif", "--baseline", "rolling-mean:nonsense", *output)
    with pytest.raises(EngineError, match="no backend nonsense"):
        run("--truth", tmp_path / "nothing.tif", "--backend", "nonsense", *output)
    with pytest.raises(UserError, match="There is no file"):
        run("--truth", tmp_path / "nothing.tif", *output)
    with pytest.raises(UserError, match="is a file"):
        run("--truth", movies[0], "--output", movies[0])
    assert not (tmp_path / "out").exists()


def test_without_the_libraries_the_command_to_get_them_is_told(
    movies: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r"pip install \"pssr-live\[evaluate\]\""):
        run("--truth", movies[0], "--output", tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="only there files can be limited")
@pytest.mark.parametrize("full", ["before the work", "when it is done"])
def test_a_disk_without_room_for_the_report_is_told_and_keeps_what_was_there(
    movies: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    evaluation: Evaluation,
    full: str,
) -> None:
    for name in ("metrics.json", "report.html"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    tried, said = [], []
    limit = no_room_beyond(100_000)
    table = commands.results_table

    def measured(*_: object, **__: object) -> Iterator[object]:
        tried.append(1)
        yield evaluation.trials[0]

    def told(found: Evaluation) -> object:
        said.append(1)
        if full == "when it is done":
            # Too small for the page, which is written last, and not for the figures.
            limit.__enter__()
        return table(found)

    monkeypatch.setattr(commands, "evaluate", measured)
    monkeypatch.setattr(commands, "results_table", told)
    if full == "before the work":
        limit.__enter__()
    try:
        with pytest.raises(UserError, match="its disk allows no file of that size") as refused:
            run(
                *("--truth", movies[0], "--engine", "rolling-mean", "--baseline", "bilinear"),
                *("--crappifier", "detector", "--output", tmp_path, "--force"),
            )
    finally:
        limit.__exit__(None, None, None)
    assert "Free some space" in refused.value.fix
    # What took hours is at least told.
    assert (tried, said) == (([], []) if full == "before the work" else ([1], [1]))
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        "metrics.json": "mine",
        "report.html": "mine",
    }


def test_stopped_on_the_way_what_was_measured_is_kept(
    movies: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluation: Evaluation
) -> None:
    def stopped_by_the_user(*arguments: object, **options: object):  # type: ignore[no-untyped-def]
        yield evaluation.trials[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "evaluate", stopped_by_the_user)
    engines = ("--engine", "rolling-mean", "--baseline", "bilinear", "--crappifier", "detector")
    said = run("--truth", *movies, *engines, "--output", tmp_path / "out")
    assert "Stopped early" in said
    document = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert "Stopped early" in document["provenance"]["note"]
    assert [found["name"] for found in document["recordings"]] == ["lysosomes"]


def test_slices_of_a_stack_are_measured_where_they_are_neighbours(
    movies: list[Path], tmp_path: Path
) -> None:
    stack = tmp_path / "block.tif"
    frames = tifffile.imread(movies[1])
    tifffile.imwrite(stack, frames, imagej=True, metadata={"axes": "ZYX", "spacing": 0.05})
    arguments = ("--truth", stack, "--engine", "rolling-mean", "--baseline", "bilinear")
    arguments += ("--crappifier", "additive-gaussian-em")
    with pytest.raises(UserError, match="stack in z"):
        run(*arguments, "--output", tmp_path / "none")
    said = run(*arguments, "--window-along", "z", "--output", tmp_path / "out")
    assert "additive-gaussian-em, n = 1" in said
    document = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert len(document["recordings"]) == 1
