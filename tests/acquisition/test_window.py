from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acquisition import WINDOW_LENGTH, run_starts, window_positions


@given(st.integers(0, 50), st.integers(1, 30), st.data())
def test_a_window_stays_in_its_run_and_steps_by_one_but_at_the_ends(
    start: int, length: int, data: st.DataObject
) -> None:
    stop = start + length
    centre = data.draw(st.integers(start, stop - 1))
    positions = window_positions(centre, start, stop)
    assert len(positions) == WINDOW_LENGTH
    assert positions[WINDOW_LENGTH // 2] == centre
    for offset, position in zip(range(-2, 3), positions, strict=True):
        assert position == min(max(centre + offset, start), stop - 1)


@given(st.lists(st.integers(1, 4), max_size=40), st.integers(-5, 5))
def test_a_run_begins_wherever_the_frame_number_does_not_follow(
    steps: list[int], first: int
) -> None:
    indices = np.cumsum([first, *steps])
    starts = set(run_starts(indices).tolist())
    expected = {0} | {place + 1 for place, step in enumerate(steps) if step != 1}
    assert starts == expected


def test_frame_numbers_that_fall_or_repeat_begin_a_run() -> None:
    assert run_starts([5, 6, 6, 7, 3, 4]).tolist() == [0, 2, 4]


def test_no_frames_no_runs() -> None:
    assert run_starts([]).tolist() == []
