"""Several channels and slices in one session: each restored, shown and counted by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from acquisition import Channel, Frame, ReplaySource, StreamKey, TimeLapse
from acquisition.images import StreamChoice
from engines import Baseline, IntensityScale
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession, State, is_silent, segment
from pssr_live.session.stream_counts import stopped_streams
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT, viewed

FOUR = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")), slices=2)
TIMES = 12


def number_of(stream: StreamKey, time: int) -> int:
    return 1000 * FOUR.stream_number(stream) + time


def experiment(
    times: int = TIMES, *, without: set[tuple[StreamKey, int]] = frozenset()
) -> list[Frame]:
    """All frames, time point by time point, but those that were lost."""
    return [
        frame_of(number_of(stream, time), stream, time)
        for time in range(times)
        for stream in FOUR.streams
        if (stream, time) not in without
    ]


def restored(stream: StreamKey, time: int, last: int = TIMES - 1) -> np.ndarray:
    engine = Baseline("rolling-mean")
    engine.warm_up(SMALL.height, SMALL.width, SMALL.dtype)
    window = np.clip(np.arange(time - 2, time + 3), 0, last)
    stack = np.stack([pixels(number_of(stream, int(one))) for one in window])
    return engine.restore(stack, IntensityScale(0, 1)).copy()


def test_every_stream_is_restored_from_its_own_frames() -> None:
    source = ScriptedSource(experiment(), FOUR, interval=0.01)
    session = LiveSession(source, ChannelEngines("rolling-mean"))
    seen = viewed(session)
    assert session.faults == []
    for frame in seen:
        np.testing.assert_array_equal(frame.raw, pixels(number_of(frame.stream, frame.index)))
        np.testing.assert_array_equal(frame.restored, restored(frame.stream, frame.index))
    last = {frame.stream: frame.index for frame in seen if not frame.provisional}
    assert last == dict.fromkeys(FOUR.streams, TIMES - 1)
    now = session.statistics.snapshot()
    assert (now.received, now.restored + now.skipped) == (4 * TIMES, 4 * TIMES)
    assert {stream: one.received for stream, one in now.streams.items()} == dict.fromkeys(
        FOUR.streams, TIMES
    )


def test_a_frame_lost_in_one_stream_leaves_the_others_whole() -> None:
    lost = FOUR.streams[1]
    script = experiment(without={(lost, 5)})
    session = LiveSession(
        ScriptedSource(script, FOUR, interval=0.01), ChannelEngines("rolling-mean")
    )
    seen = viewed(session)
    for frame in seen:
        if frame.stream != lost:
            np.testing.assert_array_equal(frame.restored, restored(frame.stream, frame.index))
        elif frame.index == 4:
            np.testing.assert_array_equal(frame.restored, restored(lost, 4, last=4))
    now = session.statistics.snapshot()
    assert (now.lost, now.gaps) == (1, 1)
    assert session.statistics.missing == [(5, 5, lost)]
    assert now.streams[lost].lost == 1


def test_a_channel_without_an_engine_is_shown_as_it_comes() -> None:
    source = ScriptedSource(experiment(), FOUR, interval=0.01)
    session = LiveSession(source, ChannelEngines("rolling-mean", {"mCherry": "none"}))
    seen = viewed(session)
    assert session.faults == []
    raw_only = [frame for frame in seen if frame.stream.channel == 1]
    assert raw_only
    for frame in raw_only:
        assert frame.restored is None
        assert frame.origin.engine is None
        np.testing.assert_array_equal(frame.raw, pixels(number_of(frame.stream, frame.index)))
    assert all(frame.restored is not None for frame in seen if frame.stream.channel == 0)
    assert session.statistics.snapshot().restored <= 2 * TIMES


def test_each_channel_has_its_own_scale_and_slices_share_it() -> None:
    bright = [
        replace(frame, pixels=frame.pixels // 8) if frame.stream.channel else frame
        for frame in experiment()
    ]
    session = LiveSession(ScriptedSource(bright, FOUR, interval=0.01), ChannelEngines("mito-lite"))
    scales: dict[int, set[float]] = {0: set(), 1: set()}
    for frame in viewed(session):
        assert frame.origin.engine is not None
        scales[frame.stream.channel].add(frame.origin.engine.gain)
    assert [len(scales[channel]) for channel in (0, 1)] == [1, 1]
    assert scales[0].pop() > 4 * scales[1].pop()
    assert session.engine is not None


def test_a_channel_that_nobody_knows_is_refused_before_anything_is_lit() -> None:
    source = ScriptedSource(experiment(), FOUR)
    session = LiveSession(source, ChannelEngines("bilinear", {"DAPI": "mito-lite"}))
    session.start()
    assert session.wait(TIMEOUT)
    assert "no channel DAPI" in str(session.failure)
    assert session.statistics.received == 0


def test_slow_frames_are_shown_at_once_and_again_when_their_neighbours_are_there() -> None:
    slow = replace(FOUR, interval_s=2.0)
    script: list[Frame | None] = []
    for frame in experiment():
        script += [frame, None, None]
    session = LiveSession(
        ScriptedSource(script, slow, interval=0.03), ChannelEngines("rolling-mean")
    )
    seen = viewed(session)
    assert session.faults == []
    provisional = [frame for frame in seen if frame.provisional]
    assert provisional
    for frame in provisional:
        np.testing.assert_array_equal(
            frame.restored, restored(frame.stream, frame.index, last=frame.index)
        )
    for frame in seen:
        if not frame.provisional:
            np.testing.assert_array_equal(frame.restored, restored(frame.stream, frame.index))
    now = session.statistics.snapshot()
    assert now.restored + now.skipped == 4 * TIMES
    assert now.provisional >= len(provisional)


@pytest.mark.parametrize(
    ("interval", "asked", "shown"), [(0.1, None, False), (0.1, True, True), (2.0, False, False)]
)
def test_provisional_frames_are_for_slow_ones_or_as_asked(
    interval: float, asked: bool | None, shown: bool
) -> None:
    script: list[int | None] = []
    for number in range(15):
        script += [number, None, None]
    source = ScriptedSource(script, replace(SMALL, interval_s=interval), interval=0.03)
    session = LiveSession(source, ChannelEngines("rolling-mean"), provisional=asked)
    seen = viewed(session)
    assert any(frame.provisional for frame in seen) == shown
    finals = [frame.index for frame in seen if not frame.provisional]
    assert finals == sorted(finals)
    assert finals[-1] == 14


SELDOM = StreamKey(0, 1, 0)


def seldom_and_often(times: int, *, first: int = 0) -> Iterator[Frame]:
    """GFP at every time point, mCherry at every 20th."""
    for time in range(first, first + times):
        yield frame_of(time, StreamKey(), time)
        if time % 20 == 0:
            yield replace(frame_of(1000 + time, SELDOM, time // 20), time_point=time)


def test_a_stream_that_comes_seldom_is_restored_live_without_a_recording(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 64 frames: of mCherry a window lies among 85.
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    two = replace(SMALL, channels=FOUR.channels)

    def script() -> Iterator[Frame | None]:
        for frame in seldom_and_often(181):
            yield frame
            while frame.index >= 4 and frame.stream == SELDOM and restored_so_far() < frame.index:
                yield None

    def restored_so_far() -> int:
        # Frames up to the last but two have been restored.
        return session.statistics.snapshot().streams[SELDOM].restored + 1

    session = LiveSession(ScriptedSource(script(), two), ChannelEngines("rolling-mean"))
    seen = [frame for frame in viewed(session) if frame.stream == SELDOM]
    assert session.faults == []
    assert session.statistics.snapshot().streams[SELDOM].restored == 10
    engine = Baseline("rolling-mean")
    engine.warm_up(SMALL.height, SMALL.width, SMALL.dtype)
    for frame in seen:
        window = np.clip(np.arange(frame.index - 2, frame.index + 3), 0, 9)
        stack = np.stack([pixels(1000 + 20 * int(one)) for one in window])
        np.testing.assert_array_equal(frame.restored, engine.restore(stack, IntensityScale(0, 1)))


def test_a_recording_that_is_replayed_has_the_numbers_and_gaps_of_its_table(
    tmp_path: Path,
) -> None:
    two = replace(SMALL, channels=FOUR.channels)
    lost = {StreamKey(): {25, 26}, SELDOM: {4}}
    came = [f for f in seldom_and_often(120, first=15) if f.index not in lost[f.stream]]
    session = LiveSession(
        ScriptedSource(came, two), ChannelEngines("rolling-mean"), save=tmp_path / "r"
    )
    viewed(session)
    assert session.faults == []
    source = ReplaySource(tmp_path / "r", rate="max")
    source.open()
    played = [frame for _ in came if (frame := source.read(TIMEOUT)) is not None]
    source.close()
    assert "missing" not in source.settings
    assert [(one.stream, one.index, one.time_point + 15) for one in played] == [
        (one.stream, one.index, one.time_point) for one in came
    ]
    # A stream that comes with every 20th time point has its windows, but for where one was lost.
    again = LiveSession(
        ReplaySource(tmp_path / "r", rate="max"), ChannelEngines("none", {"mCherry": "bilinear"})
    )
    viewed(again)
    assert again.statistics.lost == 3
    assert again.statistics.snapshot().streams[SELDOM].lost == 1
    one = TimeLapse(tmp_path / "r", StreamChoice(("mCherry",)))
    assert one.indices == (1, 2, 3, 5, 6)
    one.close()


def test_no_frames_is_said_by_the_interval_and_by_what_the_source_says_is_next() -> None:
    source = ScriptedSource([])
    session = LiveSession(source, ChannelEngines("bilinear"))
    assert not is_silent(session)
    session.state, session.format = State.LIVE, replace(SMALL, interval_s=10.0)
    session.statistics.frame_received(0)
    for since, silent in ((30.0, False), (45.0, True)):
        session.statistics._received_at = perf_counter() - since
        assert is_silent(session) == silent
    source.next_frame_s = 1.3
    assert session.waiting == "Next frame in 1.3 s"
    assert not is_silent(session)


def test_a_stream_that_comes_no_further_is_told_from_one_that_is_slow() -> None:
    first, other, stopped, never = FOUR.streams
    session = LiveSession(ScriptedSource([], FOUR), ChannelEngines("bilinear"))
    statistics = session.statistics
    for time in range(40):
        statistics.frame_received(time, first)
        if not time % 10:
            statistics.frame_received(time // 10, other, time)
        if time < 20:
            statistics.frame_received(time, stopped)
    assert stopped_streams(statistics.snapshot().streams, FOUR.streams) == [stopped, never]
    # As where an experiment begins after frames that were watched live.
    statistics.new_numbering()
    statistics.frame_received(0, first)
    assert stopped_streams(statistics.snapshot().streams, FOUR.streams) == []


def test_more_streams_than_memory_holds_are_refused_in_words() -> None:
    huge = replace(SMALL, height=4096, width=4096, slices=2000)
    session = LiveSession(ScriptedSource([], huge), ChannelEngines("bilinear"))
    session.start()
    assert session.wait(TIMEOUT)
    assert "too little memory" in str(session.failure)
    assert "2000 channels and slices" in str(session.failure)
