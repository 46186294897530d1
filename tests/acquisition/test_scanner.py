from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition.simulated import LR_PIXEL_UM, Scanner, ScanSettings, Specimen

SETTINGS = ScanSettings(height=96, width=128)
Floats = NDArray[np.float32]


def scanner(seed: int = 2, **changes: float) -> Scanner:
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    field = settings.height * LR_PIXEL_UM, settings.width * LR_PIXEL_UM
    return Scanner(Specimen(seed, *field), settings, seed)


class Stripe(Specimen):
    """An upright straight line that moves to the right at a steady speed."""

    def __init__(self, speed_um_s: float) -> None:
        super().__init__(0, 96 * LR_PIXEL_UM, 128 * LR_PIXEL_UM, density=0.01, background=0)
        self._y = np.arange(0, self.height_um, 0.05, dtype=np.float32)
        self._speed = speed_um_s

    def __len__(self) -> int:
        return len(self._y)

    @property
    def sigma_um(self) -> Floats:
        return np.full(len(self), 0.1, np.float32)

    def points(self, time: float | NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
        x = np.full(len(self), 10.0) + self._speed * np.asarray(time)
        return x.astype(np.float32), self._y, np.ones(len(self), np.float32)


def test_counts_are_offset_plus_gain_times_poisson_photons_and_read_noise() -> None:
    scan = scanner(gain=30.0, offset=200.0, read_noise=1.5)
    expected = np.stack([scan.expected_photons(index) for index in range(20)])
    counts = np.stack([scan.scan(index) for index in range(20)])
    surprise = (counts.astype(float) - 200.0) / 30.0 - expected
    variance = expected + 1.5**2 + 1 / 12 / 30.0**2
    assert abs(surprise.mean()) < 4 * np.sqrt(variance.mean() / counts.size)
    assert (surprise**2 / variance).mean() == pytest.approx(1, rel=0.03)
    bright = expected > 6
    assert (surprise**2)[bright].mean() == pytest.approx(variance[bright].mean(), rel=0.05)


def test_the_dose_is_what_the_brightest_structures_give_in_the_first_frame() -> None:
    for photons in (3.0, 40.0):
        expected = scanner(photons=photons).expected_photons(0)
        assert np.percentile(expected, 99.5) == pytest.approx(photons, rel=1e-3)


@pytest.mark.parametrize("photons", [6.0, 12.0, 48.0])
def test_bleaching_is_in_proportion_to_the_dose(photons: float) -> None:
    bleached = scanner(photons=photons, bleaching=0.01)
    assert bleached.remaining(0) == 1
    assert np.log(bleached.remaining(40)) == pytest.approx(40 * np.log(0.99) * photons / 12)
    fresh = scanner(photons=photons, bleaching=0.0)
    ratio = bleached.expected_photons(40).sum() / fresh.expected_photons(40).sum()
    assert ratio == pytest.approx(bleached.remaining(40), rel=1e-3)


def test_frames_depend_on_seed_and_number_alone() -> None:
    forward, backward = scanner(), scanner()
    there = [forward.scan(index) for index in range(4)]
    back = [backward.scan(index) for index in (3, 2, 1, 0)][::-1]
    np.testing.assert_array_equal(there, back)
    assert not np.array_equal(there[0], there[1])
    assert not np.array_equal(there[0], scanner(seed=3).scan(0))


def test_the_truth_is_the_frame_without_noise_in_the_same_counts_and_place() -> None:
    scan = scanner(photons=2000.0, read_noise=0.0)
    truth, frame = scan.truth(5), scan.scan(5).astype(float)
    assert truth.shape == (4 * 96, 4 * 128)
    assert truth.dtype == np.float32
    binned = truth.reshape(96, 4, 128, 4).mean(axis=(1, 3))

    def likeness(down: int, right: int) -> float:
        moved = np.roll(binned, (down, right), axis=(0, 1))[4:-4, 4:-4]
        return float(np.corrcoef(moved.ravel(), frame[4:-4, 4:-4].ravel())[0, 1])

    assert likeness(0, 0) > 0.9
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        assert likeness(down, right) < likeness(0, 0)
    assert binned.mean() == pytest.approx(frame.mean(), rel=0.03)


def test_the_truth_is_sharper_than_the_frame() -> None:
    scan = scanner(photons=2000.0, read_noise=0.0)
    frame = scan.settings.offset + scan.settings.gain * scan.expected_photons(0)
    assert scan.truth(0).max() > 1.1 * frame.max()
    assert scan.truth(0).std() > 1.05 * frame.std()


def test_what_moves_is_sheared_since_each_line_is_scanned_at_its_own_time() -> None:
    scan = Scanner(Stripe(speed_um_s=4.0), replace(SETTINGS, interval_s=0.5), 0)
    photons = scan.expected_photons(2)[4:-4]
    places = (photons * np.arange(128)).sum(axis=1) / photons.sum(axis=1) * LR_PIXEL_UM
    slope = np.polyfit(np.arange(len(places)), places, 1)[0]
    assert slope * 96 == pytest.approx(4.0 * 0.5, rel=0.02)
    still = Scanner(Stripe(speed_um_s=0.0), SETTINGS, 0).expected_photons(2)
    np.testing.assert_allclose(still[10:-10], still[10:11].repeat(76, 0), rtol=0.02, atol=0.02)


@pytest.mark.parametrize(("bits", "dtype", "top"), [(8, np.uint8, 255), (16, np.uint16, 65535)])
def test_counts_are_clipped_to_the_detectors_range(bits: int, dtype: type, top: int) -> None:
    bright = scanner(bits=bits, photons=3000.0, gain=100.0).scan(0)
    assert bright.dtype == dtype
    assert bright.max() == top
    dark = scanner(bits=bits, photons=0.1, offset=0.0, read_noise=3.0).scan(0)
    assert dark.min() == 0
