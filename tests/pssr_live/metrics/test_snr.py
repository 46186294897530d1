import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pssr_live.metrics import image_snr
from pssr_live.metrics.snr import signal_to_noise


def square(height: float) -> NDArray[np.float64]:
    truth = np.full((64, 64), 10.0)
    truth[20:30, 20:30] += height
    return truth


def test_one_image_with_its_background_marked_is_as_in_the_paper() -> None:
    image = np.array([[1.0, 3.0], [1.0, 3.0], [9.0, 4.0]])
    background = np.array([[True, True], [True, True], [False, False]])
    assert image_snr(image, background) == pytest.approx((9 - 2) / 1)


@given(noise=st.floats(0.5, 10))
def test_the_background_is_found_without_bias_by_the_noise(noise: float) -> None:
    image = square(100.0) + np.random.default_rng(0).normal(0, noise, (64, 64))
    marked = image_snr(image, square(100.0) < 50)
    assert image_snr(image) == pytest.approx(marked, rel=0.15)


def test_an_image_without_noise_has_no_end_of_snr_and_an_empty_one_none() -> None:
    assert image_snr(square(100.0)) == float("inf")
    assert image_snr(np.ones((16, 16))) == 0.0


@pytest.mark.parametrize("dtype", [np.float64, np.uint16])
def test_a_window_of_a_known_scene(dtype: type[np.generic]) -> None:
    noise = np.random.default_rng(0).normal(0, 5, (5, 64, 64))
    window = (square(100.0) + 40 + noise).astype(dtype)
    assert signal_to_noise(window) == pytest.approx(20, rel=0.15)


@given(noise=st.floats(1, 20), offset=st.floats(0, 1e4))
def test_half_the_signal_is_half_the_ratio_whatever_the_offset(noise: float, offset: float) -> None:
    noises = np.random.default_rng(1).normal(0, noise, (5, 64, 64))
    bright, dim = (signal_to_noise(square(height) + noises + offset) for height in (2000, 1000))
    # I_max is read at the top of the noise, which does not halve: 3 sd of a mean of five.
    assert bright == pytest.approx(2 * dim, abs=3)


def test_frames_without_noise_give_a_finite_ratio() -> None:
    assert np.isfinite(signal_to_noise(np.zeros((5, 16, 16))))
