import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from pssr_live.metrics import GaussianBlur


@given(
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    sigma=st.floats(0, 8),
    seed=st.integers(0, 99),
)
def test_it_is_scipys_gaussian_filter(height: int, width: int, sigma: float, seed: int) -> None:
    image = np.random.default_rng(seed).normal(100, 20, (height, width))
    blur = GaussianBlur(image.shape, sigma, np.float64)
    np.testing.assert_allclose(blur(image), gaussian_filter(image, sigma), rtol=1e-12)


@given(sigma=st.floats(0.3, 4), reach=st.integers(1, 12))
def test_it_can_be_cut_elsewhere(sigma: float, reach: int) -> None:
    image = np.random.default_rng(0).normal(0, 1, (20, 21))
    blur = GaussianBlur(image.shape, sigma, np.float64, reach=reach)
    np.testing.assert_allclose(blur(image), gaussian_filter(image, sigma, radius=reach), atol=1e-12)


def test_one_blur_serves_many_images_in_place_too() -> None:
    blur = GaussianBlur((9, 12), 1.5)
    rng = np.random.default_rng(0)
    for _ in range(3):
        image = rng.integers(0, 255, (9, 12)).astype(np.float32)
        expected = gaussian_filter(image, 1.5)
        assert blur(image, out=image) is image
        np.testing.assert_allclose(image, expected, rtol=1e-5)


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="is for images of"):
        GaussianBlur((9, 12), 1.5)(np.zeros((12, 9)))


@pytest.mark.parametrize("sigma", [0.0, 0.6, 2.0])
def test_it_is_known_how_much_noise_is_left(sigma: float) -> None:
    noise = np.random.default_rng(0).standard_normal((300, 300))
    blur = GaussianBlur(noise.shape, sigma)
    assert blur.noise_left == pytest.approx(float(blur(noise).std()), rel=0.05)
