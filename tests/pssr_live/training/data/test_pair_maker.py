import numpy as np
import pytest

from pssr_live.crappify import CRAPPIFIERS
from pssr_live.training import PairMaker, Pool
from pssr_live.training.data import FRAMES, HR_TILE, TIMES, drawn_scene
from pssr_live.training.data.pool import STEPS_TO_PEAK


@pytest.fixture(scope="module")
def pool() -> Pool:
    films = [drawn_scene(np.random.default_rng(seed), TIMES, HR_TILE) for seed in range(3)]
    return Pool((np.clip(films, 0, 2) * STEPS_TO_PEAK).astype(np.uint16), ())


def maker(pool: Pool, seed: int = 0, **crappifiers: float) -> PairMaker:
    return PairMaker(pool=pool, crappifiers=crappifiers or {"detector": 1.0}, seed=seed)


@pytest.mark.parametrize("name", CRAPPIFIERS)
def test_a_batch_has_windows_and_truths_in_network_units(pool: Pool, name: str) -> None:
    windows, truths = maker(pool, **{name: 1.0}).pairs(range(16), HR_TILE)
    assert windows.shape == (16, FRAMES, HR_TILE // 4, HR_TILE // 4)
    assert truths.shape == (16, 1, HR_TILE, HR_TILE)
    assert windows.dtype == truths.dtype == np.float32
    peaks = np.percentile(truths, 99.5, axis=(1, 2, 3))
    assert 0.2 < np.median(peaks) < 5


def test_window_and_truth_show_the_same_place(pool: Pool) -> None:
    windows, truths = maker(pool).pairs(range(24), HR_TILE)
    averaged = truths.reshape(24, HR_TILE // 4, 4, HR_TILE // 4, 4).mean(axis=(2, 4))
    correlations = [
        np.corrcoef(window[FRAMES // 2].ravel(), truth.ravel())[0, 1]
        for window, truth in zip(windows, averaged, strict=True)
    ]
    assert np.median(correlations) > 0.7


def test_the_seed_decides_the_batch(pool: Pool) -> None:
    first, same, other = (maker(pool, seed).pairs(range(2), HR_TILE).windows for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_pair_is_the_same_whatever_was_drawn_before(pool: Pool) -> None:
    whole = maker(pool).pairs(range(6), HR_TILE)
    halves = [maker(pool).pairs(numbers, HR_TILE) for numbers in (range(3), range(3, 6))]
    for image in range(2):
        assert np.array_equal(whole[image], np.concatenate([half[image] for half in halves]))
    assert len(np.unique(whole.truths.mean(axis=(1, 2, 3)))) == 6


def test_the_pool_is_not_written_to(pool: Pool) -> None:
    before = pool.films.copy()
    maker(pool).pairs(range(8), HR_TILE)
    assert np.array_equal(pool.films, before)


def test_what_was_drawn_is_noted_for_the_manifest(pool: Pool) -> None:
    drawing = maker(pool)
    drawing.pairs(range(8), HR_TILE)
    assert len(drawing.photons) == 8
    assert all(3 <= photons <= 100 for photons in drawing.photons)


def test_windows_are_measured_for_the_manifest_whatever_was_drawn(pool: Pool) -> None:
    drawing = maker(pool)
    before = drawing.input_range()
    drawing.pairs(range(8), HR_TILE)
    after = drawing.input_range()
    assert before.photons_at_peak is None
    assert after.photons_at_peak is not None
    unlike = before.model_copy(update={"photons_at_peak": after.photons_at_peak})
    assert unlike == after
    assert after.snr is not None
    assert 0 < after.snr[0] < after.snr[1]
    assert after.change is not None
    assert 0 <= after.change[0] < after.change[1] <= 1.2
    assert after.noise is not None
    assert after.noise[0] > 0.05


def test_a_single_frame_tells_no_motion(pool: Pool) -> None:
    single = PairMaker(
        pool=Pool(pool.films[:, 2:3]), crappifiers={"detector": 1.0}, seed=0
    ).input_range()
    assert single.snr is not None
    assert single.change is None
    assert single.disorder is None
