"""Where images belong, as Java prints it, and what no Java prints."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from acquisition.micromanager.answers import OddAnswerError
from acquisition.micromanager.experiment_summary import read_summary
from acquisition.micromanager.image_coords import ImageCoords, read_coords


def test_images_are_read_time_by_time_and_axes_of_others_named() -> None:
    found, strange = read_coords("[<channel=1 time=2>, <>, <time=1 angle=3>, <angle=0 z=1>]")
    assert found == [ImageCoords(), ImageCoords(z=1), ImageCoords(time=2, channel=1)]
    assert strange == ["angle"]


@pytest.mark.parametrize(
    "one", ["<channel=1000000000>", "<z=-1>", "<time=soon>", "<position>", "<time=٢>"]
)
def test_an_index_that_can_t_be_is_told_before_memory_is_taken_for_it(one: str) -> None:
    with pytest.raises(OddAnswerError, match="coordinates of an image"):
        read_coords(f"[<time=1>, {one}]")


def test_dimensions_that_can_t_be_are_told_before_memory_is_taken_for_them() -> None:
    vast = SimpleNamespace(get_index=lambda _: 10**9)
    none = SimpleNamespace(size=lambda: 0)
    summary = SimpleNamespace(
        get_intended_dimensions=lambda: vast, get_channel_name_list=lambda: none
    )
    with pytest.raises(OddAnswerError, match="get_intended_dimensions"):
        read_summary(summary, None)
