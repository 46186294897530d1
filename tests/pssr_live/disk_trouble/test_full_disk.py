"""Disks that fill up under a running session."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from acquisition import read_rows
from pssr_live.errors import UserError
from pssr_live.recording import SessionRecord, disk_patience
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, segment
from tests.pssr_live.disk_trouble.watched import (
    FORMAT,
    Watched,
    assert_goes_on_in,
    assert_raw,
    assert_restored,
    complete,
    images,
    raw_frames,
)
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import TIMEOUT
from tests.small_disk import enlarge, mounted_disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB of its own: room for 100 frames, raw and restored."""
    with mounted_disk(tmp_path / "disk", "3m") as disk:
        yield disk


def at_the_pace_of_the_restored(watched: Watched) -> Iterator[int | None]:
    """Frames that never fill the disk by themselves, and only a few once something was told."""
    told_at = None
    for number in itertools.count():
        while watched.told == "" and number > watched.session.statistics.restored + 20:
            yield None
        yield number
        if told_at is None and watched.told:
            told_at = number
        if told_at is not None and number > told_at + 60:
            yield from itertools.repeat(None)


def test_on_a_disk_that_fills_up_restored_frames_stop_first_and_are_made_later(
    small_disk: Path,
) -> None:
    folder = small_disk / "r"
    watched = Watched(folder, at_the_pace_of_the_restored)
    watched.look_until(lambda: watched.told != "")
    watched.look_at_frames(20)
    count = watched.stop()
    assert "nearly full, and the rest is kept for raw frames" in watched.told
    assert f'pssr-live restore "{folder}"' in watched.told
    assert len(watched.session.faults) == 1
    record = SessionRecord.read(folder)
    assert (record.state, record.raw_frames) == ("raw only", count)
    assert record.restored_frames == len(images(folder, "restored")) > 70
    assert_raw(folder, range(count))
    enlarge(small_disk)
    assert complete(folder) == count
    assert_restored(folder, count)


def test_a_disk_that_is_full_to_the_brim_stops_the_recording_and_not_the_preview(
    small_disk: Path,
) -> None:
    folder = small_disk / "r"
    watched = Watched(folder)
    watched.look_until(lambda: "Raw frames" in watched.told)
    watched.look_at_frames(20)
    received = watched.stop()
    assert "the disk is full. Free some space" in watched.told
    count = len(images(folder, "raw"))
    assert 70 < count < received
    assert_raw(folder, range(count))
    record = SessionRecord.read(folder)
    # With not even a kilobyte left it could not be written that it ended.
    assert "the disk is full" in record.ended_by or record.state == "recording"
    enlarge(small_disk)
    assert complete(folder) == count
    assert_restored(folder, count)


def test_more_frames_than_there_is_room_for_are_refused_before_the_first(small_disk: Path) -> None:
    source = ScriptedSource(range(1000), FORMAT)
    choice = EngineChoice("rolling-mean")
    session = LiveSession(source, choice, save=small_disk / "r", frame_limit=1000)
    session.start()
    assert session.wait(TIMEOUT)
    (fault,) = session.faults
    assert isinstance(fault, UserError)
    assert "of the 1,000 asked for" in fault.problem
    assert session.statistics.received == 0
    assert list(small_disk.iterdir()) == []


def test_room_made_in_time_saves_every_frame(small_disk: Path) -> None:
    folder = small_disk / "r"
    watched = Watched(folder)
    watched.look_until(lambda: "Raw frames" in watched.told)
    assert "frames wait in memory" in watched.told
    restored = watched.session.statistics.restored
    enlarge(small_disk)
    watched.look_at_frames(20)
    # Not while it still waits before it asks the disk again.
    watched.look_until(lambda: watched.session.statistics.restored > restored)
    count = watched.stop()
    assert watched.session.folders == [folder]
    assert SessionRecord.read(folder).state == "complete"
    assert_raw(folder, range(count))
    assert_restored(folder, count)


def test_room_made_too_late_is_recorded_into_a_new_folder(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    watched = Watched(small_disk / "r")
    watched.look_until(lambda: "in a folder beside it" in watched.told)
    watched.look_at_frames(20)
    monkeypatch.setattr(disk_patience, "PATIENCE", TIMEOUT)
    enlarge(small_disk)
    watched.look_until(lambda: len(watched.session.folders) == 2)
    watched.look_at_frames(20)
    count = watched.stop()
    assert_raw(small_disk / "r", range(len(images(small_disk / "r", "raw"))))
    assert_goes_on_in(small_disk / "r-2", count)


def test_room_for_a_few_raw_frames_is_enough_to_go_on_and_all_of_it_is_for_them(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    watched = Watched(small_disk / "r")
    watched.look_until(lambda: "in a folder beside it" in watched.told)
    # Room for 120 raw frames or so, and for none of a minute with restored ones.
    ballast.unlink()
    watched.look_until(lambda: len(watched.session.folders) == 2)
    watched.look_until(lambda: raw_frames(small_disk / "r-2") > 90)
    watched.stop()
    assert "Restored frames can't be written to" in watched.told
    record = SessionRecord.read(small_disk / "r-2")
    assert record.raw_frames > 90
    assert record.restored_frames == 0
    first = next(read_rows(small_disk / "r-2" / "frames.csv"))
    assert_raw(small_disk / "r-2", range(first.index, first.index + record.raw_frames))
