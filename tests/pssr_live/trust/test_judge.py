"""The verdict on a restored frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from acquisition import Window
from engines import IntensityScale
from pssr_live.trust import Judge, Light
from tests.pssr_live.trust.scenes import FACTOR, FORMAT, in_counts, scanned, specimen, window
from tests.pssr_live.trust.test_gate import TRAINED_ON

TRUTH = specimen()
FRAMES = scanned([TRUTH] * 5)
SCALE = IntensityScale(100.0, 1200.0)


def judge(trained: bool = True) -> Judge:
    return Judge(FORMAT, FACTOR, SCALE, trained_on=TRAINED_ON if trained else None, sigma=0.0)


def test_the_truth_is_believed() -> None:
    trust = judge().look(window(FRAMES), in_counts(TRUTH))
    assert trust is not None
    assert (trust.light, trust.cause, trust.reason) == (Light.GREEN, "", "")


def test_what_was_not_measured_is_named_with_its_place() -> None:
    wrong = TRUTH.copy()
    wrong[120:152, 200:232] += 15.0
    trust = judge().look(window(FRAMES), in_counts(wrong))
    assert trust is not None
    assert (trust.light, trust.cause) == (Light.RED, "peak")
    assert "shows something that was not measured" in trust.reason
    lacking = judge().look(window(scanned([wrong] * 5)), in_counts(TRUTH))
    assert lacking is not None
    assert "lacks something that was measured" in lacking.reason


def test_the_worst_comes_first_and_everything_is_said() -> None:
    fast = scanned([np.roll(TRUTH, 40 * frame, 1) for frame in range(-2, 3)])
    trust = judge().look(window(fast), in_counts(specimen(5)))
    assert trust is not None
    assert trust.light is Light.RED
    assert "faster than anything" in trust.reason
    assert "times the noise, near row" in trust.reason


def test_a_camera_that_repeats_its_frame_is_told_of() -> None:
    trust = judge(trained=False).look(window(FRAMES[[0] * 5]), in_counts(TRUTH))
    assert trust is not None
    assert (trust.light, trust.cause) == (Light.AMBER, "noise")
    assert "repeats itself" in trust.reason


def test_a_baseline_has_no_training_to_be_compared_with() -> None:
    # So bright that the frames' mean, which is smeared, is bright enough too.
    bright = 3 * TRUTH
    fast = scanned([np.roll(bright, 40 * frame, 1) for frame in range(-2, 3)])
    trust = judge(trained=False).look(window(fast), in_counts(bright))
    assert trust is not None
    assert trust.light is Light.GREEN


def test_at_the_ends_repeated_frames_are_left_out() -> None:
    first = FRAMES[[0, 0, 0, 1, 2]]
    trust = judge().look(
        Window(
            pixels=first,
            index=0,
            acquired=0.0,
            received=0.0,
            completed=0.0,
            sequence=0,
            first=0,
            last=2,
        ),
        in_counts(TRUTH),
    )
    assert trust is not None
    assert trust.light is Light.GREEN
    assert 0.9 < trust.agreement.rse_relative < 1.1
    alone = Window(
        pixels=FRAMES[[2] * 5],
        index=0,
        acquired=0.0,
        received=0.0,
        completed=0.0,
        sequence=0,
        first=0,
        last=0,
    )
    assert judge().look(alone, in_counts(TRUTH)) is None


def test_a_verdict_that_is_kept_does_not_change_with_the_next_frame() -> None:
    one = judge()
    first = one.look(window(FRAMES), in_counts(TRUTH))
    assert first is not None
    kept, before = first.kept(), first.agreement.residual.copy()
    one.look(window(FRAMES), in_counts(specimen(4)))
    np.testing.assert_array_equal(kept.agreement.residual, before)
    assert not kept.agreement.residual.flags.writeable


@pytest.mark.parametrize("shape", [(32, 40), (33, 41)])
def test_the_map_can_be_laid_over_the_frame(shape: tuple[int, int]) -> None:
    trust = judge().look(window(FRAMES), in_counts(TRUTH))
    assert trust is not None
    residual = np.arange(16 * 20, dtype=np.float32).reshape(16, 20)
    laid = replace(trust, agreement=replace(trust.agreement, residual=residual)).map_of(shape)
    assert laid.shape == shape
    assert laid[6, 9] == laid[7, 8] == residual[3, 4]
    assert laid[-1, -1] == residual[-1, -1]
