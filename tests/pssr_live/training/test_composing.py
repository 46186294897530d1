from pathlib import Path

import numpy as np
import pytest
import tifffile

from engines.bundle import write_bundle
from pssr_live.errors import UserError
from pssr_live.training import Changes, Recipe, compose
from pssr_live.training.loop import train
from pssr_live.training.recipe import LiteNetwork, Schedule
from tests.engines.conftest import tiny_manifest, tiny_model, tiny_proof

CELLS = [Path("cell1.tif"), Path("cell2.tif")]
BARE = 'drawn = 1.0\nname = "bare"\n'


@pytest.fixture(autouse=True)
def cells_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (*CELLS, Path("cell3.tif")):
        tifffile.imwrite(
            path, np.zeros((5, 64, 64), np.uint16), imagej=True, metadata={"axes": "TYX"}
        )


def test_files_alone_train_the_fast_network() -> None:
    recipe = compose(CELLS, None, [Path("cell3.tif")])
    assert recipe.network.kind == "lite"
    assert [series.title for series in recipe.having("training")] == ["cell1", "cell2"]
    assert [series.title for series in recipe.having("selection")] == ["cell3"]
    assert [series.title for series in recipe.having("validation")] == ["cell3"]


def test_a_recipe_without_files_takes_those_given() -> None:
    recipe = compose(CELLS, "paper-multi-frame", [Path("cell3.tif")])
    assert recipe.network.kind == "resunet34"
    assert [series.title for series in recipe.having("training")] == ["cell1", "cell2"]
    assert all(Path(series.path).is_absolute() for series in recipe.series)


def test_a_recipe_s_file_may_stand_for_its_name(tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    path.write_text(BARE, encoding="utf-8")
    assert compose([path]) == compose([], str(path))
    assert compose([path]).name == "bare"


@pytest.mark.parametrize(
    ("files", "name", "problem"),
    [
        (CELLS, "mito-lite", "lists its files itself"),
        ([], None, "nothing to train on"),
        ([*CELLS, Path("recipe.toml")], None, "among the HR files"),
        (CELLS, "paper", "There is no recipe paper"),
    ],
)
def test_what_does_not_go_together_is_refused(
    files: list[Path], name: str | None, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        compose(files, name)


def test_options_change_the_recipe() -> None:
    changes = Changes("mine", frames=1, films=7, seed=5, init="runs/first", teacher="mito-lite")
    recipe = compose([], "mito-lite", changes=changes)
    assert recipe.name == "mine"
    assert recipe.seed == 5
    assert recipe.network.frames == 1
    assert recipe.schedule.tiles == 7
    assert recipe.init == str(Path("runs/first").resolve())
    assert recipe.teacher == "mito-lite"
    assert compose([], "mito-lite").name == "mito-lite"


def test_a_short_training_holds_fewer_films_and_fewer_of_large_ones() -> None:
    small = compose([], "mito-lite", changes=Changes(minutes=1.0)).schedule
    large = compose(CELLS, "paper-multi-frame", changes=Changes(minutes=1.0)).schedule
    assert small.minutes == 1.0
    assert 16 < large.tiles < small.tiles < 4000


@pytest.mark.parametrize(("name", "half"), [("paper-multi-frame", 8), ("paper-em", 4)])
def test_smaller_batches_leave_an_epoch_as_many_pairs(name: str, half: int) -> None:
    whole = compose(CELLS, name).schedule
    halved = compose(CELLS, name, changes=Changes(batch=half)).schedule
    for before, after in zip(whole.rounds or [whole], halved.rounds or [halved], strict=True):
        assert after.batch == before.batch // 2
        assert after.steps == before.steps * 2


def test_options_that_make_no_recipe_are_refused() -> None:
    with pytest.raises(UserError, match="frames"):
        compose(CELLS, changes=Changes(frames=3))
    with pytest.raises(UserError, match="name"):
        compose(CELLS, changes=Changes(name="My engine"))


def test_weights_to_begin_with_bring_their_network(tmp_path: Path) -> None:
    network = LiteNetwork(channels=8, coarse_channels=12, pairs=1)
    schedule = Schedule(tiles=2, hr_tile=64, epochs=1, steps=1, batch=1)
    run = tmp_path / "run"
    train(Recipe(drawn=1.0, network=network, schedule=schedule), tmp_path, run)
    recipe = compose(CELLS, changes=Changes(init=str(run)))
    assert recipe.network == network
    assert recipe.init == str(run.resolve())


def test_an_engine_of_a_kind_that_is_not_built_here_is_told_in_words(tmp_path: Path) -> None:
    write_bundle(tmp_path / "tiny", tiny_manifest(), tiny_model(), proof=tiny_proof())
    with pytest.raises(UserError, match="can't be trained here"):
        compose(CELLS, changes=Changes(init=str(tmp_path / "tiny")))
