"""Windows read back from a raw file that answers late."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition import Frame, PixelType
from pssr_live.recording import RawWindows, Recorder
from pssr_live.recording.tiff_pages import BigTiffPages
from tests.pssr_live.scripted import SMALL, pixels
from tests.pssr_live.sessions import TIMEOUT


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """A recording of ten frames."""
    recorder = Recorder(tmp_path / "r", SMALL, source_url="scripted:", source_settings={})
    for number in range(10):
        recorder.append_raw(
            Frame(
                pixels=pixels(number),
                index=number,
                acquired=0.1 * number,
                received=time.perf_counter(),
            )
        )
    yield recorder
    recorder.close("the test's end")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The disk answers once this is set."""
    answers, read_into = threading.Event(), BigTiffPages.read_into

    def late(self: BigTiffPages, position: int, out: NDArray[PixelType]) -> None:
        answers.wait(TIMEOUT)
        read_into(self, position, out)

    monkeypatch.setattr(BigTiffPages, "read_into", late)
    yield answers
    answers.set()


def test_an_answer_that_comes_late_is_not_taken_for_that_to_another_question(
    recorder: Recorder, answers: threading.Event
) -> None:
    with RawWindows(recorder) as windows:
        assert windows.read(3, timeout=0.0) is None
        assert windows.read(5, timeout=0.0) is None
        answers.set()
        window = windows.read(5, timeout=TIMEOUT)
    assert window is not None
    assert (window.sequence, window.first, window.last) == (5, 3, 7)
    np.testing.assert_array_equal(window.pixels, np.stack([pixels(n) for n in range(3, 8)]))


def test_an_answer_that_comes_late_is_given_to_who_asks_for_it_again(
    recorder: Recorder, answers: threading.Event
) -> None:
    with RawWindows(recorder) as windows:
        assert windows.read(0, timeout=0.0) is None
        answers.set()
        window = windows.read(0, timeout=TIMEOUT)
    assert window is not None
    np.testing.assert_array_equal(window.pixels, np.stack([pixels(n) for n in (0, 0, 0, 1, 2)]))
