import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acquisition import line_profile
from pssr_live.evaluation.places import MOST_PIXELS, CloseUp, View, close_up, line_through


@given(height=st.integers(16, 300), width=st.integers(16, 300), seed=st.integers(0, 9))
def test_close_up_and_line_lie_in_the_field_on_whole_lr_pixels(
    height: int, width: int, seed: int
) -> None:
    truth = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    place = close_up(truth)
    assert place.side <= min(height, width)
    assert not any(value % 4 for value in place)
    assert truth[place.slices].shape == (place.side, place.side)
    assert line_profile(truth, line_through(truth, place)).shape == (place.side,)


def test_they_are_where_the_contrast_is() -> None:
    truth = np.zeros((256, 256), np.float32)
    truth[180:184, 60:100:4] = 1
    place = close_up(truth)
    assert place.top <= 180 <= place.top + place.side
    assert place.left <= 80 <= place.left + place.side
    line = line_through(truth, place)
    assert line.top == line.bottom
    assert 180 <= line.top < 184


def test_a_view_is_small_enough_for_a_page_and_sharp_where_it_is_enlarged() -> None:
    image = np.random.default_rng(0).normal(0, 1, (1300, 900))
    view = View.of(image, CloseUp(100, 200, 64))
    assert max(view.field.shape) <= MOST_PIXELS
    np.testing.assert_array_equal(view.part, image[100:164, 200:264].astype(np.float32))
