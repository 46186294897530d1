"""A window restored, and the restored frame judged, by a real engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat, PixelType, Window
from engines import IntensityScale
from pssr_live.restoring import EngineChoice, EnginePool, WindowRestorer, begin_judge
from tests.pssr_live.scripted import SMALL, pixels
from tests.pssr_live.sessions import restored_by_hand

FRAMES = np.stack([pixels(number) for number in range(7)])


def window_of(frames: NDArray[PixelType], centre: int) -> Window:
    first = centre - 2
    return Window(
        pixels=frames[first : first + 5],
        index=centre,
        acquired=0.0,
        received=0.0,
        completed=0.0,
        sequence=centre,
        first=first,
        last=first + 4,
    )


def restorer(
    frame_format: FrameFormat = SMALL, *, judged: bool = True, calls: list[str] | None = None
) -> WindowRestorer:
    engine = EnginePool().open(EngineChoice("rolling-mean"), frame_format)
    intensity = IntensityScale(0.0, 1.0)
    judge = (
        begin_judge(engine, frame_format, intensity, first_frames=FRAMES[:5]) if judged else None
    )
    told = calls if calls is not None else []
    return WindowRestorer(
        engine,
        frame_format,
        intensity=intensity,
        judge=judge,
        before_each=lambda: told.append("before"),
    )


def test_a_window_is_restored_as_by_the_engine_itself() -> None:
    item = restorer().restore(window_of(FRAMES, 2))
    np.testing.assert_array_equal(item.pixels, restored_by_hand([[0, 1, 2, 3, 4]])[0])
    assert item.trust is None
    assert item.started <= item.finished


def test_frames_that_are_still_held_are_not_written_over() -> None:
    windows = restorer()
    first = windows.restore(window_of(FRAMES, 2))
    kept = first.pixels.copy()
    second = windows.restore(window_of(FRAMES, 4))
    np.testing.assert_array_equal(first.pixels, kept)
    assert not np.array_equal(first.pixels, second.pixels)


def test_a_verdict_is_added_and_nothing_else_changed() -> None:
    windows = restorer()
    item = windows.restore(window_of(FRAMES, 2))
    judged = windows.judge(item)
    assert judged.trust is not None
    assert judged.judged >= item.finished
    assert judged.pixels is item.pixels
    assert judged._replace(trust=None, judged=item.judged) == item


def test_both_at_once_is_the_same() -> None:
    windows = restorer()
    item = windows.both(window_of(FRAMES, 2))
    np.testing.assert_array_equal(item.pixels, restored_by_hand([[0, 1, 2, 3, 4]])[0])
    assert item.trust is not None


def test_frames_too_small_to_be_judged_get_no_verdict() -> None:
    tiny = replace(SMALL, height=6, width=6)
    windows = restorer(tiny, judged=False)
    item = windows.both(window_of(np.ascontiguousarray(FRAMES[:, :6, :6]), 2))
    assert item.trust is None
    assert item.pixels.shape == (24, 24)


def test_the_source_is_asked_before_each_window() -> None:
    calls: list[str] = []
    windows = restorer(calls=calls)
    for centre in (2, 3, 4):
        windows.restore(window_of(FRAMES, centre))
    assert calls == ["before"] * 3
