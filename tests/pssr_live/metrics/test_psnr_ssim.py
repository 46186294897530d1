import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage import metrics as skimage

from pssr_live.metrics import fit_to_truth, nrmse, psnr_fit, psnr_raw, ssim_fit, ssim_raw, ssim_v1


def scene(seed: int = 0, side: int = 48) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    return 40 + 30 * np.sin(x / 4) * np.cos(y / 6) + rng.normal(0, 1, (side, side))


def noisy(image: NDArray[np.float64], noise: float, seed: int = 1) -> NDArray[np.float64]:
    return image + np.random.default_rng(seed).normal(0, noise, image.shape)


def test_psnr_of_a_known_error() -> None:
    truth = np.zeros((10, 10))
    assert psnr_raw(truth + 0.1, truth, data_range=1.0) == pytest.approx(20.0)
    assert psnr_raw(truth + 25.5, truth, data_range=255.0) == pytest.approx(20.0)


def test_equal_images_have_no_error() -> None:
    assert psnr_raw(scene(), scene(), data_range=1.0) == float("inf")
    assert ssim_fit(scene(), scene()) == pytest.approx(1.0)


@given(gain=st.floats(0.01, 1000), offset=st.floats(-1e4, 1e4))
def test_fitted_figures_do_not_depend_on_units(gain: float, offset: float) -> None:
    truth = scene()
    image = noisy(truth, 4)
    assert psnr_fit(gain * image + offset, truth) == pytest.approx(psnr_fit(image, truth), abs=1e-4)
    assert psnr_fit(image, gain * truth + offset) == pytest.approx(psnr_fit(image, truth), abs=1e-4)
    assert ssim_fit(gain * image + offset, truth) == pytest.approx(ssim_fit(image, truth), abs=1e-4)


@given(noise=st.floats(0.5, 20))
def test_more_noise_is_worse(noise: float) -> None:
    truth = scene()
    assert psnr_fit(noisy(truth, 2 * noise), truth) < psnr_fit(noisy(truth, noise), truth)
    assert ssim_fit(noisy(truth, 2 * noise), truth) < ssim_fit(noisy(truth, noise), truth)


def test_the_fit_brings_the_truth_s_percentiles_to_0_and_1_and_cuts_nothing() -> None:
    truth = scene()
    truth[0, 0] = 1e4
    _, goal = fit_to_truth(truth, truth)
    assert np.percentile(goal, 0.1) == pytest.approx(0)
    assert np.percentile(goal, 99.9) == pytest.approx(1)
    assert goal.max() > 1


def test_an_even_image_is_fitted_by_the_truth_s_mean() -> None:
    fitted, goal = fit_to_truth(np.full((48, 48), 7.0), scene())
    assert fitted == pytest.approx(np.full((48, 48), goal.mean()))


images = arrays(np.float64, (16, 13), elements=st.floats(-100, 1000, width=32))


@given(image=images, truth=images, data_range=st.floats(1, 1e4))
def test_raw_figures_agree_with_scikit_image(
    image: NDArray[np.float64], truth: NDArray[np.float64], data_range: float
) -> None:
    assume(np.abs(image - truth).max() > 1e-3)
    expected = skimage.peak_signal_noise_ratio(truth, image, data_range=data_range)
    assert psnr_raw(image, truth, data_range) == pytest.approx(expected)
    expected = skimage.structural_similarity(
        image,
        truth,
        data_range=data_range,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim_raw(image, truth, data_range) == pytest.approx(expected, abs=1e-6)
    if np.abs(truth).max() > 1e-3:
        expected = skimage.normalized_root_mse(truth, image)
        assert nrmse(image, truth) == pytest.approx(expected)


def test_ssim_after_the_fit_agrees_with_scikit_image() -> None:
    image, truth = fit_to_truth(noisy(scene(), 5), scene())
    expected = skimage.structural_similarity(
        image, truth, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim_fit(noisy(scene(), 5), scene()) == pytest.approx(expected, abs=1e-6)


def test_whole_counts_are_compared_as_numbers_that_do_not_wrap_round() -> None:
    image, truth = np.full((16, 16), 250, np.uint8), np.full((16, 16), 255, np.uint8)
    assert psnr_raw(image, truth, 255) == psnr_raw(truth, image, 255)
    assert nrmse(image, truth) == pytest.approx(5 / 255)


def test_images_that_can_t_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="can't be compared"):
        psnr_raw(np.zeros((4, 4)), np.zeros((4, 5)), data_range=1.0)
    with pytest.raises(ValueError, match="one value everywhere"):
        psnr_fit(scene(), np.ones((48, 48)))
    with pytest.raises(ValueError, match="at least 11"):
        ssim_fit(scene(side=10), scene(side=10))
    with pytest.raises(ValueError, match="0 everywhere"):
        nrmse(scene(), np.zeros((48, 48)))


def test_ssim_of_v1_is_scikit_image_s_default_on_images_without_their_means() -> None:
    truth, image = scene(), noisy(scene(), 0.2)
    fitted, goal = (values - values.mean() for values in fit_to_truth(image, truth))
    expected = skimage.structural_similarity(goal, fitted, data_range=1.0)
    assert ssim_v1(image, truth) == pytest.approx(expected, abs=1e-9)
    assert ssim_v1(truth, truth) == pytest.approx(1)
    with pytest.raises(ValueError, match="at least 7"):
        ssim_v1(image[:6], truth[:6])
