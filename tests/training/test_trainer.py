import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from pssr_live.errors import UserError
from pssr_live.training.course import one_cycle
from pssr_live.training.losses import Loss
from pssr_live.training.recipe import LiteNetwork, Recipe, Schedule, Series
from pssr_live.training.run_folder import CHECKPOINT, LOG, load_network, load_summary
from pssr_live.training.trainer import train
from pssr_live.training.validation import FIXED_SETTINGS


def small(hr_file: Path | None = None, seed: int = 1, **schedule: float) -> Recipe:
    """A recipe that is through in a second or two."""
    roles = ("training", "selection", "validation") if hr_file else ()
    plan = {"tiles": 6, "epochs": 2, "steps": 4, "batch": 2} | schedule
    return Recipe(
        seed=seed,
        drawn=1.0,
        network=LiteNetwork(channels=8, coarse_channels=8, pairs=1),
        schedule=Schedule(**plan),
        series=tuple(Series(path=str(hr_file), role=role) for role in roles),
    )


def weights(run: Path) -> torch.Tensor:
    network, _ = load_network(run)
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def test_training_lowers_the_loss_and_leaves_a_finished_run(hr_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = small(hr_file, epochs=3, steps=10, batch=2)
    summary = train(recipe, tmp_path, run, command="pssr-live train here")
    with (run / LOG).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert float(rows[0]["psnr_bilinear"]) == float(rows[-1]["psnr_bilinear"]) > 10
    assert load_summary(run) == summary
    assert summary.command == "pssr-live train here"
    assert {figure.crappifier for figure in summary.validation} == set(FIXED_SETTINGS)
    assert load_network(run)[1] == recipe


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        train(small(seed=seed), tmp_path, tmp_path / name)
    assert torch.equal(weights(tmp_path / "one"), weights(tmp_path / "same"))
    assert not torch.equal(weights(tmp_path / "one"), weights(tmp_path / "other"))


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    train(small(), tmp_path, tmp_path / "run", report=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]
    assert "loss" in told[-1][2]


def test_the_best_epoch_is_kept_not_the_last(tmp_path: Path) -> None:
    """A rate far too high makes most epochs worse than the one before."""
    run = tmp_path / "run"
    kept: list[bytes] = []

    def keep() -> None:
        if (run / CHECKPOINT).is_file() and (run / CHECKPOINT).read_bytes() not in kept:
            kept.append((run / CHECKPOINT).read_bytes())

    train(small(epochs=8, learning_rate=3.0), tmp_path, run, report=lambda *_: keep())
    keep()
    with (run / LOG).open(encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    best_so_far = np.fmin.accumulate(losses)
    assert len(kept) == len(np.unique(best_so_far)) < len(losses)


def test_stopping_early_keeps_the_best_so_far(tmp_path: Path) -> None:
    def stop(done: int, total: int, text: str) -> None:
        if (tmp_path / "run" / CHECKPOINT).is_file():
            raise KeyboardInterrupt

    train(small(epochs=50), tmp_path, tmp_path / "run", report=stop)
    assert load_summary(tmp_path / "run")
    assert load_network(tmp_path / "run")


def test_stopping_before_there_is_anything_to_keep_stops(tmp_path: Path) -> None:
    def stop(done: int, total: int, text: str) -> None:
        if "loss" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small(), tmp_path, tmp_path / "run", report=stop)


def test_training_by_the_clock_ends(tmp_path: Path) -> None:
    assert train(small(minutes=0.02), tmp_path, tmp_path / "run")


def test_what_can_t_work_is_said_before_any_work(hr_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(UserError, match="no file"):
        train(small(tmp_path / "absent.tif"), tmp_path, run)
    assert not run.exists()
    run.mkdir()
    (run / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="already holds something"):
        train(small(hr_file), tmp_path, run)


def test_an_unfinished_run_is_not_taken_for_a_finished_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trained network"):
        load_network(tmp_path)
    with pytest.raises(UserError, match="did not come to its end"):
        load_summary(tmp_path)


def test_one_cycle_rises_then_falls_and_momentum_goes_the_other_way() -> None:
    rates, momenta = zip(*(one_cycle(part) for part in np.linspace(0, 1, 101)), strict=True)
    peak = int(np.argmax(rates))
    assert rates[peak] == pytest.approx(1)
    assert peak == 30
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()
    assert rates[-1] == pytest.approx(0)
    assert int(np.argmin(momenta)) == peak
    assert momenta[0] == momenta[-1]


def test_the_loss_of_the_better_baseline_is_one() -> None:
    torch.manual_seed(0)
    truths = torch.rand(3, 1, 32, 32)
    windows = truths[..., 2::4, 2::4] + torch.rand(3, 5, 8, 8)
    mean = windows.mean(dim=1, keepdim=True)
    enlarged = torch.nn.functional.interpolate(mean, scale_factor=4, mode="bilinear")
    assert float(Loss("relative")(enlarged, truths, windows)) == pytest.approx(1)
    assert float(Loss("relative")(truths, truths, windows)) == 0


class Killed(BaseException):
    """What stops a process without asking."""


@pytest.mark.parametrize("steps", [4, 5])
def test_a_killed_training_goes_on_bit_for_bit(tmp_path: Path, steps: int) -> None:
    recipe = small(epochs=4, steps=steps)
    train(recipe, tmp_path, tmp_path / "whole")

    def kill(done: int, total: int, _: str) -> None:
        # In the middle of the third epoch; 1000 parts are the whole training.
        if total == 1000 and done > 600:
            raise Killed

    with pytest.raises(Killed):
        train(recipe, tmp_path, tmp_path / "cut", report=kill)
    assert not (tmp_path / "cut" / "summary.json").exists()
    summary = train(recipe, tmp_path, tmp_path / "cut")
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    columns = ("step", "loss")
    logs = []
    for name in ("whole", "cut"):
        with (tmp_path / name / LOG).open(encoding="utf-8") as file:
            logs.append([[row[column] for column in columns] for row in csv.DictReader(file)])
    assert logs[0] == logs[1]
    assert load_summary(tmp_path / "whole").input_range == summary.input_range


def test_a_training_does_not_go_on_with_another_recipe(tmp_path: Path) -> None:
    train(small(), tmp_path, tmp_path / "run")
    with pytest.raises(UserError, match="another recipe"):
        train(small(seed=5), tmp_path, tmp_path / "run")


def test_a_damaged_state_is_told_in_words(tmp_path: Path) -> None:
    train(small(), tmp_path, tmp_path / "run")
    (tmp_path / "run" / "state.safetensors").write_bytes(b"damaged")
    with pytest.raises(UserError, match="can't be read"):
        train(small(), tmp_path, tmp_path / "run")
