"""Where a session records to: begun and ended at any time, and never over what is there."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from acquisition import read_rows
from pssr_live.errors import UserError
from pssr_live.recording import Recorder, SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from tests.pssr_live.scripted import SMALL, ScriptedSource, pixels, unplugged
from tests.pssr_live.sessions import (
    TIMEOUT,
    complete_recording,
    images,
    receive,
    run,
)


def test_recording_begins_and_ends_in_mid_stream(tmp_path: Path) -> None:
    session = LiveSession(ScriptedSource(count(), interval=0.002), EngineChoice("rolling-mean"))
    session.start()
    receive(session, 20)
    before = session.statistics.received
    session.record(tmp_path / "r")
    while session.recording is None:
        time.sleep(0.002)
    receive(session, 40)
    session.record(None)
    while session.recording is not None:
        time.sleep(0.002)
    after = session.statistics.received
    receive(session, 20)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    record = SessionRecord.read(tmp_path / "r")
    assert record.state == "complete"
    rows = list(read_rows(tmp_path / "r" / "frames.csv"))
    assert before <= rows[0].index <= rows[-1].index - 39 < after - 39
    assert [row.index for row in rows] == list(range(rows[0].index, rows[0].index + len(rows)))
    np.testing.assert_array_equal(
        images(tmp_path / "r", "raw"), np.stack([pixels(row.index) for row in rows])
    )


def test_a_folder_that_holds_a_recording_is_refused_before_the_first_frame(tmp_path: Path) -> None:
    run(ScriptedSource(range(3)), save=tmp_path / "r")
    before = (tmp_path / "r" / "raw.ome.tif").read_bytes()
    session = run(ScriptedSource(range(9)), save=tmp_path / "r")
    assert isinstance(session.faults[0], UserError)
    assert "never written over" in str(session.faults[0])
    assert (tmp_path / "r" / "raw.ome.tif").read_bytes() == before


def test_a_file_in_the_folders_place_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine", encoding="utf-8")
    session = run(ScriptedSource(range(9)), save=tmp_path / "r")
    assert "is a file, which is never written over" in str(session.faults[0])
    assert (tmp_path / "r").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["raw.ome.tif", "restored.ome.tif", "frames.csv", "session.json"])
def test_any_file_of_a_recording_protects_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"precious")
    session = run(ScriptedSource([unplugged()]), save=tmp_path)
    assert "never written over" in str(session.faults[0])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"precious"


def test_a_folder_that_is_being_recorded_into_is_refused_to_others(tmp_path: Path) -> None:
    source = ScriptedSource(count(), interval=0.002)
    first = LiveSession(source, EngineChoice("bilinear"), save=tmp_path / "r")
    first.start()
    receive(first, 10)
    while first.room is None:
        time.sleep(0.001)
    assert first.room.frames > 0
    second = run(ScriptedSource(range(9)), save=tmp_path / "r")
    assert "Another pssr-live is writing" in str(second.faults[0])
    assert second.statistics.received == 0
    with pytest.raises(UserError, match="Another pssr-live is writing"):
        complete_recording(tmp_path / "r", "bilinear", "auto", Console(quiet=True))
    first.stop()
    assert first.wait(TIMEOUT)
    assert first.faults == []
    assert SessionRecord.read(tmp_path / "r").state == "complete"


def test_a_recording_begun_by_a_button_goes_round_folders_that_are_taken(tmp_path: Path) -> None:
    for name in ("r", "r-2"):
        run(ScriptedSource(range(3)), save=tmp_path / name)
    before = (tmp_path / "r" / "raw.ome.tif").read_bytes()
    session = LiveSession(ScriptedSource(count(), interval=0.002), EngineChoice("bilinear"))
    session.start()
    receive(session, 10)
    session.record(tmp_path / "r")
    while session.recording is None:
        time.sleep(0.002)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    assert session.folders == [tmp_path / "r-3"]
    assert (tmp_path / "r" / "raw.ome.tif").read_bytes() == before


def test_a_format_change_goes_round_a_folder_that_somebody_else_made(tmp_path: Path) -> None:
    (tmp_path / "cell-2").mkdir()
    (tmp_path / "cell-2" / "raw.ome.tif").write_bytes(b"precious")
    larger = replace(SMALL, height=30)
    session = run(ScriptedSource([0, 1, 2, larger, 0, 1]), save=tmp_path / "cell")
    assert session.faults == []
    assert session.folders == [tmp_path / "cell", tmp_path / "cell-3"]
    assert (tmp_path / "cell-2" / "raw.ome.tif").read_bytes() == b"precious"


def test_the_folder_that_was_asked_for_is_the_first_recording_s_however_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, others = Recorder._begin, threading.Event()

    def late(self: Recorder) -> None:
        if self.format == SMALL:
            assert others.wait(TIMEOUT)
        begin(self)
        others.set()

    monkeypatch.setattr(Recorder, "_begin", late)
    larger = replace(SMALL, height=30)
    session = run(ScriptedSource([0, 1, 2, larger, 0, 1]), save=tmp_path / "cell")
    assert session.faults == []
    assert session.folders == [tmp_path / "cell", tmp_path / "cell-2"]
    assert [SessionRecord.read(folder).frames.height for folder in session.folders] == [24, 30]
