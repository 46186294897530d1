from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from scipy.ndimage import gaussian_filter

from pssr_live.errors import UserError
from pssr_live.training import FIXED_SETTINGS, Recipe, load_network
from pssr_live.training.loop import train
from pssr_live.training.recipe import LiteNetwork, ResUNet34Network, Role, Round, Schedule, Series
from pssr_live.training.recipe_files import with_files
from pssr_live.training.run import CHECKPOINT, load_summary
from pssr_live.training.run.run_folder import LOG
from tests.pssr_live.other_cell import write_other_cell


def small(
    hr_file: Path | None = None, seed: int = 1, *, network: Any = None, **schedule: Any
) -> Recipe:
    """A recipe that is through in a second or two."""
    files: dict[Role, Path] = {}
    if hr_file is not None:
        learnt = write_other_cell(hr_file, hr_file.with_name("learnt.tif"))
        files = {"training": learnt, "selection": hr_file, "validation": hr_file}
    plan = {"tiles": 6, "hr_tile": 64, "epochs": 2, "steps": 4, "batch": 2} | schedule
    return Recipe(
        seed=seed,
        drawn=1.0,
        network=network or LiteNetwork(channels=8, coarse_channels=8, pairs=1),
        schedule=Schedule(**plan),
        series=tuple(Series(path=str(path), role=role) for role, path in files.items()),
    )


def weights(run: Path) -> torch.Tensor:
    network, _ = load_network(run)
    return torch.cat([weight.detach().flatten() for weight in network.state_dict().values()])


def log(run: Path) -> list[dict[str, str]]:
    with (run / LOG).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_training_restores_better_and_leaves_a_finished_run(hr_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = small(hr_file, epochs=3, steps=20, batch=4)
    summary = train(recipe, tmp_path, run, command="pssr-live train here")
    rows = log(run)
    assert len(rows) == 3
    assert float(rows[-1]["psnr"]) > float(rows[0]["psnr"])
    assert float(rows[0]["psnr_bilinear"]) == float(rows[-1]["psnr_bilinear"]) > 10
    assert 0 < float(rows[0]["ssim_bilinear"]) < float(rows[0]["ssim_rolling_mean"]) < 1
    assert (run / "curve.png").is_file()
    samples = [f"epoch-00{number}.png" for number in (1, 2, 3)]
    assert sorted(path.name for path in (run / "samples").iterdir()) == samples
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


def test_the_epoch_of_the_lowest_validation_loss_is_kept(tmp_path: Path) -> None:
    """A rate far too high makes most epochs worse than the one before."""
    run = tmp_path / "run"
    kept: list[bytes] = []

    def keep() -> None:
        if (run / CHECKPOINT).is_file() and (run / CHECKPOINT).read_bytes() not in kept:
            kept.append((run / CHECKPOINT).read_bytes())

    train(small(epochs=8, learning_rate=3.0), tmp_path, run, report=lambda *_: keep())
    keep()
    losses = [float(row["validation_loss"]) for row in log(run)]
    best_so_far = np.fmin.accumulate(losses)
    assert len(kept) == len(np.unique(best_so_far)) < len(losses)
    assert not any(row["psnr"] for row in log(run))


def test_a_training_that_runs_away_is_told(hr_file: Path, tmp_path: Path) -> None:
    recipe = small(hr_file, epochs=1, steps=6, learning_rate=1e30)
    with pytest.raises(UserError, match="loss is not a number") as caught:
        train(recipe, tmp_path, tmp_path / "run")
    assert "learning_rate" in caught.value.fix


def test_a_training_that_is_asked_to_stop_saves_in_mid_epoch_and_goes_on(tmp_path: Path) -> None:
    recipe, told, asked = small(epochs=2, steps=5), list[str](), iter(range(100))
    train(recipe, tmp_path, tmp_path / "whole")
    # The first questions are asked for every film of the pool.
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path, tmp_path / "cut", log=told.append, stop=lambda: next(asked) == 8)
    assert told[-1].startswith("Stopped. All is kept")
    assert not (tmp_path / "cut" / LOG).exists()
    train(recipe, tmp_path, tmp_path / "cut")
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert [row["loss"] for row in log(tmp_path / "whole")] == [
        row["loss"] for row in log(tmp_path / "cut")
    ]


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
    assert train(small(minutes=1e-3), tmp_path, tmp_path / "run")


def test_what_can_t_work_is_said_before_any_work(hr_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(UserError, match="no file"):
        train(small().model_copy(update={"series": (Series(path="absent.tif"),)}), tmp_path, run)
    assert not run.exists()
    run.mkdir()
    (run / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="already holds something"):
        train(small(hr_file), tmp_path, run)


def test_an_unfinished_run_is_not_taken_for_a_finished_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trained network"):
        load_network(tmp_path)
    with pytest.raises(UserError, match="is not finished"):
        load_summary(tmp_path)


class Killed(BaseException):
    """What stops a process without asking."""


def killed(recipe: Recipe, run: Path, part: float) -> None:
    """Train up to a part of the whole, and be killed there."""

    def kill(done: int, total: int, _: str) -> None:
        # 1000 parts are the whole training; the pool is counted in films.
        if total == 1000 and done > 1000 * part:
            raise Killed

    with pytest.raises(Killed):
        train(recipe, run.parent, run, report=kill)
    assert not (run / "summary.json").exists()


EM_ROUNDS = (
    Round(hr_tile=32, steps=2, batch=3, last_layer_epochs=1, epochs=1, learning_rates=(1e-5, 1e-3)),
    Round(hr_tile=64, steps=2, batch=2, last_layer_epochs=1, epochs=1, learning_rates=(1e-5, 1e-4)),
)


@pytest.mark.usefixtures("slim_resunet34")
@pytest.mark.parametrize(
    ("recipe", "parts"),
    [
        (small(epochs=4, steps=4), [0.6]),
        (small(epochs=4, steps=5), [0.6]),
        (small(epochs=3, network=ResUNet34Network()), [0.5]),
        (small(network=ResUNet34Network(frames=1), rounds=EM_ROUNDS), [0.3, 0.8]),
    ],
    ids=["lite", "lite, odd steps", "resunet34", "rounds"],
)
def test_a_killed_training_goes_on_bit_for_bit(
    tmp_path: Path, recipe: Recipe, parts: list[float]
) -> None:
    train(recipe, tmp_path, tmp_path / "whole")
    for part in parts:
        killed(recipe, tmp_path / "cut", part)
    summary = train(recipe, tmp_path, tmp_path / "cut")
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    columns = ("step", "loss", "validation_loss")
    whole, cut = (
        [[row[column] for column in columns] for row in log(tmp_path / name)]
        for name in ("whole", "cut")
    )
    assert whole == cut
    assert load_summary(tmp_path / "whole").input_range == summary.input_range


def test_a_training_killed_before_its_first_epoch_begins_anew(tmp_path: Path) -> None:
    killed(small(), tmp_path / "run", 0.1)
    train(small(), tmp_path, tmp_path / "run")
    train(small(), tmp_path, tmp_path / "whole")
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "run"))


@pytest.mark.usefixtures("slim_resunet34")
def test_electron_micrographs_are_learnt_round_after_round(tmp_path: Path) -> None:
    """A still, as EM is: membranes and grains, sharp and noisy."""
    rng = np.random.default_rng(0)
    image = gaussian_filter(rng.normal(size=(160, 160)), 4)
    membranes = np.exp(-((image / image.std()) ** 2) * 8)
    still = (30 + 180 * (1 - membranes) + rng.normal(size=image.shape) * 4).clip(0, 255)
    for name, image in (("learnt.tif", still), ("judged.tif", still.T)):
        tifffile.imwrite(tmp_path / name, np.ascontiguousarray(image, np.uint8))
    recipe = Recipe(
        network=ResUNet34Network(frames=1),
        loss="mse",
        crappifiers={"additive-gaussian-em": 1.0},
        schedule=Schedule(
            tiles=8,
            hr_tile=64,
            averaging=0.0,
            rounds=tuple(
                part.model_copy(update={"steps": 12, "learning_rates": (1e-4, 5e-3)})
                for part in EM_ROUNDS
            ),
        ),
    )
    with_still = with_files(recipe, [tmp_path / "learnt.tif"], [tmp_path / "judged.tif"])
    summary = train(with_still, Path(), tmp_path / "run")
    rows = log(tmp_path / "run")
    assert [int(row["step"]) for row in rows] == [12, 24, 36, 48]
    # By its loss: the running means of batch norms, which PSNR goes by, lag in so few steps.
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.2 * losses[0]
    assert [figure.crappifier for figure in summary.validation] == ["additive-gaussian-em"]


def test_a_single_frame_twin_sees_the_centre_frame_alone(hr_file: Path, tmp_path: Path) -> None:
    recipe = small(hr_file, network=LiteNetwork(channels=8, coarse_channels=8, pairs=1, frames=1))
    summary = train(recipe, tmp_path, tmp_path / "run")
    assert load_network(tmp_path / "run")[0](torch.rand(1, 1, 16, 16)).shape == (1, 1, 64, 64)
    assert len(summary.validation) == len(FIXED_SETTINGS)


def test_a_student_comes_nearer_to_its_teacher(tmp_path: Path) -> None:
    """With nothing but the teacher to go by, and a teacher that is no better than chance."""
    recipe = small(epochs=1, steps=2)
    train(recipe, tmp_path, tmp_path / "teacher")
    lesson = {"teacher": "teacher", "distillation": 1.0, "seed": 5}
    schedule = recipe.schedule.model_copy(update={"epochs": 3, "steps": 20})
    student = recipe.model_copy(update=lesson | {"schedule": schedule})
    summary = train(student, tmp_path, tmp_path / "student")
    losses = [float(row["loss"]) for row in log(tmp_path / "student")]
    assert losses[-1] < 0.5 * losses[0]
    assert any(origin.startswith("Taught by own-engine 1 (SHA-256") for origin in summary.origins)


def test_fine_tuning_starts_from_the_weights_given_and_says_so(tmp_path: Path) -> None:
    recipe = small(epochs=3, steps=8)
    train(recipe, tmp_path, tmp_path / "first")
    still = recipe.schedule.model_copy(update={"learning_rate": 1e-12, "epochs": 1, "steps": 1})
    tuned = recipe.model_copy(update={"init": "first", "schedule": still, "seed": 3})
    summary = train(tuned, tmp_path, tmp_path / "tuned")
    torch.testing.assert_close(weights(tmp_path / "tuned"), weights(tmp_path / "first"))
    (origin,) = summary.origins
    assert origin.startswith("Begun with the weights of own-engine 1 (SHA-256")


def test_a_training_does_not_go_on_with_another_recipe(tmp_path: Path) -> None:
    train(small(), tmp_path, tmp_path / "run")
    with pytest.raises(UserError, match="another recipe"):
        train(small(seed=5), tmp_path, tmp_path / "run")


def test_a_damaged_state_is_told_in_words(tmp_path: Path) -> None:
    train(small(), tmp_path, tmp_path / "run")
    (tmp_path / "run" / "state.safetensors").write_bytes(b"damaged")
    with pytest.raises(UserError, match="can't be read"):
        train(small(), tmp_path, tmp_path / "run")
