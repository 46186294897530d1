from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pssr_live.crappify import CRAPPIFIERS, Detector, SaltPepperGaussian, blur
from pssr_live.crappify.crappifiers import sample

crappifiers = pytest.mark.parametrize("kind", CRAPPIFIERS.values(), ids=list(CRAPPIFIERS))


@crappifiers
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_hr_gives_counts_of_a_quarter_of_its_size(kind, data) -> None:
    shape = data.draw(array_shapes(min_dims=2, max_dims=3, min_side=4, max_side=40))
    hr = data.draw(arrays(np.float32, shape, elements=st.floats(0, 2, width=32)))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    lr = kind.draw(rng).apply(hr, rng)
    assert lr.shape == (*shape[:-2], shape[-2] // 4, shape[-1] // 4)
    assert lr.dtype in (np.uint8, np.uint16)


@crappifiers
def test_less_than_one_lr_pixel_is_refused(kind) -> None:
    with pytest.raises(ValueError, match="less than one LR pixel"):
        kind.apply(np.zeros((3, 8), np.float32), np.random.default_rng(0))


@crappifiers
def test_the_same_seed_gives_the_same_noise_and_another_seed_another(kind) -> None:
    hr = np.full((16, 16), 0.5, np.float32)
    first, same, other = (kind.apply(hr, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


@crappifiers
def test_frames_of_a_stack_have_noise_of_their_own(kind) -> None:
    hr = np.full((2, 160, 160), 0.5, np.float32)
    one, two = kind.apply(hr, np.random.default_rng(0)).astype(float)
    correlation = np.corrcoef(one.ravel(), two.ravel())[0, 1]
    assert abs(correlation) < 0.1


@crappifiers
def test_the_input_is_not_written_to(kind) -> None:
    hr = np.random.default_rng(0).random((12, 12), dtype=np.float32)
    before = hr.copy()
    kind.apply(hr, np.random.default_rng(0))
    assert np.array_equal(hr, before)


@given(photons=st.floats(4, 80), light=st.floats(0.1, 1), read_noise=st.floats(0, 2))
@settings(max_examples=25, deadline=None)
def test_detector_variance_is_poisson_plus_read_noise(photons, light, read_noise) -> None:
    detector = Detector(photons=photons, read_noise=read_noise, gain=100.0, offset=500.0)
    hr = np.full((400, 400), light, np.float32)
    counts = detector.apply(hr, np.random.default_rng(0)).astype(float)
    mean = photons * light
    assert counts.mean() == pytest.approx(500 + 100 * mean, rel=0.03)
    assert counts.var() == pytest.approx(100**2 * (mean + read_noise**2), rel=0.08)


def test_detector_counts_of_black_and_white_are_as_stated() -> None:
    detector = Detector(photons=50.0)
    for value, expected in ((0.0, detector.black), (1.0, detector.white)):
        hr = np.full((400, 400), value, np.float32)
        counts = detector.apply(hr, np.random.default_rng(0))
        assert counts.mean() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (12, np.uint16), (16, np.uint16)])
def test_detector_counts_end_at_its_bits(bits, dtype) -> None:
    detector = Detector(photons=100.0, gain=1e4, bits=bits)
    counts = detector.apply(np.ones((16, 16), np.float32), np.random.default_rng(0))
    assert counts.dtype == dtype
    assert (counts == 2**bits - 1).all()


def test_specks_are_as_many_as_said_in_both_colours() -> None:
    setting = SaltPepperGaussian(variance=0.0, specks=0.005)
    hr = np.full((2000, 2000), 0.5, np.float32)
    specked = setting._add_specks(hr, np.random.default_rng(0))
    assert np.mean(specked == 1.0) == pytest.approx(0.005, rel=0.05)
    assert np.mean(specked == 0.0) == pytest.approx(0.005, rel=0.05)


def test_gaussian_noise_has_half_the_blurred_image_as_variance() -> None:
    setting = SaltPepperGaussian()
    hr = np.full((600, 600), 0.02, np.float32)
    # So dim that the cut at 0 matters but the one at 1 does not: only the upper half is whole.
    noise = setting._add_noise(hr, np.random.default_rng(0)) - hr
    upper = noise[noise > 0]
    assert np.mean(upper**2) == pytest.approx(0.5 * 0.02, rel=0.03)


def test_v1_noise_is_weaker_behind_the_anti_aliasing_blur() -> None:
    hr = np.full((400, 400), 0.5, np.float32)
    smooth, rough = (
        replace(SaltPepperGaussian(), anti_aliasing=blurred).apply(hr, np.random.default_rng(0))
        for blurred in (True, False)
    )
    assert smooth.std() < 0.5 * rough.std()


def test_blur_is_that_of_scipy() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = np.random.default_rng(0).random((37, 50), dtype=np.float32)
    for sigma in (0.8, 2.6, 5.0):
        expected = ndimage.gaussian_filter(image, sigma, mode="reflect")
        np.testing.assert_allclose(blur(image, sigma), expected, atol=1e-5)


def test_area_sampling_is_the_mean_of_each_cell() -> None:
    image = np.random.default_rng(0).random((3, 12, 20), dtype=np.float32)
    expected = image.reshape(3, 3, 4, 5, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(sample(image, 0.0, "area"), expected, atol=1e-6)


def test_point_sampling_looks_at_the_middle_of_each_cell() -> None:
    y, x = np.mgrid[:16, :24].astype(np.float32)
    np.testing.assert_allclose(sample(x, 0.0, "point")[0], 4 * np.arange(6) + 1.5, atol=1e-5)
    np.testing.assert_allclose(sample(y, 0.0, "point")[:, 0], 4 * np.arange(4) + 1.5, atol=1e-5)
