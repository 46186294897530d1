import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.decimated_series import DecimatedSeries
from gui.region_trace import bleaching


@given(additions=st.integers(0, 300))
def test_the_whole_course_stays_in_a_fixed_number_of_points(additions: int) -> None:
    course = DecimatedSeries(most=16)
    for number in range(additions):
        course.add(float(number), 2.0 * number, 3.0 * number)

    assert len(course) < 16
    assert additions < course.together or len(course) >= 1
    times = course.times
    np.testing.assert_allclose(course.raw, 2.0 * times)
    np.testing.assert_allclose(course.restored, 3.0 * times)
    if len(course):
        # Each point is the mean of as many additions, without a hole.
        assert times[0] == pytest.approx((course.together - 1) / 2)
        np.testing.assert_allclose(np.diff(times), course.together)


def test_bleaching_is_in_per_cent_of_the_start_above_the_background() -> None:
    means = np.array([110.0] * 5 + [60.0, 10.0])

    assert bleaching(means, 10.0).tolist() == [100.0] * 5 + [50.0, 0.0]
    assert bleaching(means, 500.0).tolist() == [0.0] * 7
    assert bleaching(np.zeros(0), 10.0).tolist() == []
