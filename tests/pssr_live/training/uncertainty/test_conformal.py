"""Intervals that hold: on what is exchangeable by proof, on other recordings as measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pssr_live.training.uncertainty.conformal import (
    LEVEL,
    RULES,
    Scored,
    calibrate,
    conformal_quantile,
    leave_one_out,
    pooled,
    score,
    shortfall,
    widest,
)


def of_exponentials(series: str, spread: float, count: int = 4000, setting: str = "dim") -> Scored:
    """Scores of a recording whose predicted scale is off by a factor."""
    rng = np.random.default_rng(sum(map(ord, series + setting)))
    scores = rng.exponential(spread, count).astype(np.float32)
    return Scored(series, setting, scores, np.arange(count) >= 0.9 * count)


@given(st.integers(1, 400), st.floats(0.5, 0.99))
def test_the_quantile_is_the_score_of_the_rank_that_theory_asks_for(
    count: int, level: float
) -> None:
    scores = np.random.default_rng(count).permutation(np.arange(1.0, count + 1))
    rank = conformal_quantile(scores, level)
    if np.isinf(rank):
        assert (count + 1) * level > count
    else:
        assert rank - 1 < (count + 1) * level <= rank + 1e-6


def test_of_exchangeable_scores_the_next_lies_inside_as_often_as_promised() -> None:
    rng = np.random.default_rng(1)
    draws = rng.exponential(size=(4000, 20))
    inside = [row[-1] <= conformal_quantile(row[:-1]) for row in draws]
    # 19 scores give the level itself; three standard errors of the count.
    assert abs(np.mean(inside) - 18 / 20) < 3 * np.sqrt(0.09 / 4000)


@pytest.mark.parametrize("rule", RULES.values())
def test_for_recordings_that_are_alike_the_factor_is_the_laplace_quantile(rule) -> None:
    scored = [of_exponentials(name, 1.0, 40000) for name in ("a", "b", "c")]
    assert rule(scored) == pytest.approx(-np.log(1 - LEVEL), rel=0.03)


def test_a_recording_that_is_unlike_is_covered_by_the_widest_rule_alone() -> None:
    scored = [of_exponentials(name, s) for name, s in (("a", 1), ("b", 1), ("c", 1), ("d", 2.5))]
    scored += [of_exponentials("e", 2.5)]
    assert pooled(scored) < widest(scored)
    promised = {name: shortfall(leave_one_out(scored, rule)) for name, rule in RULES.items()}
    calibration = calibrate(scored)
    assert calibration.rule == min(promised, key=promised.__getitem__)
    assert calibration.factor == widest(scored)
    assert calibration.shortfalls == promised
    assert calibration.words().startswith(f"by {calibration.rule} (on recordings left out ")
    assert all(one.inside > LEVEL - 0.02 for one in calibration.coverage)


def test_a_recording_is_counted_by_what_the_others_alone_give() -> None:
    near, far = of_exponentials("near", 1.0), of_exponentials("far", 10.0)
    near_dim = of_exponentials("near", 1.0, setting="bright")
    coverage = {
        (one.series, one.crappifier): one for one in calibrate([near, near_dim, far]).coverage
    }
    assert coverage["far", "dim"].inside == pytest.approx(1 - 10 ** (-1 / 10), abs=0.03)
    assert coverage["near", "dim"].inside == 1.0
    assert coverage["near", "bright"].inside == 1.0


def test_every_setting_of_a_recording_counts_for_as_much_in_the_pool() -> None:
    large, small = of_exponentials("a", 1.0, 40000), of_exponentials("b", 3.0, 4000)
    alike = pooled([of_exponentials("a", 1.0, 4000), small])
    assert pooled([large, small]) == pytest.approx(alike, rel=0.05)


def test_residuals_are_counted_in_predicted_scales_and_a_scale_of_none_hides_nothing() -> None:
    truth = np.arange(20, dtype=np.float32).reshape(4, 5)
    restored, scale = truth.copy(), np.full_like(truth, 2.0)
    restored[0, 0] += 3
    restored[0, 1] += 1
    scale[0, 1] = scale[0, 2] = 0
    scored = score("a", "dim", truth, restored=restored, scale=scale)
    assert scored.scores[:4].tolist() == [1.5, np.inf, 0.0, 0.0]
    assert np.flatnonzero(scored.brightest).tolist() == [18, 19]
    assert scored.coverage(1.6).inside == 0.95


def test_of_a_truth_that_is_mostly_black_the_brightest_are_still_a_tenth() -> None:
    truth = np.zeros((10, 10), dtype=np.float32)
    truth[2, 3] = 1
    brightest = score("a", "dim", truth, restored=truth, scale=truth + 1).brightest
    assert brightest.sum() == 10
    assert brightest[23]
