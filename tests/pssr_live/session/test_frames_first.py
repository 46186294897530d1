"""Frames flow to the raw file from the first one on, whatever else takes its time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition import FrameFormat, read_rows
from engines import EngineError
from pssr_live.recording import Concern, DiskError, Recorder, SessionRecord, disk_patience
from pssr_live.restoring import EngineChoice, EnginePool, SharedEngine
from pssr_live.session import LiveSession, segment
from tests.pssr_live.scripted import SMALL, ScriptedSource, pixels
from tests.pssr_live.sessions import (
    TIMEOUT,
    images,
    restored_by_hand,
    run,
    wait_until,
)


@pytest.fixture(autouse=True)
def small_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that nobody writes are soon lost."""
    monkeypatch.setattr(segment, "_RING_BYTES", 0)


def raw_numbers(folder: Path) -> list[int]:
    path = folder / "frames.csv"
    return [row.index for row in read_rows(path)] if path.exists() else []


def open_late(monkeypatch: pytest.MonkeyPatch, opens: Callable[[], bool]) -> None:
    """Make an engine take its time to be opened."""
    open_engine = EnginePool.open

    def late(self: EnginePool, choice: EngineChoice, frame_format: FrameFormat) -> SharedEngine:
        wait_until(opens)
        return open_engine(self, choice, frame_format)

    monkeypatch.setattr(EnginePool, "open", late)


@pytest.mark.parametrize("save_restored", [True, False])
def test_frames_are_recorded_while_an_engine_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_restored: bool
) -> None:
    # More than memory holds.
    open_late(monkeypatch, lambda: len(raw_numbers(tmp_path / "r")) >= 150)
    session = run(
        ScriptedSource(range(200), interval=0.001),
        save=tmp_path / "r",
        save_restored=save_restored,
    )
    assert session.faults == []
    assert raw_numbers(tmp_path / "r") == list(range(200))
    assert session.newest.take(-1) is not None
    if save_restored:
        windows = [[max(0, min(199, c + d)) for d in range(-2, 3)] for c in range(200)]
        np.testing.assert_array_equal(images(tmp_path / "r", "restored"), restored_by_hand(windows))


def test_frames_are_recorded_while_an_engine_is_opened_for_another_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = FrameFormat(height=40, width=32, dtype=np.dtype(np.uint16), significant_bits=12)
    open_engine = EnginePool.open

    def late(self: EnginePool, choice: EngineChoice, frame_format: FrameFormat) -> SharedEngine:
        if frame_format == larger:
            wait_until(lambda: len(raw_numbers(tmp_path / "r-2")) >= 150)
        return open_engine(self, choice, frame_format)

    monkeypatch.setattr(EnginePool, "open", late)
    session = run(ScriptedSource([*range(8), larger, *range(200)]), save=tmp_path / "r")
    assert session.faults == []
    assert raw_numbers(tmp_path / "r") == list(range(8))
    assert raw_numbers(tmp_path / "r-2") == list(range(200))
    assert SessionRecord.read(tmp_path / "r-2").state == "complete"


def make_late(monkeypatch: pytest.MonkeyPatch, made: Callable[[], bool]) -> None:
    """Make a recording's folder take its time."""
    begin = Recorder._begin

    def late(self: Recorder) -> None:
        wait_until(made)
        begin(self)

    monkeypatch.setattr(Recorder, "_begin", late)


def test_a_folder_that_takes_its_time_costs_no_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ScriptedSource(count(), interval=0.002)
    session = LiveSession(source, EngineChoice("rolling-mean"), save=tmp_path / "r")
    make_late(monkeypatch, lambda: session.statistics.received >= 40)
    session.start()
    wait_until(lambda: session.recording is not None)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    assert raw_numbers(tmp_path / "r") == list(range(session.statistics.received))


def test_a_recording_begun_by_a_button_holds_what_came_while_its_folder_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ScriptedSource(count(), interval=0.002)
    session = LiveSession(source, EngineChoice("rolling-mean"))
    session.start()
    wait_until(lambda: session.statistics.received > 10)
    begun = threading.Event()
    make_late(monkeypatch, begun.is_set)
    before = session.statistics.received
    session.record(tmp_path / "r")
    wait_until(lambda: session.statistics.received > before + 40)
    assert session.recording is None
    begun.set()
    wait_until(lambda: session.recording is not None)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    first, *rest = raw_numbers(tmp_path / "r")
    # The frame under way when the button was pressed may still be of the time before.
    assert first <= before + 2
    assert [first, *rest] == list(range(first, session.statistics.received))


def test_a_folder_that_takes_longer_than_memory_lasts_begins_with_what_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_patience, "PATIENCE", 0.1)
    source = ScriptedSource(count(), interval=0.002)
    session = LiveSession(source, EngineChoice("rolling-mean"), save=tmp_path / "r")
    make_late(monkeypatch, lambda: session.statistics.received >= 120)
    session.start()
    wait_until(lambda: session.recording is not None)
    monkeypatch.undo()
    session.stop()
    assert session.wait(TIMEOUT)
    (folder,) = (folder for folder in session.folders if folder.exists())
    numbers = raw_numbers(folder)
    assert numbers == list(range(numbers[0], session.statistics.received))
    first = next(read_rows(folder / "frames.csv"))
    assert (first.lost_before, first.lost_to) == (numbers[0], "disk")
    (noted,) = SessionRecord.read(folder).losses
    assert (noted.first, noted.last, noted.cause) == (0, numbers[0] - 1, "disk")
    (loss,) = session.statistics.losses()
    assert (loss.first, loss.last, loss.count) == (0, numbers[0] - 1, numbers[0])
    assert isinstance(session.failure, DiskError)
    assert session.failure.concern is Concern.LOSS


@pytest.mark.parametrize("save_restored", [True, False])
def test_an_engine_that_can_not_be_opened_prevents_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_restored: bool
) -> None:
    def refuse(*_: Any) -> SharedEngine:
        raise EngineError("It does not fit.", "Take another.")

    monkeypatch.setattr(EnginePool, "open", refuse)
    session = run(ScriptedSource(range(20)), save=tmp_path / "r", save_restored=save_restored)
    np.testing.assert_array_equal(
        images(tmp_path / "r", "raw"), np.stack([pixels(number) for number in range(20)])
    )
    assert [str(fault) for fault in session.faults] == ["It does not fit. Take another."]
    # Of raw frames alone nothing is missing.
    assert (session.failure is None) is not save_restored


def test_an_engine_that_can_not_be_opened_ends_a_session_that_records_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> SharedEngine:
        raise EngineError("It does not fit.", "Take another.")

    monkeypatch.setattr(EnginePool, "open", refuse)
    session = run(ScriptedSource(count(), SMALL, interval=0.001))
    assert str(session.failure) == "It does not fit. Take another."


def test_what_is_refused_is_refused_before_the_camera_starts(tmp_path: Path) -> None:
    run(ScriptedSource(range(3)), save=tmp_path / "r")
    opened = []

    class Watched(ScriptedSource):
        def open(self) -> FrameFormat:
            opened.append(1)
            return super().open()

    session = run(Watched(range(3)), save=tmp_path / "r")
    assert "never written over" in str(session.failure)
    session = run(Watched(range(3)), engine="no-such-engine", save=tmp_path / "new" / "r")
    assert isinstance(session.failure, EngineError)
    assert opened == []
    assert not (tmp_path / "new").exists()
