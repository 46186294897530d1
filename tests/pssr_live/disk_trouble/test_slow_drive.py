"""Drives that crawl, hang and can't be read, under a running session."""

from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.recording import SessionRecord, disk_patience
from pssr_live.session import segment
from tests.pssr_live.disk_trouble.conftest import Throttle
from tests.pssr_live.disk_trouble.watched import (
    Watched,
    assert_goes_on_in,
    assert_raw,
    assert_restored,
    complete,
    images,
    raw_frames,
)
from tests.pssr_live.sessions import slow_down


def test_a_slow_drive_for_restored_frames_holds_neither_preview_nor_raw_frames_up(
    tmp_path: Path, throttle: Throttle, patient: None
) -> None:
    throttle.name = "restored.ome.tif"
    # A hundredth of what the source would need.
    throttle.bytes_per_second = 100_000
    watched = Watched(tmp_path / "r")
    for _ in range(4):
        watched.look_at_frames(40)
    came = watched.received
    watched.look_until(lambda: raw_frames(tmp_path / "r") >= came)
    assert watched.session.statistics.restored < watched.received / 2
    throttle.bytes_per_second = float("inf")
    count = watched.stop()
    assert watched.session.faults == []
    assert SessionRecord.read(tmp_path / "r").state == "complete"
    assert_raw(tmp_path / "r", range(count))
    assert_restored(tmp_path / "r", count)


@pytest.mark.parametrize("name", ["raw.ome.tif", "restored.ome.tif"])
def test_a_drive_that_hangs_for_a_while_costs_no_frame_and_no_preview(
    tmp_path: Path, throttle: Throttle, name: str, patient: None
) -> None:
    throttle.name = name
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    throttle.flowing.clear()
    watched.look_at_frames(200)
    throttle.flowing.set()
    count = watched.stop()
    assert watched.session.faults == []
    assert SessionRecord.read(tmp_path / "r").state == "complete"
    assert_raw(tmp_path / "r", range(count))
    assert_restored(tmp_path / "r", count)


def test_a_drive_that_hangs_while_a_late_restorer_reads_from_it_does_not_stop_the_preview(
    tmp_path: Path, throttle: Throttle, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    monkeypatch.setattr(segment, "_FEWEST_IN_RING", 300)
    slow_down(monkeypatch, 0.01)
    throttle.name = "raw.ome.tif"
    watched = Watched(tmp_path / "r")
    watched.look_until(lambda: watched.received > 360)
    # As many as there is room for in the ring while the drive hangs, and no more.
    on_disk = raw_frames(tmp_path / "r")
    throttle.flowing.clear()
    watched.look_at_frames(200, after=on_disk)
    throttle.flowing.set()
    watched.session.stop()
    watched.session.abandon()
    count = watched.stop()
    assert watched.session.faults == []
    assert_raw(tmp_path / "r", range(count))
    monkeypatch.undo()
    assert complete(tmp_path / "r") == count
    assert_restored(tmp_path / "r", count)


def test_raw_frames_that_cannot_be_read_back_stop_the_restored_file_and_not_the_preview(
    tmp_path: Path, throttle: Throttle, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    slow_down(monkeypatch, 0.01)
    throttle.name = "raw.ome.tif"
    throttle.readable = False
    watched = Watched(tmp_path / "r")
    watched.look_until(lambda: watched.told != "")
    assert "can't be read back" in watched.told
    assert f'pssr-live restore "{tmp_path / "r"}"' in watched.told
    watched.look_at_frames(100)
    count = watched.stop()
    assert_raw(tmp_path / "r", range(count))
    monkeypatch.undo()
    assert complete(tmp_path / "r") == count
    assert_restored(tmp_path / "r", count)


def test_a_drive_that_hangs_under_raw_frames_is_given_up_and_the_preview_goes_on(
    tmp_path: Path, throttle: Throttle, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than a busy machine holds a thread up.
    monkeypatch.setattr(disk_patience, "PATIENCE", 5.0)
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    throttle.name = "raw.ome.tif"
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    throttle.flowing.clear()
    watched.look_until(lambda: watched.told != "")
    assert "no answer" in watched.told
    # The ring goes round several times while the frame that hangs is still to be written.
    watched.look_at_frames(200)
    throttle.flowing.set()
    watched.look_until(lambda: len(watched.session.folders) == 2)
    watched.look_at_frames(20)
    count = watched.stop()
    assert_raw(tmp_path / "r", range(len(images(tmp_path / "r", "raw"))))
    assert_goes_on_in(tmp_path / "r-2", count)
