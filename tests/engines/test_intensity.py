from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from engines import IntensityScale


def field(
    offset: float, gain: float, photons: float = 30.0, read_noise: float = 2.0, side: int = 128
) -> NDArray[np.float64]:
    """Five frames with a broad bright band over a dark background."""
    rng = np.random.default_rng(1)
    truth = np.zeros((side, side))
    truth[side // 3 : side // 2] = photons
    counts = offset + gain * rng.poisson(truth, (5, side, side))
    return (counts + rng.normal(0, read_noise, counts.shape)).clip(0)


def test_background_becomes_nought_and_signal_one_for_dim_12_bit_counts() -> None:
    window = field(offset=100, gain=10).astype(np.uint16)
    scale = IntensityScale.from_window(window)
    units = scale.to_network(window).mean(axis=0)
    assert abs(np.median(units[:30])) < 0.05
    assert 0.7 < np.median(units[45:60]) < 1.0


@pytest.mark.parametrize("offset", [0, 100, 1600])
def test_an_offset_of_the_detector_moves_the_offset_alone(offset: int) -> None:
    window = field(offset=20, gain=10).round()
    here, there = (IntensityScale.from_window(counts) for counts in (window, window + offset))
    assert there.offset == pytest.approx(here.offset + offset, abs=1e-3)
    assert there.gain == pytest.approx(here.gain, rel=1e-4)


def test_8_bit_and_16_bit_pixels_with_the_same_counts_have_the_same_scale() -> None:
    window = field(offset=5, gain=3).clip(0, 255)
    assert IntensityScale.from_window(window.astype(np.uint8)) == IntensityScale.from_window(
        window.astype(np.uint16)
    )


def test_float_counts_are_taken_as_they_are() -> None:
    window = field(offset=100, gain=10).astype(np.uint16)
    assert IntensityScale.from_window(window) == IntensityScale.from_window(
        window.astype(np.float64)
    )


def test_noise_of_a_field_with_nothing_in_it_is_not_stretched_to_full_brightness() -> None:
    window = field(offset=100, gain=10, photons=0, read_noise=4).round().astype(np.uint16)
    scale = IntensityScale.from_window(window)
    mean = scale.to_network(window).mean(axis=0)
    assert np.percentile(mean, 99.5) - np.percentile(mean, 1) < 0.6


def test_a_structure_too_small_for_the_percentile_is_not_far_out_of_range() -> None:
    window = field(offset=100, gain=10, photons=0, read_noise=4, side=440)
    window[:, 100:110, 200:206] += 1000
    scale = IntensityScale.from_window(window.round().astype(np.uint16))
    assert scale.to_network(window).mean(axis=0).max() < 5


@pytest.mark.parametrize("frames", [slice(0, 5), slice(3, 4)], ids=["in all", "in one"])
def test_a_saturated_speck_does_not_darken_the_rest(frames: slice) -> None:
    window = field(offset=100, gain=10).astype(np.uint16)
    clean = IntensityScale.from_window(window)
    window[frames, 20:25, 10:15] = 65535
    assert IntensityScale.from_window(window).gain == pytest.approx(clean.gain, rel=0.05)


@pytest.mark.parametrize("level", [0, 100, 65535])
def test_frames_that_are_the_same_everywhere_have_a_scale(level: int) -> None:
    window = np.full((5, 8, 8), level, dtype=np.uint16)
    assert IntensityScale.from_window(window) == IntensityScale(float(level), 1.0)


def test_a_single_small_frame_has_a_scale() -> None:
    window = np.arange(9, dtype=np.uint8).reshape(1, 3, 3)
    assert IntensityScale.from_window(window).gain > 1


@given(hnp.arrays(np.uint16, st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9))))
def test_every_window_has_a_scale_and_comes_back_from_it(window: NDArray[np.uint16]) -> None:
    scale = IntensityScale.from_window(window)
    back = np.empty_like(window)
    scale.to_counts(scale.to_network(window), back)
    np.testing.assert_array_equal(back, window)


def test_units_are_written_where_they_are_wanted() -> None:
    window = field(offset=100, gain=10).astype(np.uint16)
    out = np.empty(window.shape, dtype=np.float32)
    units = IntensityScale(100.0, 50.0).to_network(window, out)
    assert units is out
    np.testing.assert_allclose(units, (window - 100.0) / 50.0, rtol=1e-6)


def test_counts_are_rounded_half_to_even_and_clipped() -> None:
    units = np.array([-9.0, 0.5, 1.5, 2.4, 300.0], dtype=np.float32)
    counts = np.empty(5, dtype=np.uint8)
    IntensityScale(0.0, 1.0).to_counts(units, counts)
    assert counts.tolist() == [0, 0, 2, 2, 255]


@pytest.mark.parametrize("bad", [[np.nan], [np.inf], [np.inf, -np.inf]])
def test_units_that_are_not_finite_are_refused(bad: list[float]) -> None:
    units = np.array([*bad, 1.0], dtype=np.float32)
    with pytest.raises(ValueError, match="finite"):
        IntensityScale(0.0, 1.0).to_counts(units, np.empty(len(units), dtype=np.uint16))


@pytest.mark.parametrize(
    ("offset", "gain"), [(0.0, 0.0), (0.0, -1.0), (np.nan, 1.0), (0.0, np.inf)]
)
def test_a_scale_that_can_not_be_undone_is_refused(offset: float, gain: float) -> None:
    with pytest.raises(ValueError, match="not an intensity scale"):
        IntensityScale(offset, gain)
