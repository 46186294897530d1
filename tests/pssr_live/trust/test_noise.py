"""The noise model, from frames whose noise is known."""

from __future__ import annotations

import numpy as np
import pytest

from engines import IntensityScale
from pssr_live.trust import WindowMeter
from pssr_live.trust.noise import NoiseModel, fit_noise
from tests.pssr_live.trust.scenes import (
    COUNTS_TO_A_PHOTON,
    READ_NOISE,
    SIDE,
    scanned,
    specimen,
)

SCALE = IntensityScale(100.0, 1200.0)


def noise_of(frames: np.ndarray) -> NoiseModel:
    return WindowMeter(frames.shape[1:]).measure(frames, 2, SCALE)[1]


def test_gain_and_read_noise_of_a_detector_are_found() -> None:
    noise = noise_of(scanned([specimen()] * 5))
    read = (COUNTS_TO_A_PHOTON * READ_NOISE) ** 2
    assert noise.slope == pytest.approx(COUNTS_TO_A_PHOTON, rel=0.1)
    # The darkest quarter has a little light as well.
    assert 0.8 * read < noise.floor < 3 * read
    assert noise.grain < 1.2


def test_motion_of_structures_is_not_taken_for_noise() -> None:
    still = noise_of(scanned([specimen()] * 5))
    moving = noise_of(scanned([np.roll(specimen(), 4 * frame, 1) for frame in range(5)]))
    assert moving.floor < 1.5 * still.floor
    assert moving.slope < 1.6 * still.slope


def test_noise_that_neighbours_share_is_told() -> None:
    rng = np.random.default_rng(0)
    white = rng.normal(500, 30, (5, SIDE, SIDE))
    shared = white + np.roll(white, 1, 2) + np.roll(white, 1, 1) + np.roll(white, (1, 1), (1, 2))
    assert noise_of(white.astype(np.uint16)).grain < 1.3
    assert noise_of((shared / 2).astype(np.uint16)).grain > 3


def test_variance_never_falls_below_that_of_rounding() -> None:
    noise = fit_noise(*(np.zeros((8, 8), np.float32) for _ in range(3)))
    assert noise.floor == pytest.approx(1 / 12)
    assert noise.at(-5.0) == noise.floor
    levels = np.array([[0.0, 10.0]], np.float32)
    np.testing.assert_allclose(
        NoiseModel(dark=2.0, floor=4.0, slope=0.5).variance(levels), [[4.0, 8.0]]
    )
