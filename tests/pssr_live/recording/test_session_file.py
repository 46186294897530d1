"""session.json."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pssr_live.recording import FormatRecord, SessionRecord, SourceRecord


@pytest.fixture
def record() -> SessionRecord:
    frames = FormatRecord(
        height=2,
        width=3,
        dtype="uint8",
        significant_bits=8,
        pixel_size_um=None,
        interval_s=None,
        camera="",
    )
    source = SourceRecord(url="simulated:", settings={})
    return SessionRecord(software="pssr-live", started="", source=source, frames=frames)


def held_open(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """As Windows does while another program reads the file."""
    replace, refused = Path.replace, []

    def busy(path: Path, target: Path) -> Path:
        if len(refused) < times:
            refused.append(target)
            error = PermissionError(13, "Access is denied")
            error.winerror = 32  # type: ignore[attr-defined,unused-ignore]
            raise error
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(time, "sleep", lambda _: None)


def test_a_reader_holds_it_up_and_does_not_stop_it(
    tmp_path: Path, record: SessionRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_open(monkeypatch, times=3)
    record.write(tmp_path)
    assert SessionRecord.read(tmp_path) == record
    assert [path.name for path in tmp_path.iterdir()] == ["session.json"]


def test_what_could_not_be_written_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, record: SessionRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.write(tmp_path)
    held_open(monkeypatch, times=1000)
    with pytest.raises(PermissionError):
        record.model_copy(update={"state": "complete"}).write(tmp_path)
    assert SessionRecord.read(tmp_path) == record
    assert [path.name for path in tmp_path.iterdir()] == ["session.json"]
