"""A recording of raw frames only, beside a live preview, restored afterwards."""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from engines import Baseline
from pssr_live.recording import SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from tests.pssr_live.scripted import ScriptedSource, pixels
from tests.pssr_live.sessions import (
    TIMEOUT,
    complete_recording,
    images,
    restored_by_hand,
    run,
    wait_until,
)


def test_every_raw_frame_is_saved_and_the_rest_is_made_later(tmp_path: Path) -> None:
    session = run(ScriptedSource(range(8)), save=tmp_path / "cell", save_restored=False)
    assert not session.faults
    assert session.newest.take(-1) is not None
    np.testing.assert_array_equal(
        images(tmp_path / "cell", "raw"), np.stack([pixels(number) for number in range(8)])
    )
    assert not (tmp_path / "cell" / "restored.ome.tif").exists()
    record = SessionRecord.read(tmp_path / "cell")
    assert (record.state, record.raw_frames, record.restored_frames) == ("raw only", 8, 0)
    assert record.engine is not None
    assert record.engine.name == "rolling-mean"

    assert complete_recording(tmp_path / "cell", "bilinear", "auto", Console(quiet=True)) == 8
    windows = [list(np.clip(range(centre - 2, centre + 3), 0, 7)) for centre in range(8)]
    np.testing.assert_array_equal(images(tmp_path / "cell", "restored"), restored_by_hand(windows))


def test_who_ends_a_recording_of_raw_frames_waits_for_no_more_than_the_frame_being_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_go_on = list[int](), threading.Event()
    restore = Baseline.restore

    def held_up(self: Baseline, *arguments: Any) -> Any:
        # It restores a frame to be opened too.
        if session.engine is not None:
            begun.append(len(begun))
            assert may_go_on.wait(TIMEOUT)
        return restore(self, *arguments)

    monkeypatch.setattr(Baseline, "restore", held_up)
    source = ScriptedSource(count(), interval=0.001)
    choice = EngineChoice("bilinear")
    session = LiveSession(source, choice, save=tmp_path / "cell", save_restored=False)
    session.start()
    try:
        wait_until(lambda: bool(begun))
        wait_until(lambda: session.statistics.received > 20)
        session.stop()
        wait_until(lambda: session.finishing[0] == "Waiting for the engine's last frame")
    finally:
        may_go_on.set()
        session.stop()
    assert session.wait(TIMEOUT)
    assert len(begun) == 1
    now = session.statistics.snapshot()
    assert now.restored + now.skipped == now.received
    assert len(images(tmp_path / "cell", "raw")) == now.received
    assert session.failure is None


class Holding(ScriptedSource):
    """Has three frames more when it is told to end."""

    def __init__(self) -> None:
        self.given = count()
        super().__init__(self.given, interval=0.001)

    def take_no_more(self) -> None:
        first = next(self.given)
        self.last = first + 2
        self._script = iter(range(first, first + 3))


def test_frames_that_wait_in_the_source_when_it_is_told_to_end_are_recorded(
    tmp_path: Path,
) -> None:
    source = Holding()
    choice = EngineChoice("bilinear")
    session = LiveSession(source, choice, save=tmp_path / "cell", save_restored=False)
    session.start()
    try:
        wait_until(lambda: session.statistics.received > 5)
    finally:
        session.stop()
    assert session.wait(TIMEOUT)
    raw = images(tmp_path / "cell", "raw")
    assert len(raw) == source.last + 1
    np.testing.assert_array_equal(raw[-1], pixels(source.last))
