"""Several channels and slices in one session: each restored, shown and counted by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition import Channel, Frame, StreamKey
from engines import Baseline, IntensityScale
from pssr_live.recording import SessionRecord
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession, RestoredFrame
from pssr_live.session.recordings import folders_of_positions
from pssr_live.session.stream_counts import stopped_streams
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT, no_thread_is_left

FOUR = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")), slices=2)
TIMES = 12


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    with no_thread_is_left():
        yield


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


def watched(session: LiveSession) -> list[RestoredFrame]:
    """All that a viewer sees who looks all the time."""
    seen: list[RestoredFrame] = []
    session.start()
    ended = False
    while not ended:
        ended = session.wait(0)
        seen += session.newest.wait_each(seen[-1].serial if seen else 0, 0.05)
    return seen


def restored(stream: StreamKey, time: int, last: int = TIMES - 1) -> np.ndarray:
    engine = Baseline("rolling-mean")
    engine.warm_up(SMALL.height, SMALL.width, SMALL.dtype)
    window = np.clip(np.arange(time - 2, time + 3), 0, last)
    stack = np.stack([pixels(number_of(stream, int(one))) for one in window])
    return engine.restore(stack, IntensityScale(0, 1)).copy()


def test_every_stream_is_restored_from_its_own_frames() -> None:
    source = ScriptedSource(experiment(), FOUR, interval=0.01)
    session = LiveSession(source, ChannelEngines("rolling-mean"))
    seen = watched(session)
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
    seen = watched(session)
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
    seen = watched(session)
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
    for frame in watched(session):
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
    seen = watched(session)
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
    seen = watched(session)
    assert any(frame.provisional for frame in seen) == shown
    finals = [frame.index for frame in seen if not frame.provisional]
    assert finals == sorted(finals)
    assert finals[-1] == 14


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


def test_each_position_is_recorded_in_a_folder_of_its_own(tmp_path: Path) -> None:
    two = replace(SMALL, positions=("cell 1", "cell 2"))
    script = [
        frame_of(100 * position + time, StreamKey(position, 0, 0), time)
        for time in range(TIMES)
        for position in (0, 1)
    ]
    session = LiveSession(
        ScriptedSource(script, two), ChannelEngines("rolling-mean"), save=tmp_path / "r"
    )
    seen = watched(session)
    assert session.faults == []
    assert {frame.stream.position for frame in seen} <= {0, 1}
    assert sorted(session.folders) == [tmp_path / "r" / "cell-1", tmp_path / "r" / "cell-2"]
    for position, folder in enumerate(sorted(session.folders)):
        numbers = [100 * position + time for time in range(TIMES)]
        raw = tifffile.imread(folder / "raw.ome.tif")
        np.testing.assert_array_equal(raw, [pixels(number) for number in numbers])
        assert SessionRecord.read(folder).state == "complete"
        assert tifffile.imread(folder / "restored.ome.tif").shape == (TIMES, 96, 128)


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (("",), [""]),
        (("left", "right"), ["left", "right"]),
        (("", ""), ["position-0", "position-1"]),
        (("a", "a", "b"), ["a-0", "a-1", "b"]),
        (("A/1", "..", "x:y"), ["A-1", "position-1", "x-y"]),
    ],
)
def test_positions_have_folders_that_every_system_allows(
    names: tuple[str, ...], folders: list[str]
) -> None:
    assert folders_of_positions(names) == folders


def test_more_streams_than_memory_holds_are_refused_in_words() -> None:
    huge = replace(SMALL, height=4096, width=4096, slices=2000)
    session = LiveSession(ScriptedSource([], huge), ChannelEngines("bilinear"))
    session.start()
    assert session.wait(TIMEOUT)
    assert "too little memory" in str(session.failure)
    assert "2000 channels and slices" in str(session.failure)
