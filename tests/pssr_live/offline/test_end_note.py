from __future__ import annotations

from pathlib import Path

import pytest

from acquisition import FrameRow
from pssr_live.offline.end_note import EndNoted
from pssr_live.recording import FormatRecord, SessionRecord, SourceRecord
from tests.pssr_live.scripted import SMALL

ROWS = [FrameRow(index=3, acquired_s=0.0, received_s=0.0, lost_before=3)]


@pytest.fixture
def session() -> SessionRecord:
    source = SourceRecord(url="scripted:", settings={})
    frames = FormatRecord.of(SMALL)
    return SessionRecord(
        software="pssr-live", started="", source=source, frames=frames, restored_frames=1
    )


def test_a_recording_is_complete_when_all_that_is_due_is_restored(
    tmp_path: Path, session: SessionRecord
) -> None:
    for due, state in ((2, "raw only"), (1, "complete")):
        with EndNoted(tmp_path, session, lambda: ROWS, raw=1, due=due):
            pass
        read = SessionRecord.read(tmp_path)
        assert (read.state, read.raw_frames, read.lost_frames) == (state, 1, 3)


def test_what_fails_leaves_a_note_that_it_is_not_complete(
    tmp_path: Path, session: SessionRecord
) -> None:
    with (
        pytest.raises(OSError, match="full"),
        EndNoted(tmp_path, session, lambda: ROWS, raw=1, due=1),
    ):
        raise OSError("full")
    assert SessionRecord.read(tmp_path).state == "raw only"
