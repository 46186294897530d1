from pathlib import Path

import numpy as np
import pytest

from pssr_live.errors import UserError
from pssr_live.training import Pool, Recipe, build_pool, load_series
from pssr_live.training.data import FRAMES, HR_TILE, TIMES, drawn_scene
from pssr_live.training.data.motion import brightness, still_flow, view
from pssr_live.training.data.pair_maker import _rearranged
from pssr_live.training.data.pool import STEPS_TO_PEAK
from pssr_live.training.recipe import Schedule, Series


def recipe(path: Path, *, kind: str = "movie", tiles: int = 6, **mix: float) -> Recipe:
    series = Series(path=str(path), kind=kind)
    return Recipe(series=(series,), schedule=Schedule(tiles=tiles), **mix)


def pool_of(recipe: Recipe, seed: int) -> Pool:
    return build_pool(recipe, load_series(recipe, "training", Path()), seed, report=silent)


def silent(done: int, total: int, text: str) -> None:
    """Report nothing."""


@pytest.mark.parametrize("kind", ["movie", "still", "masks"])
def test_any_kind_of_series_gives_films(hr_file: Path, kind: str) -> None:
    pool = pool_of(recipe(hr_file, kind=kind), 1)
    assert pool.films.shape == (6, FRAMES, HR_TILE, HR_TILE)
    assert pool.films.std(axis=(2, 3)).min() > 0
    assert len(pool.pixel_sizes_um) == 6
    assert all(0.05 < size < 0.2 for size in pool.pixel_sizes_um)


def test_drawn_and_simulated_scenes_need_no_files() -> None:
    mix = Recipe(drawn=1.0, simulated=1.0, schedule=Schedule(tiles=4))
    assert pool_of(mix, 3).films.max() > 0.2 * STEPS_TO_PEAK


def test_the_seed_decides_the_pool(hr_file: Path) -> None:
    first, same, other = (
        pool_of(recipe(hr_file, tiles=3, drawn=1.0), seed).films for seed in (1, 1, 2)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_movie_too_short_for_a_window_is_refused(short_file: Path) -> None:
    with pytest.raises(UserError, match="3 frames"):
        load_series(recipe(short_file), "training", Path())
    assert load_series(recipe(short_file, kind="still"), "training", Path())


def test_burnt_in_overlays_are_taken_out(hr_file: Path, tmp_path: Path) -> None:
    import tifffile

    frames = tifffile.imread(hr_file)
    frames[:, 10:20, 10:20] = 255
    overlay = np.zeros(frames.shape[1:], np.uint8)
    overlay[10:20, 10:20] = 255
    tifffile.imwrite(tmp_path / "marked.tif", frames, imagej=True, metadata={"axes": "TYX"})
    tifffile.imwrite(tmp_path / "overlay.tif", overlay)
    series = Series(path="marked.tif", overlay="overlay.tif")
    ((_, loaded),) = load_series(Recipe(series=(series,)), "training", tmp_path)
    assert loaded.frames[:, 10:20, 10:20].max() < 0.2


def test_a_drawn_scene_is_bright_moves_and_is_decided_by_its_seed() -> None:
    films = [drawn_scene(np.random.default_rng(seed), TIMES, 64) for seed in range(12)]
    again = drawn_scene(np.random.default_rng(0), TIMES, 64)
    assert np.array_equal(films[0], again)
    assert all(film.shape == (FRAMES, 64, 64) and film.dtype == np.float32 for film in films)
    assert all(np.isfinite(film).all() and film.min() >= 0 for film in films)
    moving = [film for film in films if np.abs(film[0] - film[-1]).max() > 0.05]
    assert len(moving) >= 6


def test_a_view_straight_on_shows_the_pixels_themselves() -> None:
    frames = np.random.default_rng(0).random((FRAMES, 40, 50), dtype=np.float32)
    flow = np.zeros((FRAMES, 16, 16, 2), np.float32)
    seen = view(frames, flow, np.array([19.5, 27.5], np.float32), turn=0.0, zoom=1.0)
    np.testing.assert_allclose(seen, frames[:, 12:28, 20:36], atol=1e-3)


def test_a_view_follows_the_flow() -> None:
    frames = np.random.default_rng(0).random((1, 40, 50), dtype=np.float32)
    flow = np.zeros((FRAMES, 16, 16, 2), np.float32)
    flow[..., 1] = TIMES[:, None, None]
    seen = view(frames, flow, np.array([19.5, 27.5], np.float32), turn=0.0, zoom=1.0)
    for film, shift in zip(seen, range(-2, 3), strict=True):
        np.testing.assert_allclose(film, frames[0, 12:28, 20 + shift : 36 + shift], atol=1e-3)


def test_made_up_motion_is_slow_enough_to_follow_and_small_at_the_centre_frame() -> None:
    for seed in range(20):
        flow = still_flow(np.random.default_rng(seed), TIMES, 64)
        assert np.isfinite(flow).all()
        assert np.abs(flow[FRAMES // 2]).max() < 5


def test_flicker_never_makes_light_negative() -> None:
    for seed in range(20):
        assert brightness(np.random.default_rng(seed), TIMES, 32).min() > 0


def test_real_motion_is_of_consecutive_frames_only(hr_file: Path) -> None:
    """None skipped, none made up: each film has the interval of the file."""
    real = recipe(hr_file, tiles=8).model_copy(update={"motion": "real"})
    (interval,) = {series.interval_s for _, series in load_series(real, "training", Path())}
    assert interval is not None
    assert pool_of(real, 1).intervals_s == (interval,) * 8


def test_real_motion_never_stands_still() -> None:
    film = np.arange(20, dtype=np.uint16).reshape(5, 2, 2)
    rng = np.random.default_rng(0)
    for _ in range(200):
        moved = _rearranged(film, rng, may_stand=False)
        assert abs(int(moved[1].sum()) - int(moved[0].sum())) == 16
