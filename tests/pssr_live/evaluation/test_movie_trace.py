import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from acquisition import Line
from pssr_live.evaluation.movie_trace import CourseFollower, MovieTrace
from pssr_live.evaluation.temporal import neighbour_correlations, static_pixels


def movie() -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    still = np.zeros((40, 44))
    still[8:16] = rng.uniform(0.5, 1.0, (8, 44))
    fading = still * np.linspace(1, 0.7, 6)[:, None, None]
    return fading + rng.normal(0.05, 0.02, fading.shape)


def followed(images: NDArray[np.float64], truth: NDArray[np.float64]) -> MovieTrace:
    follower = CourseFollower(truth.shape[1:], static_pixels(truth), Line(12, 0, 12, 43))
    for image, goal in zip(images, truth, strict=True):
        follower.add(image, goal)
    return follower.course()


def test_the_truth_follows_itself() -> None:
    truth = movie()
    course = followed(truth, truth)
    np.testing.assert_allclose(course.kymograph, truth[:, 12])
    np.testing.assert_allclose(course.neighbours, neighbour_correlations(truth))
    assert course.flicker_background == pytest.approx(0.02, rel=0.1)
    assert course.bleaching == pytest.approx(np.linspace(1, 0.7, 6), abs=0.02)


@given(gain=st.floats(0.01, 1000), offset=st.floats(-500, 500))
def test_units_do_not_matter(gain: float, offset: float) -> None:
    truth = movie()
    plain, scaled = followed(truth, truth), followed(gain * truth + offset, truth)
    assert scaled.flicker_structure == pytest.approx(plain.flicker_structure, rel=1e-3)
    np.testing.assert_allclose(scaled.kymograph, plain.kymograph, atol=1e-3)
    np.testing.assert_allclose(scaled.bleaching, plain.bleaching, atol=1e-3)


def test_frames_that_blink_are_not_evened_out_by_a_fit_to_each() -> None:
    truth = movie()
    blinking = truth * np.array([1, 1.2] * 3)[:, None, None]
    assert followed(blinking, truth).flicker_structure > 2 * (
        followed(truth, truth).flicker_structure
    )
