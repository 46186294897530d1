"""Other programs that delete or cut short the files of a recording under way."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from acquisition import interleaved_ring
from acquisition.frame_rows import read_rows
from engines import refused_files, whole_files, why_refused
from pssr_live.errors import UserError, describe
from pssr_live.recording import DiskError, SessionRecord, session_notes
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, State
from tests.pssr_live.disk_trouble.watched import (
    Watched,
    assert_goes_on_in,
    assert_restored,
    complete,
    raw_frames,
)
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import TIMEOUT

posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows keeps files in use in place")
GONE, CUT = "it was deleted or moved", "cut a file of it short"


def cut_until(watched: Watched, path: Path, words: str) -> None:
    """Cut a file short, and again if that fell into the middle of a write, until it is told."""

    def told() -> bool:
        os.truncate(path, 2000)
        return words in watched.told

    watched.look_until(told)


@posix_only
@pytest.mark.parametrize(
    ("name", "deleted", "words"),
    [("frames.csv", True, GONE), ("raw.ome.tif", False, CUT), ("frames.csv", False, CUT)],
)
def test_raw_file_or_table_that_is_meddled_with_is_told_and_recording_goes_on_beside(
    tmp_path: Path, name: str, deleted: bool, words: str, patient: None
) -> None:
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    if deleted:
        (tmp_path / "r" / name).unlink()
    else:
        cut_until(watched, tmp_path / "r" / name, CUT)
    watched.look_until(lambda: watched.session.recording == tmp_path / "r-2")
    watched.look_at_frames(20)
    count = watched.stop()
    assert words in watched.told
    assert watched.session.folders == [tmp_path / "r", tmp_path / "r-2"]
    assert_goes_on_in(tmp_path / "r-2", count)
    if name == "raw.ome.tif":
        # What was there is lost, though all that came afterwards is there.
        last = next(read_rows(tmp_path / "r-2" / "frames.csv")).index - 1
        words = f"{last + 1} raw frames (0 to {last}) that were recorded are in {tmp_path / 'r'} no"
        assert words in str(watched.session.failure)
        record = SessionRecord.read(tmp_path / "r")
        assert record.raw_frames == 0
        (loss,) = record.losses
        assert (loss.first, loss.last, loss.cause) == (0, last, "gone")


@posix_only
@pytest.mark.parametrize(("deleted", "words"), [(True, GONE), (False, CUT)])
def test_a_restored_file_that_is_meddled_with_is_told_and_made_again(
    tmp_path: Path, deleted: bool, words: str, patient: None
) -> None:
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    restored = tmp_path / "r" / "restored.ome.tif"
    if deleted:
        restored.unlink()
    else:
        cut_until(watched, restored, CUT)
    watched.look_until(lambda: words in watched.told)
    # Raw frames and the preview go on.
    watched.look_at_frames(20)
    count = watched.stop()
    assert f"Restored frames can't be written to {tmp_path / 'r'}" in watched.told
    assert words in str(watched.session.failure)
    assert f'pssr-live restore "{tmp_path / "r"}"' in str(watched.session.failure)
    record = SessionRecord.read(tmp_path / "r")
    assert (record.state, record.raw_frames) == ("raw only", count)
    assert raw_frames(tmp_path / "r") == count
    # What was cut may lack its description; then that is told, and it is made anew.
    restored.unlink(missing_ok=True)
    assert complete(tmp_path / "r") == count
    assert_restored(tmp_path / "r", count)


def test_a_disk_that_can_hold_no_more_files_is_not_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(28, "No space left on device")
    assert "nearly full" in DiskError.of_restored(error, tmp_path).problem
    asked: list[Path] = []

    class NoInodes:
        f_files, f_favail = 1000, 0

    def statvfs(place: Path) -> NoInodes:
        asked.append(place)
        return NoInodes()

    monkeypatch.setattr(refused_files.os, "statvfs", statvfs, raising=False)
    monkeypatch.setattr(refused_files.sys, "platform", "linux")
    told = DiskError.of_restored(error, tmp_path / "not" / "there")
    assert "can hold no more files" in told.problem
    assert "Delete files" in told.fix
    assert asked == [tmp_path]
    elsewhere = OSError(28, "No space left on device", str(tmp_path / "report.html"))
    assert "can hold no more files" in describe(elsewhere)
    assert "Delete files" in describe(elsewhere)
    assert "can hold no more files" in why_refused(error, tmp_path)


def test_too_little_memory_is_told_and_leaves_no_folder_that_blocks_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(interleaved_ring, "RingBuffer", no_memory)
    source = ScriptedSource(range(9))
    session = LiveSession(source, EngineChoice("bilinear"), save=tmp_path / "r")
    session.start()
    assert session.wait(TIMEOUT)
    assert isinstance(session.failure, UserError)
    assert "too little memory for frames of 24 x 32" in session.failure.problem
    # In its own time: the drive may be a slow one.
    deadline = time.monotonic() + TIMEOUT
    while (tmp_path / "r").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_session_file_that_another_program_holds_costs_no_restored_frame(
    tmp_path: Path, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, refused = threading.Event(), threading.Event()
    held.set()
    replace = Path.replace

    def refuse(draft: Path, target: Path) -> Path:
        if held.is_set() and Path(target).name == "session.json" and Path(target).exists():
            refused.set()
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = 32  # type: ignore[attr-defined,unused-ignore]
            raise error
        return replace(draft, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(whole_files, "PATIENCE_S", 0.0)
    monkeypatch.setattr(session_notes, "_AGAIN_AFTER_S", 0.0)
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    assert refused.is_set()
    assert SessionRecord.read(tmp_path / "r").engine is None
    held.clear()
    watched.look_until(lambda: SessionRecord.read(tmp_path / "r").engine is not None)
    assert watched.session.state is State.LIVE
    count = watched.stop()
    assert watched.told == ""
    assert SessionRecord.read(tmp_path / "r").state == "complete"
    assert_restored(tmp_path / "r", count)
