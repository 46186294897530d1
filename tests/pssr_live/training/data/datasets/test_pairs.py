"""Training pairs out of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pssr_live.errors import UserError
from pssr_live.training import (
    Changes,
    DatasetSettings,
    Recipe,
    compose,
    plan_dataset,
    write_dataset,
)
from pssr_live.training.data.datasets import dataset_sources, dataset_validation_sets, open_dataset
from pssr_live.training.data.datasets.manifest import tile_files
from pssr_live.training.data.datasets.pairs import Dataset, DatasetPairs
from pssr_live.training.data.pair_maker import Pairs
from pssr_live.training.recipe import Round, Schedule
from tests.pssr_live.training.data.datasets.conftest import write

ROUND: dict[str, Any] = {
    "hr_tile": 128,
    "steps": 1,
    "batch": 2,
    "epochs": 1,
    "learning_rates": (1e-5, 1e-3),
}


def made(inputs: list[Path], settings: DatasetSettings, folder: Path) -> Dataset:
    plan = plan_dataset(inputs, settings, folder, report=lambda *_: None)
    write_dataset(plan, folder, lambda *_: None)
    return open_dataset(folder)


@pytest.fixture
def dataset(movies: list[Path], settings: DatasetSettings, tmp_path: Path) -> Dataset:
    return made(movies, settings, tmp_path / "dataset")


def recipe_for(dataset: Dataset, **changes: object) -> Recipe:
    return compose([dataset.folder], changes=Changes(**changes))  # type: ignore[arg-type]


def drawn(dataset: Dataset, count: int = 40, frames: int = 5, tile: int = 32) -> Pairs:
    pairs = DatasetPairs(dataset=dataset, tiles=dataset.tiles("training"), frames=frames, seed=1)
    return pairs.pairs(range(count), tile)


@pytest.mark.parametrize("frames", [1, 5])
def test_pairs_have_windows_and_truths_of_the_same_place(dataset: Dataset, frames: int) -> None:
    windows, truths = drawn(dataset, frames=frames)
    assert windows.shape == (40, frames, 8, 8)
    assert truths.shape == (40, 1, 32, 32)
    assert windows.dtype == truths.dtype == np.float32
    coarse = truths.reshape(40, 8, 4, 8, 4).mean(axis=(2, 4))
    matches = [
        np.corrcoef(window.mean(axis=0).ravel(), truth.ravel())[0, 1]
        for window, truth in zip(windows, coarse, strict=True)
        if truth.std() > 0
    ]
    assert np.median(matches) > 0.7
    # One scale for both: a line of slope 1 through them.
    assert np.median(windows.mean(axis=(1, 2, 3)) - coarse.mean(axis=(1, 2))) == pytest.approx(
        0, abs=0.1
    )


def test_a_pair_is_the_same_whatever_was_drawn_before(dataset: Dataset) -> None:
    pairs = DatasetPairs(dataset=dataset, tiles=dataset.tiles("training"), frames=5, seed=1)
    alone = pairs.pairs([7], 32)
    np.testing.assert_array_equal(alone.windows[0], drawn(dataset).windows[7])
    other = DatasetPairs(dataset=dataset, tiles=dataset.tiles("training"), frames=5, seed=2).pairs(
        [7], 32
    )
    assert not np.array_equal(alone.windows, other.windows)


def test_tiles_are_seen_at_many_places_and_turns(dataset: Dataset) -> None:
    pairs = DatasetPairs(
        dataset=dataset, tiles=dataset.tiles("training")[:1], frames=5, seed=1
    ).pairs(range(200), 64)
    # The same pixels, turned; the scale is drawn anew for each.
    turned = {
        np.argsort(truth.ravel()[np.linspace(0, 4095, 40).astype(int)]).tobytes()
        for truth in pairs.truths
    }
    assert len(turned) == 8


def test_what_the_windows_are_like_is_told_for_the_manifest(dataset: Dataset) -> None:
    pairs = DatasetPairs(dataset=dataset, tiles=dataset.tiles("training"), frames=5, seed=1)
    found = pairs.input_range()
    assert found.pixel_size_um == pytest.approx((0.4, 0.4))
    assert found.snr is not None
    assert found.snr[0] > 0
    photons = [tile.crappifier.get("photons") for tile in dataset.tiles("training")]
    known = [one for one in photons if one]
    assert found.photons_at_peak == pytest.approx((min(known), max(known)), abs=1e-3)
    assert found.change is not None
    pairs.pairs(range(5), 32)
    assert pairs.input_range() == found


def test_validation_movies_are_judged_by_and_never_trained_on(dataset: Dataset) -> None:
    sources = dataset_sources(dataset, recipe_for(dataset))
    assert isinstance(sources.training, DatasetPairs)
    assert isinstance(sources.held_out, DatasetPairs)
    assert {dataset.manifest.split_of(tile) for tile in sources.training.tiles} == {"training"}
    assert {dataset.manifest.split_of(tile) for tile in sources.held_out.tiles} == {"validation"}
    validation_sets = dataset_validation_sets(dataset, 2)
    names = {s.name for s in dataset.manifest.sources if s.split == "validation"}
    assert {validation_set.series for validation_set in validation_sets} == names
    for validation_set in validation_sets:
        assert validation_set.windows.shape[0] <= 2
        assert validation_set.windows.shape[1:] == (5, 16, 16)
        assert validation_set.truths.shape[1:] == (64, 64)
        assert validation_set.bilinear.psnr > 10


def test_without_validation_movies_some_tiles_are_held_out(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    whole = settings.model_copy(update={"validation": 0.0})
    dataset = made(movies, whole, tmp_path / "dataset")
    sources = dataset_sources(dataset, recipe_for(dataset))
    assert isinstance(sources.training, DatasetPairs)
    assert isinstance(sources.held_out, DatasetPairs)
    pretrained, held = ({tile.number for tile in s.tiles} for s in sources)  # type: ignore[attr-defined]
    assert len(held) == 1
    assert not pretrained & held
    assert dataset_validation_sets(dataset, 4) == []


def test_an_unfinished_dataset_is_refused(dataset: Dataset) -> None:
    tile_files(dataset.folder, dataset.manifest, dataset.manifest.tiles[2]).hr.unlink()
    with pytest.raises(UserError, match="1 of its 9 tiles are missing") as caught:
        open_dataset(dataset.folder)
    assert "crappify" in caught.value.fix


def test_a_damaged_tile_is_named(dataset: Dataset) -> None:
    tile = dataset.manifest.tiles[2]
    tile_files(dataset.folder, dataset.manifest, tile).lr.write_bytes(b"no image")
    with pytest.raises(UserError, match="Tile 2 of"):
        dataset.read(tile)


def test_single_frames_train_single_frame_networks_alone(
    settings: DatasetSettings, tmp_path: Path
) -> None:
    still = write(
        tmp_path / "em.tif", np.random.default_rng(0).integers(0, 99, (1, 90, 90)).astype(np.uint8)
    )
    single = settings.model_copy(update={"frames": 1, "validation": 0.0})
    dataset = made([still], single, tmp_path / "dataset")
    assert recipe_for(dataset).network.frames == 1
    assert drawn(dataset, frames=1).windows.shape == (40, 1, 8, 8)
    with pytest.raises(UserError, match="has single frames"):
        dataset_sources(dataset, recipe_for(dataset, frames=5))


def test_the_recipe_for_a_dataset_names_its_sources_and_fits_its_tiles(dataset: Dataset) -> None:
    recipe = recipe_for(dataset, seed=4)
    assert recipe.dataset == str(dataset.folder.resolve())
    assert recipe.schedule.hr_tile == 64
    assert recipe.seed == 4
    assert recipe.drawn == recipe.simulated == 0
    assert set(recipe.used_crappifiers) == {"detector", "poisson+salt-pepper"}
    assert len(recipe.having("training")) == 2
    assert {series.licence for series in recipe.series} == {"MIT"}


def test_a_recipe_for_larger_tiles_says_what_to_make(dataset: Dataset) -> None:
    schedule = Schedule(hr_tile=512, rounds=(Round(**ROUND),))
    recipe = recipe_for(dataset).model_copy(update={"schedule": schedule})
    with pytest.raises(UserError, match="trains on tiles of") as caught:
        dataset_sources(dataset, recipe)
    assert "--tile 512" in caught.value.fix


def test_a_dataset_beside_other_things_is_refused(dataset: Dataset, movies: list[Path]) -> None:
    for files, changes in (
        ([dataset.folder, movies[0]], Changes()),
        ([dataset.folder], Changes(crappifiers=("detector",))),
    ):
        with pytest.raises(UserError, match="trained on alone"):
            compose(files, changes=changes)
    with pytest.raises(UserError, match="is not a dataset"):
        compose([movies[0].parent])
    with pytest.raises(UserError, match="lists its files itself"):
        compose([dataset.folder], "mito-lite")
