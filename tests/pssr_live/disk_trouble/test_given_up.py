"""Recordings that a disk gave up: what is in memory is not thrown away, what is lost is counted."""

from __future__ import annotations

import errno
import io
import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from acquisition import Channel, Frame, FrameFormat, StreamKey, read_rows
from pssr_live.recording import (
    Concern,
    DiskError,
    LostFrames,
    Recorder,
    SessionRecord,
    disk_patience,
)
from pssr_live.session import follow_to_end, recordings, segment
from tests.pssr_live.disk_trouble.watched import FORMAT, Watched, assert_raw, images, raw_frames
from tests.pssr_live.scripted import frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT

# Frames that memory holds, and of these those that may wait for the disk.
RING, BACKLOG = 64, 54


class Disk:
    """A disk that is full when it is told to be; it may take folders all the same."""

    full = False
    takes_folders = False
    freed_for_each_folder = False
    refused = 0


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(segment, "_RING_BYTES", 0)
    monkeypatch.setattr(recordings, "_BEGIN_AGAIN_INTERVAL", 0.0)
    disk, append_raw, begin = Disk(), Recorder.append_raw, Recorder._begin

    def refusing(self: Recorder, frame: Frame) -> None:
        if disk.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append_raw(self, frame)

    def not_begun(self: Recorder) -> None:
        disk.full = disk.full and not disk.freed_for_each_folder
        if disk.full and not disk.takes_folders:
            disk.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        begin(self)

    monkeypatch.setattr(Recorder, "append_raw", refusing)
    monkeypatch.setattr(Recorder, "_begin", not_begun)
    return disk


class OnDemand:
    """Numbers of frames that come only as far as they are let."""

    def __init__(self) -> None:
        self.until = 0

    def __call__(self, _: Watched) -> Iterator[int | None]:
        for number in itertools.count():
            while number >= self.until:
                yield None
            yield number


def look_until_shown(watched: Watched, frames: OnDemand, sequence: int) -> None:
    """Let frames come until one is shown that is not older than this.

    One is passed over while the one before was not looked at, and then another has to come.
    """

    def shown() -> bool:
        if watched.received == frames.until:
            frames.until += 1
        return watched.newest_seen >= sequence

    watched.look_until(shown)
    watched.look_until(lambda: watched.received == frames.until)


def last_on_disk(place: Path) -> int:
    rows = [row.index for table in place.glob("*/frames.csv") for row in read_rows(table)]
    return max(rows, default=-1)


def given_up(watched: Watched) -> bool:
    return "in a folder beside it" in watched.told


def test_a_recording_goes_on_with_the_oldest_frame_in_memory_and_nothing_is_lost(
    tmp_path: Path, disk: Disk
) -> None:
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    # As many as may wait, and one that would be one too many.
    frames.until = 20 + BACKLOG + 1
    watched.look_until(lambda: given_up(watched))
    disk.full = False
    watched.look_until(lambda: len(watched.session.folders) == 2)
    frames.until += 10
    watched.look_until(lambda: watched.received == frames.until)
    assert watched.stop() == 85
    assert_raw(tmp_path / "r", range(20))
    assert_raw(tmp_path / "r-2", range(20, 85))
    assert next(read_rows(tmp_path / "r-2" / "frames.csv")).lost_before == 0
    assert SessionRecord.read(tmp_path / "r-2").state == "complete"
    assert watched.session.statistics.losses() == []
    # It was told, and in the end nothing is missing.
    assert watched.session.faults != []
    assert watched.session.failure is None


def test_what_memory_has_lost_is_counted_and_told_by_its_numbers(
    tmp_path: Path, disk: Disk
) -> None:
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 200
    watched.look_until(lambda: watched.received == 200)
    assert watched.session.recording is None
    disk.full = False
    watched.look_until(lambda: watched.session.recording == tmp_path / "r-2")
    assert watched.stop() == 200
    lost = 200 - RING - 20
    assert_raw(tmp_path / "r-2", range(20 + lost, 200))
    first = next(read_rows(tmp_path / "r-2" / "frames.csv"))
    assert (first.lost_before, first.lost_to) == (lost, "disk")
    record = SessionRecord.read(tmp_path / "r-2")
    assert [(loss.first, loss.last, loss.cause) for loss in record.losses] == [
        (20, 19 + lost, "disk")
    ]
    (loss,) = watched.session.statistics.losses()
    assert (loss.first, loss.last, loss.count) == (20, 19 + lost, lost)
    assert watched.session.statistics.snapshot().not_recorded == lost
    assert isinstance(watched.session.failure, DiskError)
    assert watched.session.failure.concern is Concern.LOSS
    assert f"{lost} raw frames (20 to {19 + lost}) were not recorded" in str(
        watched.session.failure
    )


def test_restored_frames_are_counted_once_and_as_they_are_on_disk(
    tmp_path: Path, disk: Disk
) -> None:
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 200
    # What waits for a disk is shown, and is restored once more for the recording that takes it.
    look_until_shown(watched, frames, 190)
    disk.full = False
    watched.look_until(lambda: watched.session.recording == tmp_path / "r-2")
    watched.stop()
    on_disk = sum(len(images(folder, "restored")) for folder in watched.session.folders)
    now = watched.session.statistics.snapshot()
    assert (now.restored, now.skipped) == (on_disk, 0)
    assert sum(count for _, count, _ in watched.session.statistics.verdicts()) <= on_disk


def test_of_raw_recordings_each_frame_is_counted_once_as_shown_or_passed_over(
    tmp_path: Path, disk: Disk
) -> None:
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames, save_restored=False)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    # What waits for a disk is shown, and once more when a recording takes it.
    frames.until = 50
    look_until_shown(watched, frames, 45)
    frames.until = 200
    look_until_shown(watched, frames, 190)
    disk.full = False
    watched.look_until(lambda: watched.session.recording == tmp_path / "r-2")
    watched.stop()
    now = watched.session.statistics.snapshot()
    assert now.not_recorded > 0
    assert now.restored + now.skipped == now.received == frames.until


def test_of_several_streams_each_ones_numbers_are_told(tmp_path: Path, disk: Disk) -> None:
    two = replace(FORMAT, channels=(Channel("GFP"), Channel("mCherry")))
    frames = OnDemand()

    def script(watched: Watched) -> Iterator[Frame | None]:
        for number in frames(watched):
            # mCherry is counted from 500 on.
            channel = None if number is None else number % 2
            yield (
                channel
                if channel is None
                else frame_of(number, StreamKey(0, channel, 0), number // 2 + 500 * channel, two)
            )

    watched = Watched(tmp_path / "r", script, two)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 200
    watched.look_until(lambda: watched.received == 200)
    disk.full = False
    watched.look_until(lambda: watched.session.recording == tmp_path / "r-2")
    assert watched.stop() == 200
    lost = (200 - RING - 20) // 2
    told = [(loss.stream, loss.first, loss.last, loss.count) for loss in losses_of(watched)]
    assert told == [("GFP", 10, 9 + lost, lost), ("mCherry", 510, 509 + lost, lost)]
    words = f"{2 * lost} raw frames (GFP 10 to {9 + lost}; mCherry 510 to {509 + lost}) were not"
    assert words in str(watched.session.failure)
    record = SessionRecord.read(tmp_path / "r-2")
    assert [(one.stream, one.first, one.last) for one in record.losses] == [one[:3] for one in told]
    output = io.StringIO()
    with pytest.raises(DiskError):
        follow_to_end(watched.session, None, Console(file=output, width=200))
    assert f"GFP: 10–{9 + lost}; mCherry: 510–{509 + lost}" in output.getvalue()


def losses_of(watched: Watched) -> list[LostFrames]:
    return watched.session.statistics.losses()


def test_frames_that_wait_at_the_end_are_tried_once_more(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "_BEGIN_AGAIN_INTERVAL", TIMEOUT)
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 20 + BACKLOG + 1
    # Once by itself, and then not for a long time.
    watched.look_until(lambda: disk.refused > 0)
    disk.full = False
    assert watched.stop() == 75
    assert_raw(tmp_path / "r-2", range(20, 75))
    assert watched.session.failure is None


def test_frames_in_memory_outlast_a_change_of_format(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "_BEGIN_AGAIN_INTERVAL", TIMEOUT)
    before, after = OnDemand(), OnDemand()

    def frames(watched: Watched) -> Iterator[int | FrameFormat | None]:
        yield from itertools.takewhile(lambda number: number != 75, before(watched))
        yield replace(FORMAT, height=48)
        yield from after(watched)

    watched = Watched(tmp_path / "r", frames)
    before.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    before.until = 20 + BACKLOG + 1
    # Once by itself, and then not for a long time.
    watched.look_until(lambda: disk.refused > 0)
    disk.takes_folders = True
    before.until, after.until = 76, 5
    watched.look_until(lambda: watched.received == 80)
    disk.full = False
    watched.look_until(lambda: last_on_disk(tmp_path) == 19 and raw_frames(tmp_path / "r-2") == 5)
    assert watched.stop() == 80
    assert_raw(tmp_path / "r", range(20))
    assert_raw(tmp_path / "r-3", range(20, 75))
    assert watched.session.statistics.losses() == []
    assert watched.session.failure is None


def test_frames_that_reach_no_disk_to_the_end_are_lost_in_words(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_patience, "PATIENCE", 0.1)
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 30
    watched.look_until(lambda: watched.received == 30)
    assert watched.stop() == 30
    (loss,) = watched.session.statistics.losses()
    assert (loss.first, loss.last, loss.count) == (20, 29, 10)
    console = Console(record=True, width=200, file=io.StringIO())
    with pytest.raises(DiskError, match=r"10 raw frames \(20 to 29\) were not recorded"):
        follow_to_end(watched.session, None, console)
    summary = console.export_text()
    assert "not recorded" in summary
    assert "20–29" in summary


def test_a_recording_that_held_frames_is_gone_on_with_at_once(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "_BEGIN_AGAIN_INTERVAL", TIMEOUT)
    disk.freed_for_each_folder = True
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    for name in ("r", "r-2", "r-3"):
        watched.look_until(lambda name=name: watched.session.recording == tmp_path / name)
        before = frames.until
        frames.until += 10
        watched.look_until(lambda name=name: raw_frames(tmp_path / name) > 0)
        watched.look_until(lambda before=before: last_on_disk(tmp_path) == before + 9)
        disk.full = True
        frames.until += BACKLOG + 1
        watched.look_until(lambda: not disk.full)
    count = watched.stop()
    numbers = [
        row.index for place in watched.session.folders for row in read_rows(place / "frames.csv")
    ]
    assert watched.session.folders == [tmp_path / name for name in ("r", "r-2", "r-3", "r-4")]
    assert numbers == list(range(count))
    assert watched.session.failure is None


def test_a_disk_that_takes_folders_and_no_frames_is_not_filled_with_folders(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "_BEGIN_AGAIN_INTERVAL", TIMEOUT)
    disk.takes_folders = True
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 300
    watched.look_until(lambda: watched.received == 300)
    assert len(watched.session.folders) == 2
    disk.full = False
    assert watched.stop() == 300
    assert_raw(tmp_path / "r-3", range(300 - RING, 300))


def test_a_disk_that_refuses_for_a_while_makes_no_session_fail(tmp_path: Path, disk: Disk) -> None:
    frames = OnDemand()
    watched = Watched(tmp_path / "r", frames)
    frames.until = 20
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 20)
    disk.full = True
    frames.until = 40
    watched.look_until(lambda: "wait in memory" in watched.told)
    disk.full = False
    watched.look_until(lambda: raw_frames(tmp_path / "r") == 40)
    assert watched.stop() == 40
    assert watched.session.folders == [tmp_path / "r"]
    follow_to_end(watched.session, None, Console(quiet=True))
    np.testing.assert_array_equal(
        images(tmp_path / "r", "raw"), np.stack([pixels(number) for number in range(40)])
    )
    assert watched.session.wait(TIMEOUT)
