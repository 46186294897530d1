"""Windows over interleaved streams: each stream keeps its own neighbours, gaps and ends."""

from __future__ import annotations

import itertools
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition import (
    WINDOW_LENGTH,
    Channel,
    Frame,
    FrameFormat,
    InterleavedRing,
    Overtaken,
    RingBuffer,
    StreamKey,
    new_ring,
    run_starts,
    window_positions,
)

ONE = FrameFormat(height=3, width=4, dtype=np.dtype(np.uint16), significant_bits=16)
SIX = replace(ONE, channels=(Channel("GFP"), Channel("mCherry")), slices=3)

# Frames as they come: of which stream, and how many of that stream were lost before it.
arrivals = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([0, 0, 0, 0, 0, 1, 6])), min_size=1, max_size=120
)


def numbered(place: int, stream: StreamKey, index: int) -> Frame:
    """A frame whose pixels all hold its place among all."""
    pixels = np.full(SIX.shape, place, np.uint16)
    return Frame(
        pixels=pixels,
        index=index,
        acquired=0.1 * place,
        received=float(place),
        stream=stream,
        time_point=10 * index,
    )


@given(arrivals)
def test_a_window_holds_five_neighbours_of_one_stream_whatever_came_between(
    came: list[tuple[int, int]],
) -> None:
    ring = InterleavedRing(SIX, capacity=256)
    next_index = [0] * 6
    frames: list[Frame] = []
    found: dict[int, list[int]] = {}

    def look() -> None:
        for place in range(len(frames)):
            window = ring.window(place) if place not in found else None
            if window is not None:
                frame = frames[place]
                assert (window.sequence, window.stream) == (place, frame.stream)
                assert (window.index, window.time_point) == (frame.index, frame.time_point)
                found[place] = [int(pixels[0, 0]) for pixels in window.pixels]
                assert [window.first, window.last] == [found[place][0], found[place][-1]]

    for place, (number, lost) in enumerate(came):
        index = next_index[number] + lost
        next_index[number] = index + 1
        frames.append(numbered(place, SIX.streams[number], index))
        ring.append(frames[-1])
        look()
    ring.end()
    look()

    expected: dict[int, list[int]] = {}
    for stream in SIX.streams:
        places = [place for place, frame in enumerate(frames) if frame.stream == stream]
        indices = [frames[place].index for place in places]
        bounds = [*run_starts(indices).tolist(), len(places)]
        for start, stop in itertools.pairwise(bounds):
            for centre in range(start, stop):
                window = window_positions(centre, start, stop)
                expected[places[centre]] = [places[int(one)] for one in window]
    assert found == expected


@given(arrivals)
def test_no_stream_waits_for_another(came: list[tuple[int, int]]) -> None:
    ring = InterleavedRing(SIX, capacity=256)
    counts = [0] * 6
    for place, (number, _) in enumerate(came):
        ring.append(numbered(place, SIX.streams[number], counts[number]))
        counts[number] += 1
        if counts[number] >= WINDOW_LENGTH:
            assert ring.window(ring.order.place(number, counts[number] - 3)) is not None


def test_a_provisional_window_repeats_the_newest_frame() -> None:
    ring = InterleavedRing(SIX)
    for place in range(12):
        ring.append(numbered(place, SIX.streams[place % 2], place // 2))
    assert ring.window(10) is None
    window = ring.window(10, provisional=True)
    assert window is not None
    assert [int(pixels[0, 0]) for pixels in window.pixels] == [6, 8, 10, 10, 10]


def test_a_provisional_window_of_one_stream_repeats_the_newest_frame() -> None:
    ring = new_ring(ONE)
    for place in range(6):
        ring.append(replace(numbered(place, StreamKey(), place), time_point=place))
    assert ring.window(4) is None
    window = ring.window(4, provisional=True)
    assert window is not None
    assert [int(pixels[0, 0]) for pixels in window.pixels] == [2, 3, 4, 5, 5]


def test_one_stream_has_the_ring_whose_windows_are_views() -> None:
    assert type(new_ring(ONE)) is RingBuffer
    assert type(new_ring(SIX)) is InterleavedRing


def test_memory_is_one_budget_with_room_for_two_windows_of_each_stream() -> None:
    assert InterleavedRing(SIX, capacity=100).capacity == 100
    assert InterleavedRing(SIX, capacity=8).capacity == 60


def test_a_stream_that_comes_seldom_keeps_its_window() -> None:
    ring = InterleavedRing(SIX, capacity=64)
    seldom, found = 5, []
    for place in range(2000):
        time, often = divmod(place, 20)
        ring.append(numbered(place, SIX.streams[often % 4 if often else seldom], place))
        if often == 0 and time >= 4:
            window = ring.window(place - 40, provisional=True)
            assert window is not None
            found.append([int(pixels[0, 0]) for pixels in window.pixels])
            assert window.stream == SIX.streams[seldom]
    # Each of its frames comes after a gap in what the source counts: no window spans it.
    assert found == [[one] * 5 for one in range(40, 1960, 20)]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=400), st.integers(1, 40))
def test_the_last_frames_of_each_stream_and_those_that_wait_are_never_written_over(
    came: list[int], waiting: int
) -> None:
    three = replace(SIX, slices=1, channels=(*SIX.channels, Channel("DAPI")))
    ring = InterleavedRing(three, capacity=64)
    places: list[list[int]] = [[], [], []]
    counts = [0, 0, 0]
    for place, stream in enumerate(came):
        first = max(0, place - waiting)
        room = ring.room_beyond(first)
        ring.append(numbered(place, three.streams[stream], counts[stream]))
        counts[stream] += 1
        places[stream].append(place)
        held = [place for of_stream in places for place in of_stream[-7:]]
        # What waits for the disk is held as long as there was room beyond it.
        held += range(first, place + 1) if room > 0 else ()
        held += range(ring.oldest, place + 1)
        for one in held:
            assert ring.frame(one).pixels[0, 0] == one


@settings(max_examples=8)
@given(st.integers(1, 200), st.integers(0, 2**32 - 1), st.floats(0, 8))
def test_no_stream_loses_its_window_to_faster_ones_however_many_there_are(
    streams: int, seed: int, spread: float
) -> None:
    many = replace(ONE, channels=(Channel("GFP"),) * streams)
    ring = new_ring(many, capacity=64)
    memory = ring.capacity
    assert memory == max(64, 10 * streams if streams > 1 else 0)
    keys, rng = many.streams, np.random.default_rng(seed)
    # Each has a window, in any order; then some come up to 10**8 times as often as others.
    rates = 10 ** (spread * rng.random(streams))
    first = rng.permutation(np.repeat(np.arange(streams), WINDOW_LENGTH))
    came = [*first, *rng.choice(streams, 200, p=rates / rates.sum())]
    places: list[list[int]] = [[] for _ in range(streams)]
    for place, stream in enumerate(came):
        ring.append(numbered(place, keys[stream], len(places[stream])))
        places[stream].append(place)
        # What has just become complete, and in the end what every stream has.
        last = place == len(came) - 1
        for of_stream in places if last else [places[stream]]:
            if len(of_stream) < WINDOW_LENGTH:
                continue
            window = ring.window(of_stream[-3])
            assert window is not None
            assert [int(one[0, 0]) for one in window.pixels] == of_stream[-WINDOW_LENGTH:]
    assert ring.capacity == memory


def test_a_window_that_was_handed_out_is_never_overwritten() -> None:
    ring = InterleavedRing(SIX, capacity=8)
    for place in range(10):
        ring.append(numbered(place, SIX.streams[place % 2], place // 2))
    window = ring.window(4)
    assert window is not None
    for place in range(10, 200):
        ring.append(numbered(place, SIX.streams[place % 2], place // 2))
    assert [int(pixels[0, 0]) for pixels in window.pixels] == [0, 2, 4, 6, 8]
    with pytest.raises(Overtaken):
        ring.window(4)
    with pytest.raises(Overtaken):
        ring.frame(4)


def test_a_window_says_when_it_became_complete_also_to_whoever_looks_at_that_moment() -> None:
    ring = InterleavedRing(SIX, capacity=8)
    note, told = ring.order.append, []

    def noted_and_looked_at(stream: int, index: int) -> None:
        note(stream, index)
        window = ring.window(ring.order.place(stream, index - 2)) if index >= 2 else None
        if window is not None:
            told.append((window.completed, float(len(ring.order) - 1)))

    ring.order.append = noted_and_looked_at  # type: ignore[method-assign]
    for place in range(200):
        ring.append(numbered(place, SIX.streams[place % 2], place // 2))
    assert len(told) == 196
    assert all(completed == received for completed, received in told)


def test_nothing_of_a_frames_size_is_allocated_once_windows_were_lent() -> None:
    large = replace(SIX, height=256, width=256)
    ring = InterleavedRing(large)
    pixels = np.zeros(large.shape, np.uint16)

    def frame(place: int) -> Frame:
        return Frame(
            pixels=pixels,
            index=place // 2,
            acquired=0.0,
            received=0.0,
            stream=large.streams[place % 2],
        )

    for place in range(10):
        ring.append(frame(place))
        ring.window(max(0, place - 4))
    tracemalloc.start()
    for place in range(10, 30):
        ring.append(frame(place))
        assert ring.window(place - 4) is not None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < pixels.nbytes


def test_frames_keep_their_stream_and_time_point() -> None:
    ring = InterleavedRing(SIX)
    given_frame = numbered(0, StreamKey(0, 1, 2), 7)
    ring.append(given_frame)
    frame = ring.frame(0)
    assert (frame.stream, frame.index, frame.time_point) == (StreamKey(0, 1, 2), 7, 70)


@pytest.mark.parametrize("stream", [StreamKey(1, 0, 0), StreamKey(0, 2, 0), StreamKey(0, 0, 3)])
def test_a_frame_of_no_stream_that_was_announced_is_refused(stream: StreamKey) -> None:
    ring = InterleavedRing(SIX)
    with pytest.raises(ValueError, match="there is no"):
        ring.append(numbered(0, stream, 0))
    assert ring.written == 0


def test_streams_are_numbered_as_they_are_listed() -> None:
    experiment = replace(SIX, positions=("left", "right"))
    numbers = [experiment.stream_number(stream) for stream in experiment.streams]
    assert numbers == list(range(12))
    assert experiment.at_position(1).positions == ("right",)
