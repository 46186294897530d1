import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pssr_live.evaluation.paired import paired_test, summarise


@given(n=st.integers(2, 20), seed=st.integers(0, 99))
def test_figures_agree_with_scipys(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = list(rng.normal(1, 1, n)), list(rng.normal(0, 1, n))
    summary = summarise(first)
    assert (summary.mean, summary.n) == (pytest.approx(np.mean(first)), n)
    assert summary.sem == pytest.approx(stats.sem(first))
    found = paired_test(first, second)
    assert found.t_test == pytest.approx(stats.ttest_rel(first, second).pvalue)
    assert found.wilcoxon == pytest.approx(stats.wilcoxon(first, second).pvalue)
    assert found.difference == pytest.approx(np.mean(first) - np.mean(second))


def test_one_movie_has_a_mean_and_proves_nothing() -> None:
    assert summarise([3.0]).sem is None
    found = paired_test([3.0], [2.0])
    assert (found.t_test, found.wilcoxon, found.n) == (None, None, 1)


def test_equal_methods_do_not_differ() -> None:
    found = paired_test([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert (found.t_test, found.wilcoxon) == (1.0, 1.0)


def test_the_same_gain_on_every_movie_leaves_no_doubt_to_the_t_test() -> None:
    found = paired_test([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    assert found.t_test == 0.0
    assert found.wilcoxon == pytest.approx(0.25)


def test_five_movies_can_t_reach_one_in_twenty_by_ranks() -> None:
    found = paired_test([2.0, 3.1, 4.2, 5.3, 6.4], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.wilcoxon == pytest.approx(2 / 2**5)
