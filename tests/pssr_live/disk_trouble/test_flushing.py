"""Recordings are forced to the disk while they are made."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pssr_live.recording import flusher
from tests.pssr_live.disk_trouble.watched import (
    Watched,
    assert_raw,
    assert_restored,
)


def test_what_is_recorded_is_forced_to_the_disk_all_the_time(
    tmp_path: Path, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flusher, "SHORTEST_INTERVAL", 0.02)
    fsync, forced = os.fsync, []

    def noted(number: int) -> None:
        fsync(number)
        forced.append(os.fstat(number).st_ino)

    monkeypatch.setattr(os, "fsync", noted)
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    recorded = {path.stat().st_ino for path in (tmp_path / "r").glob("*.[oc]*")}
    watched.look_until(lambda: all(forced.count(number) > 3 for number in recorded))
    watched.stop()
    assert len(recorded) == 3
    assert watched.session.faults == []


def test_what_can_not_be_forced_to_the_disk_is_told_once_and_recorded_all_the_same(
    tmp_path: Path, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flusher, "SHORTEST_INTERVAL", 0.02)

    fsync = os.fsync

    def broken(number: int) -> None:
        if threading.current_thread().name == "flusher":
            raise OSError(5, "Input/output error")
        fsync(number)

    monkeypatch.setattr(os, "fsync", broken)
    watched = Watched(tmp_path / "r")
    watched.look_until(lambda: "could not be forced to the disk" in watched.told)
    watched.look_at_frames(20)
    count = watched.stop()
    assert len(watched.session.faults) == 1
    assert_raw(tmp_path / "r", range(count))
    assert_restored(tmp_path / "r", count)
