import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from acquisition import Line, line_profile

inside = st.floats(0, 19)


@given(top=inside, left=inside, bottom=inside, right=inside)
def test_a_profile_is_read_linearly_between_pixels(
    top: float, left: float, bottom: float, right: float
) -> None:
    image = np.random.default_rng(0).normal(0, 1, (20, 20))
    line = Line(top, left, bottom, right)
    places = [np.linspace(top, bottom, line.steps), np.linspace(left, right, line.steps)]
    expected = map_coordinates(image, places, order=1)
    assert line_profile(image, line) == pytest.approx(expected, abs=1e-9)


def test_along_a_row_or_a_column_it_is_the_pixels() -> None:
    image = np.arange(30).reshape(5, 6)
    assert line_profile(image, Line(2, 0, 2, 5)) == pytest.approx(image[2])
    assert line_profile(image, Line(4, 3, 0, 3)) == pytest.approx(image[::-1, 3])


def test_a_line_beyond_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves the image"):
        line_profile(np.zeros((5, 5)), Line(0, 0, 5, 0))
