import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pssr_live.crappify import Detector, find_crappifier
from pssr_live.errors import UserError
from pssr_live.training.data.datasets.plan import (
    MOST_TILES,
    Cut,
    allot,
    cut_out,
    degrade,
    plan_movie,
    random_numbers,
)

CRAPPIFIERS = [find_crappifier("detector"), find_crappifier("gaussian")]


def plan(counts: np.ndarray, numbers: range, tile: int = 16, seed: int = 1) -> list[Cut]:
    return plan_movie(
        counts,
        (0.0, 99.0),
        numbers,
        starts=np.arange(len(counts) - 4),
        frames=5,
        tile=tile,
        crappifiers=CRAPPIFIERS,
        seed=seed,
    )


@given(
    covers=st.lists(st.integers(1, 500), min_size=1, max_size=9),
    tiles=st.integers(9, 2000) | st.none(),
)
def test_tiles_are_shared_out_by_size_to_the_last_and_none_goes_without(
    covers: list[int], tiles: int | None
) -> None:
    shares = allot(covers, tiles)
    assert sum(shares) == (tiles or min(sum(covers), MOST_TILES))
    assert min(shares) >= 1
    for one, share in zip(covers, shares, strict=True):
        for other, its in zip(covers, shares, strict=True):
            assert one <= other or share >= its


def test_fewer_tiles_than_movies_are_refused() -> None:
    with pytest.raises(UserError, match="2 tiles are fewer than the 3 movies"):
        allot([5, 5, 5], 2)


@given(
    seed=st.integers(0, 9),
    shape=st.tuples(st.integers(5, 8), st.integers(6, 30), st.integers(6, 30)),
    tile=st.sampled_from([8, 16, 24]),
)
def test_a_tile_lies_in_the_movie_or_is_mirrored_beyond_its_edges(seed, shape, tile) -> None:
    counts = np.random.default_rng(seed).integers(0, 99, shape).astype(np.uint16)
    for cut in plan(counts, range(4), tile, seed):
        assert 0 <= cut.first_frame <= shape[0] - 5
        found = cut_out(counts[0], cut.y, cut.x, tile=tile)
        assert found.shape == (tile, tile)
        padded = np.pad(counts[0], tile, mode="reflect")
        y, x = cut.y + tile, cut.x + tile
        np.testing.assert_array_equal(found, padded[y : y + tile, x : x + tile])


def test_a_tile_is_the_same_whatever_else_is_made() -> None:
    counts = np.random.default_rng(0).integers(0, 99, (9, 40, 50))
    together = plan(counts, range(20))
    assert plan(counts, range(13, 14)) == [together[13]]
    assert plan(counts, range(20), seed=2) != together
    hr = np.full((5, 16, 16), 0.5, np.float32)
    np.testing.assert_array_equal(degrade(together[3], hr, 1), degrade(together[3], hr, 1))


def test_crappifiers_are_mixed_and_each_setting_is_drawn_anew() -> None:
    counts = np.random.default_rng(0).integers(0, 99, (9, 40, 50))
    drawn = [cut.crappifier for cut in plan(counts, range(60))]
    detectors = [one for one in drawn if isinstance(one, Detector)]
    assert 15 < len(detectors) < 45
    assert len({one.photons for one in detectors}) == len(detectors)


def test_each_frame_of_a_stack_has_noise_of_its_own() -> None:
    cut = Cut(number=0, first_frame=0, y=0, x=0, crappifier=Detector(photons=20.0))
    lr = degrade(cut, np.full((5, 64, 64), 0.5, np.float32), seed=1).astype(float)
    correlation = np.corrcoef(lr.reshape(5, -1))[np.triu_indices(5, 1)]
    assert np.abs(correlation).max() < 0.2


def test_places_that_show_something_are_preferred() -> None:
    counts = np.zeros((5, 128, 128))
    counts[:, 32:64, 32:64] = np.random.default_rng(0).integers(0, 99, (32, 32))
    cuts = plan(counts, range(200), tile=32)
    shown = np.mean([cut_out(counts[2], cut.y, cut.x, tile=32).any() for cut in cuts])
    blind = (63 / 97) ** 2
    assert shown > blind + 0.3


def test_random_numbers_differ_by_seed_number_and_purpose() -> None:
    first = {
        random_numbers(seed, number, purpose).random()
        for seed in range(3)
        for number in range(3)
        for purpose in range(3)
    }
    assert len(first) == 27
