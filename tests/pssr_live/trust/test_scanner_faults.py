"""What raw frames alone tell of the scanner."""

import math

import numpy as np
import pytest

from pssr_live.trust import Light
from pssr_live.trust.scanner_faults import (
    CUT_OFF_PART,
    Pixels,
    cut_off,
    row_shift,
    scanner_findings,
    shift_light,
)
from tests.pssr_live.trust.scenes import OFFSET, scanned, specimen
from tests.pssr_live.trust.test_judge import TRUTH, in_counts, judge, window

CENTRE = 2


def frames(photons: float = 12.0) -> Pixels:
    return scanned([specimen(1, photons)] * 5)


def astray(frames: Pixels, by: int) -> Pixels:
    """Every second row shifted to the right."""
    moved = frames.copy()
    moved[:, 1::2] = np.roll(frames[:, 1::2], by, axis=-1)
    return moved


def clipped(frames: Pixels) -> Pixels:
    """Cut off at half of the highest."""
    return np.minimum(frames, int(OFFSET + frames.max()) // 2).astype(frames.dtype)


@pytest.mark.parametrize("photons", [4.0, 12.0, 80.0])
@pytest.mark.parametrize("by", [-2, -1, 0, 1, 2])
def test_rows_astray_are_measured(photons: float, by: int) -> None:
    shift = row_shift(astray(frames(photons), by))
    assert shift.pixels == pytest.approx(by, abs=0.2)
    light = {0: None, 1: Light.AMBER, 2: Light.RED}[abs(by)]
    assert shift_light(shift) is light


def test_slanting_structure_is_no_shift() -> None:
    rows, columns = np.mgrid[:64, :64]
    slanting = 100 + 50 * np.cos(2 * np.pi * (rows + columns) / 16)
    assert row_shift(np.stack([slanting.astype(np.uint16)] * 5)).pixels == pytest.approx(
        0, abs=0.05
    )


def test_noise_and_columns_of_a_camera_tell_no_shift() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(100, 5, (5, 64, 64)).astype(np.uint16)
    assert row_shift(noise).error == math.inf
    assert shift_light(row_shift(noise)) is None
    assert row_shift(noise[:, :16]).error == math.inf


@pytest.mark.parametrize("photons", [4.0, 12.0, 80.0])
def test_brightness_cut_off_anywhere_is_noticed(photons: float) -> None:
    good = frames(photons)
    assert cut_off(good, CENTRE) == 0
    bad = clipped(good)
    top = bad[CENTRE].max()
    assert cut_off(bad, CENTRE) == pytest.approx(np.mean(bad[CENTRE] == top))
    assert cut_off(bad, CENTRE) > CUT_OFF_PART


def test_a_hot_pixel_and_few_photons_in_whole_counts_are_not_cut_off() -> None:
    hot = frames()
    hot[:, 5, 5] = 4095
    assert cut_off(hot, CENTRE) == 0
    photons = np.random.default_rng(1).poisson(2.0, (5, 64, 64)).clip(0, 6).astype(np.uint8)
    assert cut_off(photons, CENTRE) == 0


def test_the_user_is_told_what_to_do_at_the_microscope() -> None:
    (finding,) = scanner_findings(astray(frames(), 1), CENTRE)
    assert finding.cause == "row_shift"
    assert "1.0 pixels too far to the right: correct the phase" in finding.words
    (finding,) = scanner_findings(clipped(frames()), CENTRE)
    assert finding.cause == "cut_off"
    assert "lower the laser power" in finding.words
    assert not list(scanner_findings(frames(), CENTRE))


def test_a_frame_whose_rows_do_not_meet_is_not_green() -> None:
    bad = astray(scanned([TRUTH] * 5), 1)
    trust = judge().look(window(bad), in_counts(TRUTH))
    assert trust is not None
    assert trust.light > Light.GREEN
    assert "Every second row lies 1.0 pixels too far to the right" in trust.reason
