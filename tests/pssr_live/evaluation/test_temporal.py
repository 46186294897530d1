import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.stats import pearsonr

from pssr_live.evaluation.temporal import (
    flicker,
    neighbour_correlations,
    pearson,
    static_pixels,
)


def drifting(frames: int = 6, step: int = 2) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    sky = gaussian_filter(rng.normal(0, 1, (64, 64 + frames * step)), 3)
    return np.stack([sky[:, time * step : time * step + 64] for time in range(frames)])


def test_neighbours_are_correlated_after_the_blur() -> None:
    movie = drifting()
    blurred = [gaussian_filter(frame, 5.0) for frame in movie]
    expected = [pearsonr(blurred[t].ravel(), blurred[t + 1].ravel())[0] for t in range(5)]
    assert neighbour_correlations(movie) == pytest.approx(expected, abs=1e-5)


def test_noise_of_each_frame_lowers_it_and_a_still_is_perfectly_correlated() -> None:
    movie = drifting()
    noisy = movie + np.random.default_rng(1).normal(0, 2, movie.shape)
    assert neighbour_correlations(noisy).mean() < neighbour_correlations(movie).mean()
    assert neighbour_correlations([movie[0], movie[0]]) == pytest.approx([1.0])


def test_a_single_frame_has_no_neighbour() -> None:
    assert neighbour_correlations([np.ones((8, 8))]).size == 0
    assert neighbour_correlations([]).size == 0


@given(first=st.integers(0, 99), second=st.integers(0, 99))
def test_pearson_is_scipys(first: int, second: int) -> None:
    one, two = (np.random.default_rng(seed).normal(3, 2, (5, 7)) for seed in (first, second + 100))
    assert pearson(one, two) == pytest.approx(pearsonr(one.ravel(), two.ravel())[0])


def test_an_even_image_correlates_with_nothing() -> None:
    assert pearson(np.ones((4, 4)), np.arange(16).reshape(4, 4)) == 0


@given(noise=st.floats(0.1, 10))
def test_flicker_of_independent_noise_is_its_standard_deviation(noise: float) -> None:
    values = 50 + np.random.default_rng(0).normal(0, noise, (40, 500))
    assert flicker(values) == pytest.approx(noise, rel=0.03)


def test_slow_fading_is_hardly_flicker_and_a_single_frame_has_none() -> None:
    fading = np.linspace(100, 50, 100)[:, None] * np.ones((1, 10))
    assert flicker(fading) == pytest.approx(50 / 99 / 2**0.5)
    assert flicker(np.ones((1, 10))) == 0


def test_a_regular_blink_counts_by_its_step() -> None:
    assert flicker([[0.0], [2.0], [0.0], [2.0]]) == pytest.approx(2**0.5)


def test_what_moves_is_not_static() -> None:
    movie = np.random.default_rng(0).normal(10, 0.1, (6, 60, 60))
    movie[:, 5:15, 5:55] += 100
    for time in range(6):
        movie[time, 40:48, 5 + 8 * time : 13 + 8 * time] += 100
    static = static_pixels(movie)
    assert static.structure[6:14, 8:50].mean() > 0.4
    assert not static.structure[36:].any()
    assert not static.background[36:52].any()
    assert not (static.background & static.structure).any()
