"""Raw frames for whoever looks, as soon as they have come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from acquisition import Channel, Frame, StreamKey
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession, NewestRaw
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT


def test_the_newest_frame_of_each_stream_is_there_before_any_is_restored() -> None:
    two = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")), positions=("a", "b"))
    keys = [StreamKey(0, 0, 0), StreamKey(0, 1, 0), StreamKey(1, 0, 0), StreamKey(1, 1, 0)]
    looked: list[list[tuple[StreamKey, int, int]]] = []

    def look(*wanted: StreamKey) -> None:
        frames = raw.take(lambda stream: stream in wanted)
        looked.append([(one.frame.stream, one.frame.index, one.sequence) for one in frames])
        for one in frames:
            number = 10 * keys.index(one.frame.stream) + one.frame.index
            np.testing.assert_array_equal(one.frame.pixels, pixels(number))
            assert one.format.channels == two.channels

    def script() -> Iterator[Frame | None]:
        for time in range(2):
            for number, key in enumerate(keys):
                yield frame_of(10 * number + time, key, time, two)
        # Right after the last of them was read.
        yield None
        assert session.statistics.snapshot().restored == 0
        look(*keys[:3])
        look(*keys)
        yield frame_of(2, keys[0], 2, two)
        yield None
        look(*keys)

    session = LiveSession(ScriptedSource(script(), two), ChannelEngines("rolling-mean"))
    raw = NewestRaw(session)
    assert raw.take(lambda _: True) == []
    session.start()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    assert [[key[:2] for key in one] for one in looked] == [
        [(keys[0], 1), (keys[1], 1), (keys[2], 1)],
        [(keys[3], 1)],
        [(keys[0], 2)],
    ]


def test_a_frame_that_was_taken_is_never_written_over() -> None:
    taken: list[Frame] = []

    def script() -> Iterator[int | None]:
        for number in range(200):
            yield number
            taken.extend(one.frame for one in raw.take(lambda _: True))

    session = LiveSession(ScriptedSource(script()), ChannelEngines("none"))
    raw = NewestRaw(session)
    session.start()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    assert [frame.index for frame in taken] == list(range(199)) or len(taken) == 200
    for frame in taken:
        np.testing.assert_array_equal(frame.pixels, pixels(frame.index))
