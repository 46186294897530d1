from __future__ import annotations

import math
import threading
import time

import pytest

from acquisition.pacing import Pacer, parse_rate, rate_in_words


@pytest.mark.parametrize(
    ("text", "rate", "words"),
    [
        (None, None, "as acquired"),
        ("4", 4.0, "4 frames/s"),
        ("0.25", 0.25, "0.25 frames/s"),
        ("max", math.inf, "max"),
        ("MAX ", math.inf, "max"),
    ],
)
def test_rates_are_understood(text: str | None, rate: float | None, words: str) -> None:
    assert parse_rate(text) == rate
    assert rate_in_words(parse_rate(text)) == words


def test_no_moment_comes_early_and_waits_do_not_add_up() -> None:
    pacer = Pacer()
    begin = time.perf_counter()
    for moment in range(20):
        assert pacer.wait_until(moment * 0.005, timeout=240)
        assert time.perf_counter() - begin >= moment * 0.005


def test_a_reader_that_is_late_waits_no_more() -> None:
    pacer = Pacer()
    assert pacer.wait_until(0, timeout=0)
    time.sleep(0.02)
    assert pacer.wait_until(0.01, timeout=0)


def test_a_wait_gives_up_when_its_time_is_out() -> None:
    assert not Pacer().wait_until(3600, timeout=0.01)


def test_stopping_wakes_who_waits() -> None:
    pacer = Pacer()
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(pacer.wait_until(3600, 3600)))
    waiting.start()
    pacer.stop()
    waiting.join(240)
    assert answers == [False]
    assert not pacer.wait_until(0, timeout=0)


def test_what_is_left_of_a_long_wait_is_known_and_of_a_short_one_not() -> None:
    pacer = Pacer()
    assert pacer.remaining_s is None
    pacer.wait_until(0.0, timeout=0)
    pacer.wait_until(0.9, timeout=0)
    assert pacer.remaining_s is None
    pacer.wait_until(3600.0, timeout=0)
    left = pacer.remaining_s
    assert left is not None
    assert 0 < left <= 3600
    pacer.stop()
    assert pacer.remaining_s is None
