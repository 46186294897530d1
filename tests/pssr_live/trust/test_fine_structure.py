"""Fine structure of the raw frames that the restored image lacks."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pssr_live.trust import Light
from pssr_live.trust.fine_structure import fine_structure_findings, fine_tiles
from tests.pssr_live.trust.scenes import FACTOR, SIDE, in_counts, scanned, specimen, window
from tests.pssr_live.trust.test_judge import judge


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
    tiles = fine_tiles(frames, in_counts(truth))
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
    tiles = fine_tiles(frames, restored)
    assert tiles is not None
    assert tiles.shared.max() > 8
    assert not list(fine_structure_findings(frames, restored, dark=20, span=400))


def test_noise_shares_nothing_and_single_frames_tell_nothing() -> None:
    noise = np.random.default_rng(0).poisson(50, (5, SIDE, SIDE)).astype(np.uint16)
    even = np.full((FACTOR * SIDE, FACTOR * SIDE), 50, np.uint16)
    tiles = fine_tiles(noise, even)
    assert tiles is not None
    assert tiles.shared.max() < 5
    assert fine_tiles(noise[:1], even) is None
    assert fine_tiles(noise[:, :16], even[:64]) is None
