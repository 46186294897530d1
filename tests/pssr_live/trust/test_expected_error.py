"""One figure for a frame of what an engine expects to be off by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pssr_live.trust.expected_error import SAMPLED_SIDE, ExpectedError
from tests.pssr_live.trust.scenes import FACTOR, SIDE, in_counts, specimen

RESTORED = in_counts(specimen())
WIDTHS = np.random.default_rng(0).uniform(1, 400, (SIDE, SIDE)).astype(np.float32)


def test_half_of_the_light_is_known_at_least_as_well() -> None:
    found = ExpectedError.of(WIDTHS, RESTORED)
    middle = RESTORED[FACTOR // 2 :: FACTOR, FACTOR // 2 :: FACTOR].astype(float)
    light = np.maximum(middle - np.percentile(middle, 5), 0)
    known = light[found.typical * found.span >= WIDTHS].sum() / light.sum()
    assert known == pytest.approx(0.5, abs=0.01)
    assert found.half_width is WIDTHS


def test_where_there_is_no_light_it_does_not_matter() -> None:
    dark = RESTORED[FACTOR // 2 :: FACTOR, FACTOR // 2 :: FACTOR] <= np.percentile(RESTORED, 4)
    careless = np.where(dark, 1e4, WIDTHS).astype(np.float32)
    assert ExpectedError.of(careless, RESTORED).typical == pytest.approx(
        ExpectedError.of(WIDTHS, RESTORED).typical, rel=0.02
    )


@given(gain=st.sampled_from([2, 3, 7]), offset=st.integers(0, 1000), wider=st.floats(0.1, 10))
def test_a_detectors_gain_and_offset_do_not_enter(gain: int, offset: int, wider: float) -> None:
    restored = (RESTORED.astype(np.uint32) * gain + offset).clip(0, 65535).astype(np.uint16)
    found = ExpectedError.of(np.float32(gain * wider) * WIDTHS, restored)
    assert found.typical == pytest.approx(
        wider * ExpectedError.of(WIDTHS, RESTORED).typical, rel=1e-3
    )


@pytest.mark.parametrize("shape", [(SAMPLED_SIDE * 3 - 1, SAMPLED_SIDE * 2 + 1), (8, 300), (9, 9)])
def test_frames_of_any_size_are_measured(shape: tuple[int, int]) -> None:
    restored = np.random.default_rng(1).integers(0, 255, (4 * shape[0], 4 * shape[1]))
    found = ExpectedError.of(np.full(shape, 51.0, np.float32), restored.astype(np.uint8))
    assert found.typical == pytest.approx(51 / found.span)


def test_a_frame_without_light_has_no_figure() -> None:
    flat = np.full((FACTOR * SIDE, FACTOR * SIDE), 90, np.uint16)
    found = ExpectedError.of(WIDTHS, flat)
    assert math.isnan(found.typical)
    assert np.isfinite(WIDTHS / found.span).all()
