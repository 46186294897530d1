"""What a window is like, told of windows of which it is known."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from engines import IntensityScale
from pssr_live.trust import WindowMeter
from pssr_live.trust.window_figures import WindowFigures
from tests.pssr_live.trust.scenes import COUNTS_TO_A_PHOTON, OFFSET, scanned, specimen

PHOTONS = 30.0
SCALE = IntensityScale(OFFSET, COUNTS_TO_A_PHOTON * PHOTONS)


def figures(frames: np.ndarray, scale: IntensityScale = SCALE, centre: int = 2) -> WindowFigures:
    return WindowMeter(frames.shape[1:]).measure(frames, centre, scale)[0]


STILL = scanned([specimen(photons=PHOTONS)] * 5)
MOVING = scanned([np.roll(specimen(photons=PHOTONS), 6 * frame, 1) for frame in range(5)])


def test_a_still_bright_window_has_nothing_against_it() -> None:
    found = figures(STILL)
    assert found.change < 0.01
    assert found.disorder == 0
    assert found.saturated == 0
    assert found.contrast > 0.8
    assert abs(found.black) < 0.2
    assert 0.4 < found.white < 1.2
    # Of 30 photons, less what the blocks and the darkest take off.
    assert found.noise == pytest.approx(PHOTONS**-0.5, rel=0.4)


@settings(max_examples=10)
@given(gain=st.floats(0.5, 8.0), offset=st.integers(0, 3000))
def test_figures_know_no_counts(gain: float, offset: int) -> None:
    other = np.rint(offset + gain * (STILL - OFFSET + 200)).astype(np.uint16)
    scale = IntensityScale(offset + gain * 200, gain * SCALE.gain)
    for name, value in asdict(figures(other, scale)).items():
        assert value == pytest.approx(asdict(figures(STILL))[name], rel=0.1, abs=0.02), name


def test_motion_is_change_and_a_shuffled_window_is_disorder() -> None:
    ordered, shuffled = figures(MOVING), figures(MOVING[[2, 0, 3, 1, 4]])
    assert 0.1 < ordered.change < 0.6
    assert ordered.disorder == 0
    assert shuffled.change > ordered.change
    assert shuffled.disorder > 0.4


def test_backwards_is_no_disorder() -> None:
    assert figures(MOVING[::-1]).disorder == 0


def test_what_has_nothing_in_common_has_changed_altogether() -> None:
    unlike = scanned([specimen(seed, PHOTONS) for seed in range(5)])
    assert figures(unlike).change > 0.7


def test_softer_structures_are_wider() -> None:
    soft = scanned([gaussian_filter(specimen(photons=PHOTONS), 8.0)] * 5)
    assert figures(soft).width > 1.5 * figures(STILL).width


def test_dimmer_is_noisier() -> None:
    dim = figures(scanned([specimen(photons=3.0)] * 5))
    assert dim.snr < 0.5 * figures(STILL).snr
    assert dim.noise > 2 * figures(STILL).noise


@pytest.mark.parametrize("top", [255, 4095, 65535])
def test_pixels_at_the_detectors_end_are_counted(top: int) -> None:
    level = np.percentile(STILL, 98)
    clipped = np.minimum(STILL.astype(float) * (top / level), top).astype(np.uint16)
    assert figures(clipped).saturated == pytest.approx(0.02, rel=0.2)


def test_dark_structures_on_bright_ground_have_little_contrast() -> None:
    assert figures(4095 - np.minimum(STILL, 4000)).contrast < 0.4


def test_noise_alone_has_neither_width_nor_motion() -> None:
    noise = np.random.default_rng(3).poisson(400, (5, 64, 64)).astype(np.uint16)
    found = figures(noise)
    assert math.isnan(found.width)
    assert (found.change, found.disorder) == (0, 0)


@pytest.mark.parametrize("value", [0, 255])
def test_an_even_window_does_no_harm(value: int) -> None:
    found = figures(np.full((5, 24, 31), value, np.uint8))
    assert all(math.isfinite(number) for name, number in asdict(found).items() if name != "width")


@pytest.mark.parametrize("count", [2, 3, 4])
def test_windows_of_fewer_frames_can_be_measured(count: int) -> None:
    found = figures(STILL[:count], centre=0)
    assert found.snr == pytest.approx(figures(STILL).snr, rel=0.5)
