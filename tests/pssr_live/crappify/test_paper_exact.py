"""The paper's crappifiers to the letter of the release; figures measured by running that."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import zoom

from pssr_live.crappify import find_crappifier
from pssr_live.crappify.paper_exact import zoomed
from pssr_live.errors import UserError


@pytest.mark.parametrize("shape", [(4, 8), (32, 40), (64, 64)])
def test_it_shrinks_as_scipy_s_zoom_does(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    expected = zoom(image, 0.25, order=1)
    # A side of one LR pixel is scipy's first pixel.
    np.testing.assert_allclose(zoomed(image), expected, atol=1e-6)


def spread(name: str, level: float) -> float:
    hr = np.full((1024, 1024), level, np.float32)
    return float(find_crappifier(name).apply(hr, np.random.default_rng(0)).std()) / 255


@pytest.mark.parametrize(("level", "expected"), [(0.1, 0.043), (0.5, 0.103)])
def test_its_noise_for_electron_microscopy_is_the_release_s(level: float, expected: float) -> None:
    """Ours comes out 3 to 4 % higher; blurred first it would be a third of it."""
    assert spread("paper-exact:additive-gaussian-em", level) == pytest.approx(expected, rel=0.05)


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
