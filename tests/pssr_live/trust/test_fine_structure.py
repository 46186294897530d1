"""Fine structure of the raw frames that the restored image lacks."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pssr_live.trust import Light
from pssr_live.trust.fine_structure import FineStructure
from pssr_live.trust.reprojection import in_the_middle
from tests.pssr_live.trust.scenes import FACTOR, SIDE, in_counts, scanned, specimen, window
from tests.pssr_live.trust.test_judge import judge


def sampled(restored: NDArray[np.uint16]) -> NDArray[np.float32]:
    """The restored image in the middle of each raw pixel."""
    out = np.empty((restored.shape[0] // FACTOR, restored.shape[1] // FACTOR), np.float32)
    return in_the_middle(restored, FACTOR, out=out)


def lines(photons: float, period: float = 10.0) -> NDArray[np.float64]:
    """Ten HR pixels from line to line, as a scanner's point spread leaves them."""
    y, x = np.indices((FACTOR * SIDE, FACTOR * SIDE))
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * (0.8 * x + 0.6 * y) / period)
    # So that there is ground, too.
    wave[: FACTOR * SIDE // 4] = 0
    blurred: NDArray[np.float64] = photons * gaussian_filter(wave, 2.0)
    return blurred


@pytest.mark.parametrize("photons", [12.0, 80.0])
def test_lines_that_were_made_an_even_patch_are_not_green(photons: float) -> None:
    truth = lines(photons)
    frames = scanned([truth] * 5)
    erased = in_counts(gaussian_filter(truth, 8.0))
    trust = judge(trained=False).look(window(frames), erased)
    assert trust is not None
    assert trust.light > Light.GREEN
    assert "may be dense lines that cannot be told apart" in trust.reason
    kept = judge(trained=False).look(window(frames), in_counts(truth))
    assert kept is not None
    assert kept.cause != "fine_structure"


@pytest.mark.parametrize("photons", [4.0, 12.0, 80.0])
def test_the_truth_keeps_all_that_the_frames_share(photons: float) -> None:
    truth = specimen(1, photons)
    frames = scanned([truth] * 5)
    tiles = FineStructure((SIDE, SIDE)).tiles(frames, sampled(in_counts(truth)))
    assert tiles is not None
    assert (tiles.kept[tiles.shared > 8] > 0.7).all()
    trust = judge(trained=False).look(window(frames), in_counts(truth))
    assert trust is not None
    assert trust.cause != "fine_structure"


def test_the_pattern_of_a_camera_s_pixels_is_not_asked_for() -> None:
    rng = np.random.default_rng(0)
    sensitivity = rng.normal(1, 0.1, (SIDE, SIDE))
    light = np.full((SIDE, SIDE), 400.0)
    light[: SIDE // 2] = 20
    frames = rng.poisson(light * sensitivity, (5, SIDE, SIDE)).astype(np.uint16)
    restored = np.kron(light, np.ones((FACTOR, FACTOR))).astype(np.uint16)
    look = FineStructure((SIDE, SIDE))
    tiles = look.tiles(frames, sampled(restored))
    assert tiles is not None
    assert tiles.shared.max() > 8
    assert look.fused(frames, sampled(restored), dark=20, span=400) == []


def test_noise_shares_nothing_and_single_frames_tell_nothing() -> None:
    noise = np.random.default_rng(0).poisson(50, (5, SIDE, SIDE)).astype(np.uint16)
    even = np.full((SIDE, SIDE), 50, np.float32)
    tiles = FineStructure((SIDE, SIDE)).tiles(noise, even)
    assert tiles is not None
    assert tiles.shared.max() < 5
    assert FineStructure((SIDE, SIDE)).tiles(noise[:1], even) is None
    assert FineStructure((16, SIDE)).tiles(noise[:, :16], even[:16]) is None


def test_tiles_that_are_too_dark_are_passed_over_and_the_others_stay_as_they_are() -> None:
    truth = specimen(1, 80.0)
    truth[: FACTOR * SIDE // 2] *= 0.1
    frames, image = scanned([truth] * 5), sampled(in_counts(truth))
    look = FineStructure((SIDE, SIDE))
    tiles = look.tiles(frames, image)
    assert tiles is not None
    limit = float(np.median(tiles.light))
    bright = tiles.light > limit
    total = tiles.total[bright].copy()
    some = look.tiles(frames, image, more_than=limit)
    assert some is not None
    np.testing.assert_array_equal(some.middles, tiles.middles[bright])
    np.testing.assert_array_equal(some.shared, tiles.shared[bright])
    np.testing.assert_array_equal(some.kept, tiles.kept[bright])
    np.testing.assert_array_equal(some.total, total)
