"""The paper's crappifiers to the letter of the release; figures measured by running that."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from pssr_live.crappify import find_crappifier
from pssr_live.crappify.paper_exact import zoomed
from pssr_live.errors import UserError


@pytest.mark.parametrize("shape", [(4, 8), (32, 40), (64, 64)])
def test_it_shrinks_as_scipy_s_zoom_does(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    expected = zoom(image, 0.25, order=1)
    # A side of one LR pixel is scipy's first pixel.
    np.testing.assert_allclose(zoomed(image), expected, atol=1e-6)


def test_what_it_does_between_is_what_scipy_does() -> None:
    """Edges and all; the release takes the same two functions, by scikit-image the first."""
    hr = np.random.default_rng(1).random((48, 64), dtype=np.float32)
    noise = np.random.default_rng(0).standard_normal(hr.shape, dtype=np.float32)
    counts = np.rint(255 * hr)
    image = counts / np.float32(255)
    for name, variance, sigma in (
        ("additive-gaussian-em", 0.05, 3.0),
        ("additive-gaussian", 0.5, 5.0),
    ):
        deviation = np.sqrt(variance * gaussian_filter(image, sigma, mode="nearest"))
        noisy = np.clip(image + deviation * noise, 0, 1)
        if name == "additive-gaussian":
            noisy *= counts.max() / 255 / noisy.max()
        expected = np.floor(255 * zoom(noisy, 0.25, order=1))
        lr = find_crappifier(f"paper-exact:{name}").apply(hr, np.random.default_rng(0))
        # Where a fraction is cut off, the last digit of float32 may make it one count more.
        apart = np.abs(lr - expected)
        assert apart.max() <= 1
        assert (apart > 0).mean() < 0.02


def spread(name: str, level: float) -> float:
    hr = np.full((1024, 1024), level, np.float32)
    return float(find_crappifier(name).apply(hr, np.random.default_rng(0)).std()) / 255


@pytest.mark.parametrize(("level", "expected"), [(0.1, 0.043), (0.5, 0.103)])
def test_its_noise_for_electron_microscopy_is_the_release_s(level: float, expected: float) -> None:
    """Blurred first it would be a third of it."""
    assert spread("paper-exact:additive-gaussian-em", level) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("name", "level", "expected"),
    [
        ("additive-gaussian-em", 26 / 255, 0.0446),
        ("additive-gaussian-em", 128 / 255, 0.1057),
        ("additive-gaussian", 128 / 255, 0.1207),
        ("salt-pepper+additive-gaussian", 128 / 255, 0.1209),
    ],
)
def test_its_noise_is_that_of_the_release_run_on_libraries_of_today(
    name: str, level: float, expected: float
) -> None:
    """The release's own functions, on scikit-image 0.26 and scipy 1.17."""
    assert spread(f"paper-exact:{name}", level) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("additive-gaussian", 0.0322), ("salt-pepper+additive-gaussian", 0.0322)],
)
def test_the_usual_blur_is_that_of_the_release_s_rescaling_functions(
    name: str, expected: float
) -> None:
    """These also halve the brightness of a flat half, which is not done here."""
    assert spread(name, 128 / 255) * 128 / 255 == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("level", "expected"), [(0.1, 0.012), (0.5, 0.028)])
def test_by_default_the_blur_takes_most_of_it(level: float, expected: float) -> None:
    assert spread("additive-gaussian-em", level) == pytest.approx(expected, rel=0.06)


def test_dim_tiles_get_dimmer_as_in_the_release() -> None:
    """One whose brightest pixel is 100: the mean falls by that part."""
    hr = np.full((512, 512), 0.1, np.float32)
    hr[0, 0] = 100 / 255
    rng = np.random.default_rng(0)
    exact = find_crappifier("paper-exact:salt-pepper+additive-gaussian").apply(hr, rng)
    usual = find_crappifier("salt-pepper+additive-gaussian").apply(hr, rng)
    assert exact.mean() / 255 == pytest.approx(0.059, abs=0.004)
    assert usual.mean() / 255 == pytest.approx(0.154, abs=0.008)


def test_images_of_electrons_keep_their_brightness() -> None:
    hr = np.full((256, 256), 0.4, np.float32)
    lr = find_crappifier("paper-exact:additive-gaussian-em").apply(hr, np.random.default_rng(0))
    assert lr.mean() / 255 == pytest.approx(0.4, abs=0.005)


def test_it_has_one_setting_and_draws_no_other() -> None:
    crappifier = find_crappifier("paper-exact:salt-pepper")
    assert crappifier.draw(np.random.default_rng(0)) == crappifier


def test_unknown_noises_are_refused() -> None:
    with pytest.raises(UserError, match="no crappifier called 'sugar'"):
        find_crappifier("paper-exact:sugar")
