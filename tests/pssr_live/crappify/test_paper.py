"""The paper's crappifiers, one by one and in sequence."""

from __future__ import annotations

import numpy as np
import pytest

from pssr_live.crappify import blur
from pssr_live.crappify.paper import (
    NOISES,
    AdditiveGaussian,
    Gaussian,
    Poisson,
    SaltAndPepper,
    paper_crappifier,
)
from pssr_live.errors import UserError

NAMES = ["no-noise", *NOISES, "salt-pepper+additive-gaussian-em", "additive-gaussian+salt-pepper"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(4, 4), (5, 17, 30), (2, 64, 64)])
def test_any_hr_gives_8_bits_of_a_quarter_of_its_size(name: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    hr = rng.random(shape, dtype=np.float32)
    lr = paper_crappifier(name).draw(rng).apply(hr, rng)
    assert lr.shape == (*shape[:-2], shape[-2] // 4, shape[-1] // 4)
    assert lr.dtype == np.uint8


@pytest.mark.parametrize("name", [name for name in NAMES if name != "no-noise"])
def test_the_seed_decides_and_frames_have_noise_of_their_own(name: str) -> None:
    hr = np.full((2, 96, 96), 0.5, np.float32)
    crappifier = paper_crappifier(name)
    first, same, other = (crappifier.apply(hr, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])


def test_without_noise_only_the_sampling_is_left() -> None:
    hr = np.full((32, 32), 0.4, np.float32)
    lr = paper_crappifier("no-noise").apply(hr, np.random.default_rng(0))
    assert (lr == 102).all()


def test_poisson_noise_has_the_variance_of_photons() -> None:
    image = np.full((400, 400), 0.3, np.float32)
    noisy = Poisson(photons=100).add(image, np.random.default_rng(0))
    assert noisy.mean() == pytest.approx(0.3, rel=0.01)
    assert noisy.var() == pytest.approx(0.3 / 100, rel=0.03)


def test_gaussian_noise_is_the_same_everywhere() -> None:
    image = np.repeat([[0.3, 0.7]], 200, axis=0).repeat(200, axis=1).astype(np.float32)
    noisy = Gaussian(0.025).add(image, np.random.default_rng(0))
    assert noisy[:, :200].std() == pytest.approx(0.025, rel=0.03)
    assert noisy[:, 200:].std() == pytest.approx(0.025, rel=0.03)


def test_additive_gaussian_noise_follows_the_blurred_image() -> None:
    image = np.zeros((200, 300), np.float32)
    image[:, 150:] = 0.5
    noise = AdditiveGaussian(variance=0.01, variance_blur=5.0)
    rng = np.random.default_rng(0)
    frames = np.stack([noise.add(image, rng) - image for _ in range(60)])
    bright = frames[:, :, 200:]
    assert bright.var() == pytest.approx(0.01 * 0.5, rel=0.03)
    edge = float(blur(image, 5.0)[100, 152])
    assert frames[:, :, 152].var() == pytest.approx(0.01 * edge, rel=0.06)


def test_salt_and_pepper_hit_half_a_percent_each() -> None:
    image = np.full((500, 500), 0.5, np.float32)
    noisy = SaltAndPepper().add(image, np.random.default_rng(0))
    assert (noisy == 1).mean() == pytest.approx(0.005, rel=0.1)
    assert (noisy == 0).mean() == pytest.approx(0.005, rel=0.1)


def test_the_numbers_for_electron_microscopy_are_the_papers() -> None:
    assert NOISES["gaussian-em"] == Gaussian(0.15)
    assert NOISES["gaussian"] == Gaussian(0.025)
    assert NOISES["additive-gaussian"] == AdditiveGaussian(0.5, 5.0)
    assert NOISES["additive-gaussian-em"] == AdditiveGaussian(0.05, 3.0)


def test_order_matters_in_a_sequence() -> None:
    one = paper_crappifier("salt-pepper+gaussian")
    other = paper_crappifier("gaussian+salt-pepper")
    assert one.noises == other.noises[::-1]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="additive-gaussian-em"):
        paper_crappifier("salt-pepper+sugar")
