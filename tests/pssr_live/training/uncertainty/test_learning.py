"""An engine learns how far off it may be: by the command, on real images, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from engines import (
    MODEL_FILE,
    UNCERTAINTY_FILE,
    Bundle,
    EngineError,
    load_bundle,
    onnx_restorer,
    open_engine,
)
from pssr_live.cli.main import app
from pssr_live.engine_tables import print_engine, verify_engine
from pssr_live.errors import UserError
from pssr_live.training import Changes, run_train, run_uncertainty
from pssr_live.training.uncertainty import learning
from pssr_live.training.uncertainty.learning import negative_log_likelihood, spread_over
from tests.pssr_live.other_cell import write_other_cell

QUICK = Changes(films=4, batch=2, seed=5)


@pytest.fixture
def engine(uncertain: Bundle) -> Bundle:
    """Predicts its uncertainty already, by a head that learnt nothing; read only."""
    return uncertain


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "STEPS", 3)


def others(hr_file: Path, *names: str) -> list[Path]:
    return [
        write_other_cell(hr_file, hr_file.with_name(name), turns)
        for turns, name in enumerate(names, start=1)
    ]


@pytest.mark.usefixtures("few_steps")
def test_from_own_files_to_an_engine_that_says_how_far_off_it_may_be(
    engine: Bundle, hr_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = others(hr_file, "first.tif", "second.tif")
    folders = [tmp_path / "once", tmp_path / "again"]
    for folder in folders:
        typed = ["train", hr_file, "--uncertainty", engine.path, "--output", folder]
        typed += ["--validation", held[0], "--validation", held[1]]
        typed += ["--films", 4, "--batch", 2, "--seed", 5]
        done = CliRunner().invoke(app, [str(word) for word in typed])
        assert done.exception is None
        assert "90% promised" in done.output
    learnt, again = (load_bundle(folder) for folder in folders)
    assert learnt.manifest == again.manifest
    stated = learnt.manifest.uncertainty
    assert stated is not None
    assert (stated.level, stated.seed) == (0.9, 5)
    assert {row.series for row in stated.coverage} == {"first", "second"}
    assert learnt.manifest.files[MODEL_FILE] == engine.manifest.files[MODEL_FILE]
    assert learnt.manifest.files[UNCERTAINTY_FILE] != engine.manifest.files[UNCERTAINTY_FILE]
    units = learnt.proof.intensity.to_network(learnt.proof.window)
    models = (learnt.model, learnt.model_with_uncertainty())
    plain, beside = (onnx_restorer(model.read_bytes())(units) for model in models)
    np.testing.assert_array_equal(beside, plain)
    print_engine(str(folders[0]))
    verify_engine(str(folders[0]), 20, 24)
    said = capsys.readouterr().out
    assert "brightest tenth" in said
    assert "with uncertainty" in said
    selection = open_engine(str(folders[0]), height=20, width=24, dtype=np.uint16, uncertain=True)
    selection.engine.restore(learnt.proof.window, learnt.proof.intensity)
    assert selection.engine.half_width is not None
    assert selection.engine.half_width.max() > 0
    selection.engine.close()


@pytest.mark.usefixtures("few_steps")
def test_stopped_it_leaves_nothing_behind(
    engine: Bundle, hr_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pssr_live.training.uncertainty.learning.calibrate",
        lambda _: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    held = others(hr_file, "first.tif", "second.tif")
    with pytest.raises(SystemExit) as left:
        run_uncertainty(
            str(engine.path), [hr_file], tmp_path / "new", validation=held, changes=QUICK
        )
    assert left.value.code == 130
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "option", [["--name", "mine"], ["--frames", "1"], ["--init", "mito-lite"], ["--minutes", "5"]]
)
def test_what_would_make_another_engine_of_it_is_refused(option: list[str]) -> None:
    typed = ["train", "a.tif", "--uncertainty", "mito-lite", "--output", "new", *option]
    done = CliRunner().invoke(app, typed)
    assert isinstance(done.exception, UserError)
    assert f"takes no {option[0]}" in done.exception.problem


@pytest.mark.usefixtures("few_steps")
def test_what_learnt_to_expect_no_error_is_not_written(
    engine: Bundle, hr_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_learn", lambda network, *_, **__: network.second.weight.zero_())
    held = others(hr_file, "first.tif", "second.tif")
    with torch.no_grad(), pytest.raises(UserError, match="expect no error where there is one"):
        run_uncertainty(
            str(engine.path), [hr_file], tmp_path / "new", validation=held, changes=QUICK
        )
    assert not (tmp_path / "new").exists()


def test_a_run_is_exported_first(tmp_path: Path, hr_file: Path) -> None:
    run_train([hr_file], tmp_path / "run", changes=Changes(minutes=0.01))
    with pytest.raises(UserError, match="is a training run") as refused:
        run_uncertainty(str(tmp_path / "run"), [hr_file], tmp_path / "new", changes=QUICK)
    assert "pssr-live export" in refused.value.fix


def test_two_recordings_of_one_name_are_not_taken_for_one(
    engine: Bundle, hr_file: Path, tmp_path: Path
) -> None:
    held = [tmp_path / day / "cell.tif" for day in ("monday", "tuesday")]
    for path in held:
        path.parent.mkdir()
        write_other_cell(hr_file, path)
    with pytest.raises(UserError, match="are both called cell") as refused:
        run_uncertainty(
            str(engine.path), [hr_file], tmp_path / "new", validation=held, changes=QUICK
        )
    assert "a name of its own" in refused.value.fix


def test_one_recording_is_too_few_to_calibrate_on(
    engine: Bundle, hr_file: Path, tmp_path: Path
) -> None:
    held = others(hr_file, "first.tif")
    with pytest.raises(UserError, match="not trained on are needed") as refused:
        run_uncertainty(
            str(engine.path), [hr_file], tmp_path / "new", validation=held, changes=QUICK
        )
    assert "--validation HR1.tif --validation HR2.tif" in refused.value.fix


def test_what_is_there_is_not_written_over(engine: Bundle, hr_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="exists already"):
        run_uncertainty(str(engine.path), [hr_file], tmp_path, changes=QUICK)


def test_several_processes_are_refused(
    tmp_path: Path, hr_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(UserError, match="by one process") as told:
        run_uncertainty("mito-lite", [hr_file], tmp_path / "new", changes=QUICK)
    assert 'without torchrun: pssr-live train --uncertainty "mito-lite"' in told.value.fix


def test_an_engine_that_is_not_there_is_told(hr_file: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="There is no engine"):
        run_uncertainty("nowhere", [hr_file], tmp_path / "new", changes=QUICK)


def test_the_likelihood_is_best_at_the_mean_magnitude_of_the_residuals() -> None:
    residual = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    scale = torch.full((1, 1, 2, 2), 0.5, requires_grad=True)
    expected = torch.log(torch.tensor(1.0)) + residual.abs().mean() / 0.5
    torch.testing.assert_close(negative_log_likelihood(scale, residual), expected)
    cells = residual.abs().unfold(2, 4, 4).unfold(3, 4, 4).mean(dim=(4, 5))
    best = cells.clone().requires_grad_()
    negative_log_likelihood(best, residual).backward()
    assert best.grad is not None
    torch.testing.assert_close(best.grad, torch.zeros_like(best), atol=1e-6, rtol=0)


def test_each_restored_pixel_gets_the_scale_of_its_lr_pixel() -> None:
    spread = spread_over(torch.tensor([[[[1.0, 2.0]]]]), torch.zeros(1, 1, 4, 8))
    assert spread[0, 0].tolist() == [[1.0] * 4 + [2.0] * 4] * 4
