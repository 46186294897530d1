import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal.windows import tukey as scipys_tukey

from pssr_live.metrics import AGAINST_TRUTH, RingCorrelation, fourier_ring_correlation, tapered
from pssr_live.metrics.fourier import frequencies, tukey


def band_limited(cut_off: float, shape: tuple[int, int], seed: int) -> NDArray[np.float64]:
    """White up to a frequency in cycles a pixel, as strong as four times `noise`; then nothing."""
    waves = np.fft.fft2(np.random.default_rng(seed).normal(0, 2, shape))
    waves[frequencies(*shape) > cut_off] = 0
    image: NDArray[np.float64] = np.fft.ifft2(waves).real
    return image


def noise(shape: tuple[int, int], seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 1, shape)


@pytest.mark.parametrize("shape", [(192, 192), (160, 224), (256, 180)])
@pytest.mark.parametrize("cut_off", [0.1, 0.17, 0.25, 0.33, 0.42])
def test_two_noisy_scans_agree_up_to_the_known_cut_off(
    cut_off: float, shape: tuple[int, int]
) -> None:
    seed = 5
    signal = band_limited(cut_off, shape, seed)
    frc = fourier_ring_correlation(signal + noise(shape, seed + 1), signal + noise(shape, seed + 2))
    ring = 1 / min(shape)
    assert frc.cut_off() == pytest.approx(cut_off, abs=2.5 * ring)
    assert frc.resolution(pixel_size_um=0.05) == pytest.approx(0.05 / frc.cut_off())  # type: ignore[operator]
    against_truth = fourier_ring_correlation(signal + noise(shape, seed + 1), signal)
    assert against_truth.cut_off(AGAINST_TRUTH) == pytest.approx(cut_off, abs=2.5 * ring)


def test_the_correlation_is_the_signals_part_of_the_power() -> None:
    signal = np.sqrt(2) * noise((256, 256), 0)
    frc = fourier_ring_correlation(signal + noise((256, 256), 1), signal + noise((256, 256), 2))
    assert frc.correlation[20:].mean() == pytest.approx(2 / 3, abs=0.01)
    against_truth = fourier_ring_correlation(signal + noise((256, 256), 1), signal)
    assert against_truth.correlation[20:].mean() == pytest.approx((2 / 3) ** 0.5, abs=0.01)


def test_the_same_image_agrees_to_the_last_pixel_and_units_do_not_matter() -> None:
    image = noise((64, 48), 0)
    frc = fourier_ring_correlation(image, 5 * image - 80)
    assert frc.correlation == pytest.approx(np.ones(24))
    assert frc.frequency[-1] == pytest.approx(0.5)
    assert frc.resolution() == 2.0


def test_images_with_nothing_in_common_have_no_resolution() -> None:
    frc = fourier_ring_correlation(noise((128, 128), 0), noise((128, 128), 1))
    assert np.abs(frc.correlation[10:]).mean() < 0.1
    flat = fourier_ring_correlation(np.ones((32, 32)), noise((32, 32), 0))
    assert flat.resolution() is None
    assert not flat.correlation.any()


def test_the_crossing_lies_between_two_rings() -> None:
    steps = np.arange(1, 11) / 20
    frc = RingCorrelation(steps, 1 - 2 * steps)
    assert frc.cut_off(0.5) == pytest.approx(0.25)


def test_images_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="can't be compared"):
        fourier_ring_correlation(np.zeros((8, 8)), np.zeros((8, 9)))


@given(size=st.integers(1, 40), alpha=st.floats(0.01, 1))
def test_the_window_is_scipys_tukey(size: int, alpha: float) -> None:
    assert tukey(size, alpha) == pytest.approx(scipys_tukey(size, alpha), abs=1e-9)


def test_a_tapered_image_has_no_mean_and_no_edge() -> None:
    faded = tapered(noise((40, 50), 3) + 1000)
    assert faded.sum() == pytest.approx(0, abs=1e-6)
    assert not faded[0].any()
    assert not faded[:, -1].any()
