"""Restored images against the frames that were measured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engines import IntensityScale
from pssr_live.trust import BLOCK, Reprojector, WindowMeter, fit_forward_model
from pssr_live.trust.reprojection import Reprojection
from tests.pssr_live.trust.scenes import FACTOR, SIDE, in_counts, scanned, specimen

TRUTH = specimen()
FRAMES = scanned([TRUTH] * 5)
NOISE = WindowMeter(FRAMES.shape[1:]).measure(FRAMES, 2, IntensityScale(100.0, 1200.0))[1]


def compared(restored: np.ndarray, frames: np.ndarray = FRAMES, sigma: float = 0.0) -> Reprojection:
    return Reprojector((SIDE, SIDE), FACTOR, sigma).compare(restored, frames, 2, noise=NOISE)


def test_the_truth_leaves_nothing_but_noise() -> None:
    found = compared(in_counts(TRUTH))
    assert found.rse_relative == pytest.approx(1.0, abs=0.05)
    assert found.rsp_relative > 1
    assert found.residual.std() == pytest.approx(1.0, abs=0.15)
    assert found.peak < 5


def test_the_five_frame_mean_is_not_better_than_the_truth() -> None:
    """Though the measured frame is a part of it: the comparison leaves it out."""
    mean = np.repeat(np.repeat(FRAMES.mean(axis=0), FACTOR, 0), FACTOR, 1)
    found = compared(np.rint(mean).astype(np.uint16))
    # Five frames: x - mean of five = 0.8 (x - mean of four).
    assert found.rse_relative == pytest.approx(0.8 * 1.25**0.5, abs=0.03)


@pytest.mark.parametrize("side", [24, 40])
def test_structure_that_is_not_there_stands_out_where_it_is(side: int) -> None:
    wrong = TRUTH.copy()
    wrong[100 : 100 + side, 60 : 60 + side] += 12.0
    found = compared(in_counts(wrong))
    row, column = np.unravel_index(np.abs(found.residual).argmax(), found.residual.shape)
    assert found.peak > 8
    assert found.residual[row, column] > 0
    assert 100 <= FACTOR * BLOCK * row < 100 + side
    assert 60 <= FACTOR * BLOCK * column < 60 + side


def test_structure_left_out_stands_out_below() -> None:
    found = compared(in_counts(np.minimum(TRUTH, 6.0)))
    assert found.residual.min() < -8


def test_brightness_as_a_whole_is_nobodys_fault() -> None:
    found = compared((0.5 * in_counts(TRUTH) + 300).astype(np.uint16))
    assert found.rse_relative == pytest.approx(1.0, abs=0.05)


def test_an_image_of_something_else_is_far_off() -> None:
    assert compared(in_counts(specimen(9))).rse_relative > 1.5


def test_the_blur_between_the_two_is_found_unless_it_hides_everything() -> None:
    assert fit_forward_model(in_counts(TRUTH), FRAMES[2]) < 0.5
    unlike = np.random.default_rng(0).integers(0, 999, (FACTOR * SIDE, FACTOR * SIDE))
    assert fit_forward_model(unlike.astype(np.uint16), FRAMES[2]) <= 1.0


def test_even_images_give_no_figures() -> None:
    found = compared(np.full((FACTOR * SIDE, FACTOR * SIDE), 7, np.uint16), np.full_like(FRAMES, 7))
    assert math.isnan(found.rse_relative)
    assert found.peak == 0
