"""Counts and latencies."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pssr_live.recording import StageTimes
from pssr_live.session import SeenStages
from pssr_live.session.statistics import Statistics
from pssr_live.trust import Light
from tests.pssr_live.recording.test_frame_table import TRUST


@given(st.lists(st.integers(1, 5), min_size=1, max_size=50))
def test_every_lost_frame_is_counted(steps: list[int]) -> None:
    statistics = Statistics()
    index = 10
    statistics.frame_received(index)
    for step in steps:
        index += step
        statistics.frame_received(index)
    now = statistics.snapshot()
    assert now.received + now.lost == index - 10 + 1
    assert now.gaps == sum(step > 1 for step in steps)


def test_a_new_numbering_is_no_loss() -> None:
    statistics = Statistics()
    statistics.frame_received(100)
    statistics.new_numbering()
    statistics.frame_received(0)
    assert statistics.snapshot().gaps == 0


def test_frames_missing_before_the_first_of_a_numbering_are_lost() -> None:
    statistics = Statistics()
    for first in (0, 7):
        statistics.new_numbering()
        for index in (first + 3, first + 4):
            statistics.frame_received(index, first_index=first)
    now = statistics.snapshot()
    assert (now.lost, now.gaps) == (6, 2)
    assert [lost[:2] for lost in statistics.missing] == [(0, 2), (7, 9)]


def test_latency_leaves_the_look_ahead_out_of_what_is_ours_but_not_out_of_the_total() -> None:
    statistics = Statistics()
    assert statistics.latency_table() == {}
    for _ in range(3):
        statistics.frame_restored(StageTimes(0.5, 0.01, 0.02, 0.005, 0.03))
    assert statistics.snapshot().latency == pytest.approx(0.065)
    assert statistics.snapshot().whole_latency == pytest.approx(0.565)
    assert statistics.latency_table()["total"] == pytest.approx((0.565, 0.565))


def test_what_is_seen_is_split_into_stages_and_silence_is_timed() -> None:
    statistics = Statistics()
    now = statistics.snapshot()
    assert now.stages is None
    assert now.silence is None
    statistics.frame_received(0)
    statistics.frame_restored(StageTimes(0.5, 0.01, 0.02, 0.005, 0.03))
    stages = statistics.snapshot().stages
    assert stages == SeenStages(0.5, 0.01, 0.02, None)
    statistics.frame_displayed(0.04)
    now = statistics.snapshot()
    assert now.stages == SeenStages(0.5, 0.01, 0.02, 0.04)
    assert now.silence is not None
    assert now.silence >= 0


def test_the_rate_falls_when_frames_stay_away() -> None:
    statistics = Statistics()
    for _ in range(20):
        statistics.frame_restored(StageTimes(0.5, 0.01, 0.02, 0.005, 0.03))
    now = time.perf_counter()
    statistics._restored_at.clear()
    statistics._restored_at.extend(now - 100.0 + 0.1 * number for number in range(20))
    rate = statistics.snapshot().frames_per_second
    assert rate is not None
    assert rate <= 0.2


def test_verdicts_are_counted_and_the_light_is_that_of_what_is_shown() -> None:
    statistics = Statistics()
    assert (statistics.snapshot().light, statistics.snapshot().light_reason) == (None, "")
    green = replace(TRUST, light=Light.GREEN, cause="", reason="")
    for trust in (TRUST, green, green, None):
        statistics.frame_restored(StageTimes(0.5, 0.01, 0.02, 0.005, 0.03), trust)
    statistics.frame_shown(TRUST)
    statistics.frame_shown(green)
    assert statistics.verdicts() == [(Light.GREEN, 2, ""), (Light.RED, 1, "Not as measured.")]
    now = statistics.snapshot()
    assert (now.light, now.light_reason) == (Light.RED, "Not as measured.")


def test_segments_that_count_at_once_lose_no_count() -> None:
    statistics = Statistics()
    stages = StageTimes(0.1, 0.1, 0.1, 0.1, 0.1)
    began = threading.Barrier(4)

    def count() -> None:
        began.wait()
        for _ in range(2_000):
            statistics.frame_restored(stages, TRUST)
            statistics.frames_skipped(1)
            statistics.snapshot()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as segments:
            for segment in [segments.submit(count) for _ in range(4)]:
                segment.result()
    finally:
        sys.setswitchinterval(interval)
    now = statistics.snapshot()
    assert (now.restored, now.skipped) == (8_000, 8_000)
    assert [verdict[1] for verdict in statistics.verdicts()] == [8_000]
