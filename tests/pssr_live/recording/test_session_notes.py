from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from acquisition import Channel, FrameRow, StreamKey
from engines import whole_files
from pssr_live.recording import (
    EngineRecord,
    FormatRecord,
    SessionRecord,
    SourceRecord,
    session_notes,
)
from pssr_live.recording.session_notes import SessionNotes
from tests.pssr_live.scripted import SMALL

TWO = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")))
ENGINE = EngineRecord(
    name="bilinear", path="", backend="", digest="", scale_factor=4, offset=0, gain=1
)


@pytest.fixture
def record() -> SessionRecord:
    source = SourceRecord(url="scripted:", settings={})
    return SessionRecord(
        software="pssr-live", started="", source=source, frames=FormatRecord.of(TWO)
    )


@pytest.fixture
def notes(tmp_path: Path, record: SessionRecord) -> SessionNotes:
    record.write(tmp_path)
    return SessionNotes(tmp_path, record, TWO)


def names(folder: Path) -> list[str | None]:
    """Of the engines of the channels, as the file says."""
    engines = SessionRecord.read(folder).engines or []
    return [None if engine is None else engine.name for engine in engines]


def test_each_channel_says_what_restores_it(tmp_path: Path, notes: SessionNotes) -> None:
    notes.note_engine(ENGINE, 1)
    assert names(tmp_path) == [None, "bilinear"]


def test_what_another_program_holds_the_file_for_is_written_later(
    tmp_path: Path, notes: SessionNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_files, "PATIENCE_S", 0.0)
    monkeypatch.setattr(session_notes, "_AGAIN_AFTER_S", 0.0)
    with monkeypatch.context() as held:

        def refuse(_: Path, target: Path) -> Path:
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = 32  # type: ignore[attr-defined,unused-ignore]
            raise error

        held.setattr(Path, "replace", refuse)
        notes.note_engine(ENGINE, 0)
        notes.write_what_waits()
    assert names(tmp_path) == []
    notes.write_what_waits()
    assert names(tmp_path) == ["bilinear", None]


def test_what_is_missing_is_noted_with_its_stream(tmp_path: Path, notes: SessionNotes) -> None:
    row = FrameRow(index=7, acquired_s=0.0, received_s=0.0, lost_before=2)
    notes.note_lost_before(StreamKey(0, 1, 0), row)
    notes.note_missing_after(StreamKey(), (8, 8, "left out"))
    notes.end("the user", raw=1, restored=1, complete=True)
    read = SessionRecord.read(tmp_path)
    assert [(one.first, one.last, one.stream) for one in read.losses] == [
        (5, 6, "mCherry"),
        (8, 8, "GFP"),
    ]
    assert (read.lost_frames, read.state, read.ended_by) == (3, "complete", "the user")
