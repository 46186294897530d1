from __future__ import annotations

import math

import numpy as np
import pytest

from acquisition.images import ImageSeries, words_of_gaps
from acquisition.images.series import rising

NAN = math.nan


def series(sizes: dict[str, int], planes: list[tuple[int, ...]], **more: object) -> ImageSeries:
    def read(place: tuple[int, ...]) -> np.ndarray:
        return np.full((2, 3), sum(place), np.uint16)

    stored = {key: key for key in planes}
    return ImageSeries(
        sizes=sizes, height=2, width=3, dtype=np.dtype(np.uint16), planes=stored, read=read, **more
    )  # type: ignore[arg-type]


def test_a_missing_plane_is_none_and_never_zeros() -> None:
    one = series({"T": 3, "C": 2}, [(0, 0), (0, 1), (2, 1)])
    assert one.missing == 3
    assert one.plane(T=1) is None
    plane = one.plane(T=2, C=1)
    assert plane is not None
    assert plane[0, 0] == 3
    with pytest.raises(IndexError):
        one.plane(T=3)


def test_a_stream_knows_its_frames_and_its_gaps() -> None:
    one = series({"T": 8, "C": 2}, [(t, 0) for t in (0, 1, 5)] + [(t, 1) for t in range(8)])
    first, second = one.stream(C=0), one.stream(C=1)
    assert first.numbers == (0, 1, 5)
    assert [(gap.start, gap.stop) for gap in first.gaps] == [(2, 5), (6, 8)]
    assert words_of_gaps(first.gaps) == "3-5, 7-8"
    assert first.missing == 5
    assert second.missing == 0
    assert second.gaps == []
    assert first.frame(2)[0, 0] == 5


def test_times_follow_a_stated_interval_across_gaps() -> None:
    one = series({"T": 6}, [(0,), (1,), (4,)], interval_s=0.5)
    assert one.stream().times_s == (0.0, 0.5, 2.0)


def test_no_time_is_made_up() -> None:
    assert series({"T": 3}, [(0,), (1,), (2,)]).stream().times_s is None
    moments = {(0,): 1.0, (1,): 1.5, (3,): 2.5}
    stream = series({"T": 4}, [(t,) for t in range(4)], moments_s=moments).stream()
    np.testing.assert_array_equal(stream.times_s, [0.0, 0.5, NAN, 1.5])
    assert stream.interval_s == 0.5


def test_planes_of_which_nothing_is_said_are_frames_where_there_is_no_time() -> None:
    assert series({"I": 4}, []).frame_axis == "I"
    assert series({"T": 4, "Q": 2}, []).frame_axis == "T"
    assert series({"T": 1, "Z": 5}, []).frame_axis == "T"


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ([0.0, 0.5, 1.0, 1.0, 2.0], [0.0, 0.5, 1.0, NAN, 2.0]),
        ([0.0, 99.0, 1.0, 1.5, 2.0], [0.0, NAN, 1.0, 1.5, 2.0]),
        ([0.0, NAN, 1.0], [0.0, NAN, 1.0]),
        ([0.0, 0.0, 0.0, 0.0], [NAN, NAN, NAN, NAN]),
        ([3.0, 2.0, 1.0], [NAN, NAN, NAN]),
        ([], []),
    ],
)
def test_of_times_those_are_kept_that_rise(times: list[float], kept: list[float]) -> None:
    np.testing.assert_array_equal(rising(times), kept)
