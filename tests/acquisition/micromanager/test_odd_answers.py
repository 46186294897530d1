"""A server that says what can't be: the user gets a sentence, and nothing that a terminal obeys."""

from __future__ import annotations

import pytest

from acquisition import FormatChanged, SourceError
from tests.acquisition.micromanager.conftest import (
    OpenSource,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager


def test_an_exception_of_the_server_is_told_without_its_escapes(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 3)
    micro_manager.tell("fail_in", "getRemainingImageCount")
    read_until_status(source, "Micro-Manager refused a call: The camera has failed.")
    assert source.status.isprintable()
    read_until_change(source)
    # Its bridge would wait for ever after an exception.
    source.close()
    assert micro_manager.tell("objects") == {}


@pytest.mark.parametrize(
    ("method", "answer", "words"),
    [
        ("getImageHeight", "tall", "answered get_image_height with 'tall'"),
        ("getBufferTotalCapacity", None, "answered get_buffer_total_capacity with None"),
        ("getExposure", "\x1b[2Jlong", "answered get_exposure with "),
        ("popNextImageMD", "pixels", "answered pop_next_image_md with 'pixels'"),
        ("Serialize", "no tags", "for an image's tags"),
        ("getImageHeight", 0, "64 x 0 pixels"),
    ],
)
def test_an_odd_answer_becomes_a_problem_and_a_fix(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    method: str,
    answer: object,
    words: str,
) -> None:
    micro_manager.tell("odd", {method: answer})
    with pytest.raises(SourceError) as told:
        make_source(wait=0).open()
    assert words in told.value.problem
    assert told.value.problem.isprintable()
    assert "estart" in told.value.fix


def test_a_server_that_repeats_a_number_is_refused_after_a_few_frames(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("odd_tags", {"ImageNumber": "7"})
    source = make_source()
    segments = 0

    def read_on() -> None:
        nonlocal segments
        source.open()
        while True:
            try:
                source.read(0.2)
            except FormatChanged:
                segments += 1

    with pytest.raises(SourceError, match="gives one frame after another the number 7"):
        read_on()
    assert segments < 10
