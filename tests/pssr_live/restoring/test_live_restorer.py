"""`LiveRestorer`: frames of any camera stack, restored one by one as in a live session."""

from __future__ import annotations

import doctest
import subprocess
import sys

import numpy as np
import pytest

import pssr_live
from acquisition import Channel, Frame, FrameFormat, StreamKey, window_positions
from engines import IntensityScale
from pssr_live import LiveRestorer
from pssr_live.errors import UserError
from pssr_live.restoring import EngineChoice, EnginePool, Restored

SHAPE = (24, 28)
FORMAT = FrameFormat(height=24, width=28, dtype=np.dtype(np.uint16), significant_bits=12)
EXPERIMENT = FrameFormat(
    height=24,
    width=28,
    dtype=np.dtype(np.uint16),
    significant_bits=12,
    channels=(Channel("GFP"), Channel("mCherry")),
    slices=2,
    positions=("A", "B"),
)


def counts(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(40, (frames, *SHAPE)).astype(np.uint16)


def restored_apart(frames: np.ndarray, runs: list[range], engine: str) -> list[np.ndarray]:
    """Restore each frame by the engine alone, the edges of each run repeated."""
    scale = IntensityScale.from_window(frames[:5])
    outcome = []
    with EnginePool() as pool:
        opened = pool.open(EngineChoice(engine), FORMAT)
        for run in runs:
            for place in run:
                window = frames[window_positions(place, run.start, run.stop)]
                outcome.append(opened.new_buffer(FORMAT))
                opened.restore(np.ascontiguousarray(window), scale, outcome[-1])
    return outcome


@pytest.mark.parametrize("engine", ["rolling-mean", "mito-lite"])
def test_every_frame_is_restored_in_order_from_its_five_neighbours(engine: str) -> None:
    frames = counts(9)
    with LiveRestorer(FORMAT, engine) as restorer:
        by_call = [restorer.add(frame) for frame in frames]
        taken = [one for one in by_call if one is not None]
        # The fifth settles the scale; from then on there is one a call.
        assert [one is None for one in by_call] == [True] * 4 + [False] * 5
        taken += restorer.ready() + restorer.finish()
    assert [one.index for one in taken] == list(range(9))
    expected = restored_apart(frames, [range(9)], engine)
    for one, pixels in zip(taken, expected, strict=True):
        np.testing.assert_array_equal(one.pixels, pixels)


def test_no_window_spans_a_jump_of_the_numbers() -> None:
    frames = counts(9)
    numbers = [0, 1, 2, 3, 4, 5, 8, 9, 10]
    taken: list[Restored] = []
    with LiveRestorer(FORMAT, "rolling-mean") as restorer:
        for number, frame in zip(numbers, frames, strict=True):
            first = restorer.add(frame, index=number)
            taken += ([] if first is None else [first]) + restorer.ready()
        taken += restorer.finish()
    assert [one.index for one in taken] == numbers
    expected = restored_apart(frames, [range(6), range(6, 9)], "rolling-mean")
    for one, pixels in zip(taken, expected, strict=True):
        np.testing.assert_array_equal(one.pixels, pixels)


def test_nothing_is_skipped_however_late_it_is_taken() -> None:
    frames = counts(70)
    with LiveRestorer(FORMAT, "rolling-mean") as restorer:
        # A gap every third frame makes three ready where a call takes one.
        numbers = [n + n // 3 for n in range(70)]
        taken = [restorer.add(frame, index=n) for n, frame in zip(numbers, frames, strict=True)]
        taken += restorer.finish()
    assert [one.index for one in taken if one is not None] == numbers
    runs = [range(n, min(n + 3, 70)) for n in range(0, 70, 3)]
    expected = restored_apart(frames, runs, "rolling-mean")
    for one, pixels in zip([t for t in taken if t], expected, strict=True):
        np.testing.assert_array_equal(one.pixels, pixels)


def test_streams_are_restored_each_by_its_own_neighbours() -> None:
    streams = EXPERIMENT.streams
    of_stream = {key: counts(6, seed) for seed, key in enumerate(streams)}
    taken: list[Restored] = []
    with LiveRestorer(EXPERIMENT, "rolling-mean") as restorer:
        for time_point in range(6):
            for key in streams:
                one = restorer.add(of_stream[key][time_point], stream=key)
                taken += [] if one is None else [one]
        taken += restorer.finish()
    assert len(taken) == 6 * len(streams)
    for key in streams:
        own = [one for one in taken if one.stream == key]
        assert [one.index for one in own] == list(range(6))
        # The scale does not show in a mean: it is the stream's own windows that do.
        expected = restored_apart(of_stream[key], [range(6)], "rolling-mean")
        for one, pixels in zip(own, expected, strict=True):
            np.testing.assert_allclose(one.pixels, pixels, atol=1)


def test_a_slice_that_is_taken_to_its_end_before_the_next_begins_is_not_held_up() -> None:
    frames = counts(50)
    stack = FrameFormat(
        height=24, width=28, dtype=np.dtype(np.uint16), significant_bits=12, slices=3
    )
    with LiveRestorer(stack, "rolling-mean") as restorer:
        # Two frames of the middle slice, which the others would wait for.
        restorer.add(frames[0], stream=StreamKey(z=1))
        restorer.add(frames[1], stream=StreamKey(z=1))
        taken = [restorer.add(frame, stream=StreamKey(z=0)) for frame in frames]
        taken += restorer.finish()
    done = [one for one in taken if one is not None]
    assert [one.index for one in done if one.stream.z == 0] == list(range(50))
    assert [one.index for one in done if one.stream.z == 1] == [0, 1]


def test_a_channel_without_an_engine_is_left_alone() -> None:
    with LiveRestorer(EXPERIMENT, ["rolling-mean", "mCherry=none"]) as restorer:
        for frame in counts(6):
            restorer.add(frame, stream=StreamKey(channel=0))
            restorer.add(frame, stream=StreamKey(channel=1))
        assert {one.stream.channel for one in restorer.finish()} == {0}


def test_frames_of_ours_bring_their_stream_and_number() -> None:
    with LiveRestorer(EXPERIMENT, "rolling-mean") as restorer:
        for number, pixels in enumerate(counts(5)):
            restorer.add(
                Frame(
                    pixels=pixels,
                    index=7 + number,
                    acquired=0.1 * number,
                    received=0.0,
                    stream=StreamKey(1, 1, 1),
                )
            )
        taken = restorer.ready() + restorer.finish()
    assert [one.index for one in taken] == [8, 9, 10, 11]
    assert {one.stream for one in taken} == {StreamKey(1, 1, 1)}


def test_a_frame_may_be_used_again_as_soon_as_it_was_added() -> None:
    frames, buffer = counts(6), np.zeros(SHAPE, np.uint16)
    with LiveRestorer(engine="rolling-mean") as restorer:
        taken = []
        for frame in frames:
            buffer[:] = frame
            taken += [one for one in [restorer.add(buffer)] if one is not None]
            buffer[:] = 0
        taken += restorer.finish()
    for one, pixels in zip(taken, restored_apart(frames, [range(6)], "rolling-mean"), strict=True):
        np.testing.assert_array_equal(one.pixels, pixels)


def test_counts_of_the_other_byte_order_are_the_same_counts() -> None:
    frames = counts(5)
    with LiveRestorer(FORMAT, "rolling-mean") as restorer:
        for frame in frames:
            restorer.add(frame.astype(">u2"))
        last = restorer.finish()[-1]
    assert last.pixels.dtype == np.uint16
    np.testing.assert_array_equal(
        last.pixels, restored_apart(frames, [range(5)], "rolling-mean")[-1]
    )


def test_frames_large_enough_come_with_a_verdict() -> None:
    frames = np.random.default_rng(0).poisson(40, (5, 64, 64)).astype(np.uint16)
    with LiveRestorer(engine="rolling-mean") as restorer:
        for frame in frames:
            restorer.add(frame)
        for one in restorer.finish():
            assert one.trust is not None
            assert one.trust.light.word in ("green", "amber", "red")


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (np.zeros((3, 24, 28), np.uint16), {}, "one plane of one channel"),
        (np.zeros(SHAPE, np.float32), {}, "not of float32"),
        (np.full(SHAPE, np.nan), {}, "NaN"),
        (np.zeros(SHAPE, np.int32), {}, "frame.astype(numpy.uint16)"),
        (np.zeros((24, 30), np.uint16), {}, "24 x 30 uint16 came among frames of 24 x 28"),
        (np.zeros(SHAPE, np.uint8), {}, "another size or type"),
        (np.zeros(SHAPE, np.uint16), {"stream": StreamKey(channel=2)}, "has no such stream"),
        (np.zeros(SHAPE, np.uint16), {"index": 0}, "Frame 0 of a stream came after frame 0"),
    ],
)
def test_what_is_no_next_frame_is_refused_and_changes_nothing(
    frame: np.ndarray, options: dict[str, object], words: str
) -> None:
    frames = counts(5)
    with LiveRestorer(FORMAT, "rolling-mean") as restorer:
        restorer.add(frames[0])
        with pytest.raises(UserError) as told:
            restorer.add(frame, **options)  # type: ignore[arg-type]
        assert words in str(told.value)
        for good in frames[1:]:
            restorer.add(good)
        assert len(restorer.finish()) == 4


def test_streams_that_nobody_named_are_asked_for() -> None:
    one = counts(1)[0]
    with (
        LiveRestorer(engine="rolling-mean") as restorer,
        pytest.raises(UserError, match="Give LiveRestorer a FrameFormat"),
    ):
        restorer.add(one, stream=StreamKey(channel=1))


def test_after_the_end_no_frame_is_taken() -> None:
    with LiveRestorer(FORMAT, "rolling-mean") as restorer:
        assert restorer.finish() == []
        with pytest.raises(UserError, match="Make another LiveRestorer"):
            restorer.add(counts(1)[0])


def test_the_documented_example_works() -> None:
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner()
    for example in finder.find(LiveRestorer, globs={}):
        runner.run(example)
    assert runner.summarize().attempted == 5
    assert runner.summarize().failed == 0


def test_the_package_is_imported_without_what_restoring_takes() -> None:
    code = "import pssr_live, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
    assert "LiveRestorer" in pssr_live.__all__
