import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pssr_live.evaluation.movie_trace import bleaching_curve


@given(rate=st.floats(0, 0.3), background=st.floats(0, 500), gain=st.floats(0.1, 100))
def test_an_exponential_is_found_whatever_background_and_gain(
    rate: float, background: float, gain: float
) -> None:
    decay = np.exp(-rate * np.arange(10))
    backgrounds = background * (1 + 0.1 * np.arange(10))
    assert bleaching_curve(gain * decay + backgrounds, backgrounds) == pytest.approx(decay)


def test_a_movie_that_brightens_ends_at_1() -> None:
    assert bleaching_curve([2, 3, 4], [1, 1, 1]) == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_movie_without_light_has_a_flat_curve() -> None:
    assert not bleaching_curve([1, 1], [1, 2]).any()
