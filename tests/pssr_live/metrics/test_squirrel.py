import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.stats import pearsonr

from pssr_live.metrics import Squirrel, average_cells, fit_sigma
from pssr_live.metrics.squirrel import squirrel


def specimen(seed: int = 0, side: int = 96) -> NDArray[np.float64]:
    """Spots of two HR pixels, and the dark between them."""
    rng = np.random.default_rng(seed)
    light = np.zeros((side, side))
    light[rng.integers(side, size=60), rng.integers(side, size=60)] = rng.uniform(50, 200, 60)
    return 20 * gaussian_filter(light, 1.2)


@given(
    sigma=st.floats(0.7, 5),
    gain=st.floats(0.01, 100),
    offset=st.floats(-500, 500),
)
@settings(max_examples=25)
def test_a_reference_that_is_only_blurred_and_scaled_is_agreed_with(
    sigma: float, gain: float, offset: float
) -> None:
    image = specimen()
    reference = offset + gain * gaussian_filter(image, sigma)
    found = squirrel(image, reference)
    assert found.sigma == pytest.approx(sigma, rel=0.05, abs=0.1)
    assert found.rsp > 0.999
    assert found.rse < 0.03 * np.ptp(reference)
    assert found.gain == pytest.approx(gain, rel=0.05)


def test_rsp_rse_and_map_are_what_they_are_called() -> None:
    image, rng = specimen(), np.random.default_rng(1)
    reference = 7 + 2 * gaussian_filter(image, 2.0) + rng.normal(0, 0.2, image.shape)
    found = squirrel(image, reference, sigma=2.0)
    blurred = gaussian_filter(image, 2.0)
    line = np.polynomial.Polynomial.fit(blurred.ravel(), reference.ravel(), 1).convert()
    offset, gain = line.coef
    assert found.gain == pytest.approx(gain, rel=1e-4)
    assert found.offset == pytest.approx(offset, rel=1e-4)
    assert found.rsp == pytest.approx(pearsonr(blurred.ravel(), reference.ravel())[0], abs=1e-5)
    expected = offset + gain * blurred - reference
    np.testing.assert_allclose(found.error_map, expected, atol=1e-3)
    assert found.rse == pytest.approx(np.sqrt(np.mean(expected**2)), rel=1e-4)


def test_the_raw_frame_with_its_larger_pixels_serves_as_reference() -> None:
    image = specimen()
    cells = average_cells(image, 4)
    raw = np.random.default_rng(2).poisson(5 + gaussian_filter(cells, 0.8)).astype(np.uint16)
    found = squirrel(image, raw)
    assert found.error_map.shape == raw.shape
    assert found.rsp > 0.75
    invented = image.copy()
    invented[40:52, 40:52] += 800
    assert squirrel(invented, raw, found.sigma).rsp < found.rsp - 0.1


def test_the_map_shows_where_structure_was_invented_and_where_it_is_missing() -> None:
    truth = specimen()
    faulty = truth.copy()
    faulty[:20, :20] += 200
    faulty[70:, 70:] = 0
    found = squirrel(faulty, truth, sigma=1.0)
    assert found.error_map[5:15, 5:15].mean() > 100
    assert found.error_map[75:90, 75:90].mean() < -10


def test_images_that_have_nothing_to_do_with_each_other_do_not_agree() -> None:
    assert abs(squirrel(specimen(0), specimen(1)).rsp) < 0.3
    upside_down = squirrel(-specimen(0), specimen(0), sigma=1.0)
    assert upside_down.rsp < -0.9
    assert upside_down.gain == 0


@given(sides=st.tuples(st.integers(1, 9), st.integers(1, 9)), factor=st.integers(1, 5))
def test_cells_are_averaged(sides: tuple[int, int], factor: int) -> None:
    height, width = sides
    image = np.random.default_rng(0).integers(0, 65535, (height * factor, width * factor))
    expected = image.reshape(height, factor, width, factor).mean(axis=(1, 3))
    found = average_cells(image.astype(np.uint16), factor)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_even_images_correlate_with_nothing() -> None:
    assert squirrel(np.ones((32, 32)), specimen(side=32)).rsp == 0
    flat = squirrel(specimen(side=32), np.full((32, 32), 5.0))
    assert (flat.rsp, flat.gain) == (0, 0)
    assert flat.offset == pytest.approx(5)


def test_the_same_object_serves_frame_after_frame() -> None:
    reference = gaussian_filter(specimen(), 1.0)
    kept = Squirrel(reference.shape, 1, 1.0)
    first = kept.compare(specimen(), reference).rsp
    kept.compare(specimen(3), reference)
    assert kept.compare(specimen(), reference).rsp == first


def test_images_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="whole multiple"):
        squirrel(np.zeros((40, 40)), np.zeros((10, 9)))
    with pytest.raises(ValueError, match="whole cells"):
        average_cells(np.zeros((10, 10)), 4)
    with pytest.raises(ValueError, match="reference should be"):
        Squirrel((8, 8), 4, 1.0).compare(np.zeros((32, 32)), np.zeros((8, 9)))


def test_pure_noise_finds_a_sigma_within_its_bounds() -> None:
    rng = np.random.default_rng(0)
    assert 0 <= fit_sigma(rng.normal(0, 1, (64, 64)), rng.normal(0, 1, (64, 64))) <= 10


def test_a_live_session_needs_numpy_alone_for_it() -> None:
    code = (
        "import sys, pssr_live.metrics.squirrel, pssr_live.metrics.snr;"
        "print([m for m in ('scipy', 'torch', 'matplotlib', 'skimage') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
