"""Where a frame is too noisy, or the engine too coarse, to tell one from two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import IntensityScale
from pssr_live.trust import Judge, Light
from pssr_live.trust.noise import NoiseModel
from pssr_live.trust.resolvability import MOST_NOISE, Resolvability
from tests.pssr_live.trust.scenes import FACTOR, FORMAT, in_counts, scanned, specimen, window

SCALE = IntensityScale(100.0, 1200.0)


@pytest.mark.parametrize(("photons", "light"), [(4.0, Light.AMBER), (30.0, Light.GREEN)])
def test_too_few_photons_for_one_frame_are_told(photons: float, light: Light) -> None:
    truth = specimen(photons=photons)
    judge = Judge(FORMAT, FACTOR, SCALE, trained_on=None, sigma=0.0)
    trust = judge.look(window(scanned([truth] * 5)), in_counts(truth))
    assert trust is not None
    assert trust.light is light
    assert ("Believe what several frames show" in trust.reason) == (light is Light.AMBER)
    assert trust.cause == ("resolvability" if light is Light.AMBER else "")


@given(
    floor=st.floats(0.1, 1e4),
    slope=st.floats(0.0, 100.0),
    dark=st.floats(0.0, 1000.0),
)
def test_from_the_level_on_noise_is_small_enough(floor: float, slope: float, dark: float) -> None:
    noise = NoiseModel(dark=dark, floor=floor, slope=slope)
    level = Resolvability.of(noise, dark, dark + 100).level
    assert noise.at(level) ** 0.5 == pytest.approx(MOST_NOISE * (level - dark), rel=1e-6)


def test_structure_that_is_too_dim_is_marked_and_so_are_fused_lines() -> None:
    noise = NoiseModel(dark=100.0, floor=100.0, slope=20.0)
    found = Resolvability.of(noise, 100.0, 700.0, fused=[(40, 48)])
    restored = np.full((4 * 64, 4 * 64), 100, np.uint16)
    restored[:32] = 255
    restored[32:64] = 600
    restored[4 * 30 : 4 * 50, 4 * 40 : 4 * 60] = 650

    marked = found.map_of(restored, (64, 64))

    assert 255 < found.level < 600
    # The last dim row is the flank of the bright ones below it.
    assert (marked[:7] == 1).all()
    assert (marked[7:16] == 0).all()
    assert (marked[30:50, 40:60] == 1).all()
    assert marked.sum() == 7 * 64 + 20 * 20


def test_a_frame_of_an_odd_size_has_a_map_of_its_size() -> None:
    found = Resolvability.of(NoiseModel(dark=0.0, floor=1.0, slope=1.0), 0.0, 90.0)
    assert found.map_of(np.zeros((4 * 33, 4 * 41), np.uint8), (33, 41)).shape == (33, 41)
