"""Faults of a restored image that no single place gives away."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pssr_live.trust import Light
from pssr_live.trust.restored_faults import (
    GHOST_OVER_OTHERS,
    PATTERN_LIMIT,
    find_ghost,
    longest_line,
    pattern,
)
from tests.pssr_live.trust.scenes import SIDE, in_counts, scanned, specimen, window
from tests.pssr_live.trust.test_judge import judge

PHOTONS = 12.0
TRUTH = specimen(3, PHOTONS)
FRAMES = scanned([TRUTH] * 5)


@pytest.mark.parametrize("turn", np.linspace(0, np.pi, 7))
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_line_in_noise_is_found_at_any_angle(turn: float, sign: int) -> None:
    residual = np.random.default_rng(0).normal(0, 0.3, (40, 40)).astype(np.float32)
    for step in np.linspace(-2.5, 2.5, 11):
        row, column = round(20 + step * np.sin(turn)), round(20 + step * np.cos(turn))
        residual[row, column] = 4 * sign
    assert sign * longest_line(residual) > 4
    assert abs(longest_line(np.zeros((40, 40), np.float32))) == 0
    assert longest_line(residual[:6, :6]) == 0


def test_a_limit_changes_no_line_that_exceeds_it() -> None:
    residual = np.random.default_rng(0).normal(0, 1, (60, 90)).astype(np.float32)
    longest = longest_line(residual)
    for limit in np.linspace(0, abs(longest), 5):
        assert longest_line(residual, float(limit)) == longest
    assert abs(longest_line(residual, 2 * abs(longest))) <= abs(longest)


def test_a_ghost_is_found_where_the_sample_is_in_a_large_frame() -> None:
    rng = np.random.default_rng(0)
    blocks = np.full((200, 200), 20.0, np.float32)
    # In a corner only.
    blocks[:60, 130:] += 400 * (gaussian_filter(rng.normal(size=(60, 70)), 1) > 0.2)
    residual = 0.02 * np.roll(blocks - 20, (12, -9), (0, 1)) + rng.normal(size=blocks.shape)
    ghost = find_ghost(residual.astype(np.float32), blocks)
    assert ghost is not None
    assert ghost.over_others > GHOST_OVER_OTHERS
    assert ghost.move in {(12, -9), (-12, 9)}


def test_a_bridge_that_was_not_measured_is_not_green() -> None:
    wrong = TRUTH.copy()
    # Where it is dark.
    rows = TRUTH.reshape(SIDE, 4, -1).mean(axis=(1, 2))
    row = 4 * int(rows[4:-4].argmin() + 4)
    wrong[row - 2 : row + 3, 100:140] = np.maximum(wrong[row - 2 : row + 3, 100:140], PHOTONS)
    trust = judge(trained=False).look(window(FRAMES), in_counts(wrong))
    assert trust is not None
    assert trust.light > Light.GREEN
    assert "a thin line, about ten pixels long, that was not measured" in trust.reason


def test_a_dim_copy_of_the_image_is_named_with_its_distance() -> None:
    wrong = TRUTH + 0.4 * np.roll(TRUTH, (48, -32), (0, 1))
    trust = judge(trained=False).look(window(FRAMES), in_counts(wrong))
    assert trust is not None
    assert "a dim copy of itself, shifted by 12 rows and 8 columns" in trust.reason
    assert find_ghost(*np.zeros((2, 12, 12), np.float32)) is None


def test_a_checkerboard_is_not_green() -> None:
    y, x = np.indices(TRUTH.shape)
    board = in_counts(np.maximum(TRUTH + np.where((x + y) % 2, 0.5, -0.5), 0) + 1)
    trust = judge(trained=False).look(window(scanned([TRUTH + 1] * 5)), board)
    assert trust is not None
    assert "pattern" in trust.reason
    span = float(np.ptp(in_counts(TRUTH).astype(np.float32)))
    assert pattern(in_counts(TRUTH)) < PATTERN_LIMIT * span < pattern(board)


@pytest.mark.parametrize("photons", [4.0, 12.0, 80.0])
def test_the_truth_has_none_of_them(photons: float) -> None:
    for seed in range(4):
        truth = specimen(seed, photons)
        trust = judge(trained=False).look(window(scanned([truth] * 5, seed)), in_counts(truth))
        assert trust is not None
        assert trust.cause not in {"line", "ghost", "pattern"}
