from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.simulated import Specimen, hr_movie
from acquisition.simulated.splat import splat


@pytest.fixture(scope="module")
def specimen() -> Specimen:
    return Specimen(3, 40.0, 50.0)


@given(st.floats(10.0, 22.0), st.floats(10.0, 14.0), st.floats(0.8, 2.5), st.floats(0.05, 0.4))
@settings(max_examples=40, deadline=None)
def test_a_point_of_light_keeps_its_light_and_its_place_between_the_pixels(
    column: float, row: float, sigma: float, pixel_um: float
) -> None:
    one = np.ones(1, np.float32)
    image = splat(
        one * np.float32(column * pixel_um),
        one * np.float32(row * pixel_um),
        3 * one,
        one * np.float32(sigma * pixel_um),
        pixel_um,
        24,
        32,
    )
    light = image * pixel_um**2
    rows, columns = np.mgrid[:24, :32] + 0.5
    assert light.sum() == pytest.approx(3, rel=0.02)
    assert (light * columns).sum() / light.sum() == pytest.approx(column, abs=0.02)
    assert (light * rows).sum() / light.sum() == pytest.approx(row, abs=0.02)


def test_light_outside_the_picture_is_cut_off_at_its_edge() -> None:
    x = np.array([-0.05, 0.0, 50.0], np.float32)
    image = splat(x, x, np.ones_like(x), np.full_like(x, 0.2), 0.1, 10, 10)
    assert image.shape == (10, 10)
    assert np.unravel_index(image.argmax(), image.shape) == (0, 0)
    assert image[-1, -1] == 0


def test_an_empty_field_is_dark() -> None:
    nothing = np.zeros(0, np.float32)
    assert not splat(nothing, nothing, nothing, nothing, 0.1, 5, 6).any()


def test_a_field_beside_the_cell_can_be_looked_at_too() -> None:
    specimen = Specimen(0, 12.0, 12.0, density=1e-6)
    far = next(
        Specimen(seed, 2.0, 2.0, density=1e-6)
        for seed in range(1000)
        if not len(Specimen(seed, 2.0, 2.0, density=1e-6))
    )
    for one in (specimen, far):
        assert len(one.points(np.zeros(len(one)))[0]) == len(one)
        assert one.image(3.0, 0.1, 0.1, 20, 20).shape == (20, 20)


def test_the_same_seed_lives_the_same_life_and_another_does_not(specimen: Specimen) -> None:
    again, other = Specimen(3, 40.0, 50.0), Specimen(4, 40.0, 50.0)
    for mine, same in zip(specimen.points(123.4), again.points(123.4), strict=True):
        np.testing.assert_array_equal(mine, same)
    assert len(other) != len(specimen)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1e5))
def test_any_moment_can_be_asked_for_and_each_point_can_have_its_own(time: float) -> None:
    specimen = SPECIMEN
    together = specimen.points(time)
    each = specimen.points(np.full(len(specimen), time))
    for one, other in zip(together, each, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


SPECIMEN = Specimen(5, 12.0, 12.0)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1e4))
def test_movement_is_continuous(time: float) -> None:
    x, y, light = SPECIMEN.points(time)
    later_x, later_y, later_light = SPECIMEN.points(time + 0.01)
    assert np.hypot(later_x - x, later_y - y).max() < 0.05
    assert np.abs(later_light - light).max() < 0.05 * light.max()


def test_mitochondria_move_about_as_fast_as_in_live_cells(specimen: Specimen) -> None:
    x, y, _ = specimen.points(50.0)
    later_x, later_y, _ = specimen.points(51.0)
    speeds = np.hypot(later_x - x, later_y - y)
    assert 0.03 < np.median(speeds) < 0.4  # µm/s
    assert np.percentile(speeds, 99) < 2.0
    there = np.hypot(*(specimen.points(600.0)[axis] - (x, y)[axis] for axis in (0, 1)))
    assert np.median(there) < 4.0  # they stay in the cell


def test_tubules_divide_and_fuse_again(specimen: Specimen) -> None:
    light = np.stack([specimen.points(float(time))[2] for time in range(0, 400, 2)])
    open_gap = light < 0.3 * light.max(axis=0)
    divided = open_gap.any(axis=0)
    assert 0.01 < divided.mean() < 0.9
    events = np.diff(open_gap[:, divided].astype(int), axis=0)
    assert (events == 1).any()
    assert (events == -1).any()


def test_a_picture_shows_the_same_at_any_pixel_size(specimen: Specimen) -> None:
    fine = specimen.image(7.0, 0.05, 0.15, 800, 1000)
    coarse = specimen.image(7.0, 0.2, 0.15, 200, 250)
    binned = fine.reshape(200, 4, 250, 4).mean(axis=(1, 3))
    assert fine.dtype == np.float32
    assert np.corrcoef(binned.ravel(), coarse.ravel())[0, 1] > 0.98
    assert coarse.mean() == pytest.approx(float(fine.mean()), rel=0.02)


def test_there_is_a_nucleus_without_mitochondria_in_a_lit_cell() -> None:
    image = Specimen(1, 86.0, 86.0).image(0.0, 0.5, 0.3, 172, 172)
    bright = image > np.percentile(image, 95)
    patches = bright[: 172 // 12 * 12, : 172 // 12 * 12].reshape(14, 12, 14, 12).mean(axis=(1, 3))
    middle = patches[4:10, 4:10]
    assert middle.min() == 0  # the nucleus
    assert middle.max() > 0.1  # beside it
    assert (image > 0).mean() > 0.3
    assert (image[:5] == 0).any()  # outside the cell


@pytest.mark.parametrize("shape", [(64, 64), (100, 300)])
def test_movies_for_training_are_seeded_scaled_and_alive(shape: tuple[int, int]) -> None:
    movie = hr_movie(11, 3, *shape, interval_s=1.0)
    assert movie.shape == (3, *shape)
    assert movie.dtype == np.float32
    np.testing.assert_array_equal(movie, hr_movie(11, 3, *shape, interval_s=1.0))
    assert movie.min() >= 0
    assert np.percentile(movie, 99.8) == pytest.approx(1, rel=1e-3)
    assert not np.array_equal(movie[0], movie[2])
    assert not np.array_equal(movie, hr_movie(12, 3, *shape, interval_s=1.0))


def test_hardly_any_movie_is_empty() -> None:
    spreads = [float(hr_movie(seed, 1, 256, 256).std()) for seed in range(12)]
    assert min(spreads) > 0.05
