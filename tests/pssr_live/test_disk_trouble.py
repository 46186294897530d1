"""Disks that fill up, vanish, forbid, crawl and hang, under a running session."""

from __future__ import annotations

import errno
import io
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tifffile
from rich.console import Console

from acquisition.frame_rows import read_rows
from engines.backends.baselines import Baseline
from engines.intensity import IntensityScale
from pssr_live import live, segment
from pssr_live.complete import complete_recording
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.errors import UserError
from pssr_live.live import LiveSession
from pssr_live.recording import flusher, writers
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.session_file import SessionRecord
from tests.pssr_live.scripted import SMALL, ScriptedSource, pixels
from tests.pssr_live.sessions import TIMEOUT, no_thread_is_left, slow_down

# A second from frame to frame, as a scanner might say, so that a small disk has room for minutes.
FORMAT = replace(SMALL, interval_s=1.0)
MOUNT, UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows keeps files in use in place")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for disks as long as a test can, and leave no thread behind."""
    monkeypatch.setattr(writers, "PATIENCE", 0.5)
    monkeypatch.setattr(writers, "_PLACE_CHECK_INTERVAL", 0.02)
    monkeypatch.setattr(live, "_BEGIN_AGAIN_INTERVAL", 0.1)
    # A busy machine may hold a thread up for seconds: room for 100 of them.
    monkeypatch.setattr(segment, "_MOST_IN_RING", 50_000)
    with no_thread_is_left():
        yield
        for watched in Watched.under_way:
            watched.session.abandon()
            watched.session.wait(TIMEOUT)
        Watched.under_way.clear()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never give a disk up: it is only slow, or so is this machine."""
    monkeypatch.setattr(writers, "PATIENCE", TIMEOUT)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB of its own: room for 100 frames, raw and restored."""
    if sys.platform != "linux" or os.geteuid() != 0 or not MOUNT:
        pytest.skip("only root on Linux may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = [MOUNT, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    # Lazily: after a failure its files may still be open, and a mount left behind fails other runs.
    subprocess.run([UMOUNT, "-l", str(folder)], check=True)


def enlarge(disk: Path) -> None:
    subprocess.run([MOUNT, "-o", "remount,size=100m", str(disk)], check=True)


class Watched:
    """A session under way, whose preview is looked at all the time."""

    under_way: ClassVar[list[Watched]] = []

    def __init__(
        self,
        save: Path,
        script: Callable[[Watched], Iterable[int | None]] = lambda _: itertools.count(),
    ) -> None:
        source = ScriptedSource(script(self), FORMAT, interval=0.002)
        self.session = LiveSession(source, EngineKeeper("rolling-mean"), save=save)
        self.newest_seen = -1
        self.under_way.append(self)
        self.session.start()

    @property
    def received(self) -> int:
        return self.session.statistics.received

    @property
    def told(self) -> str:
        return " / ".join(map(str, self.session.faults))

    def look_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not done():
            assert time.monotonic() < deadline
            frame = self.session.newest.take(self.newest_seen)
            if frame is not None:
                self.newest_seen = frame.sequence
            time.sleep(0.001)

    def look_at_frames(self, count: int, after: int | None = None) -> None:
        """See that so many frames which come from now on, or after a number, are shown."""
        wanted = (self.received if after is None else after) + count
        self.look_until(lambda: self.newest_seen >= wanted)
        assert self.session.state is live.State.LIVE

    def stop(self) -> int:
        """End the session; returns how many frames came."""
        self.session.stop()
        self.look_until(lambda: self.session.wait(0))
        assert all(isinstance(fault, DiskError) for fault in self.session.faults)
        return self.received


def images(folder: Path, name: str) -> np.ndarray:
    with tifffile.TiffFile(folder / f"{name}.ome.tif") as tiff:
        assert tiff.is_ome
        return np.stack([page.asarray() for page in tiff.pages])


def raw_frames(folder: Path) -> int:
    """How many are on the disk."""
    return sum(1 for _ in read_rows(folder / "frames.csv"))


def assert_raw(folder: Path, numbers: range) -> None:
    """Whole and unharmed: the pages, their lines, their order."""
    np.testing.assert_array_equal(
        images(folder, "raw"), np.stack([pixels(number) for number in numbers])
    )
    assert [row.index for row in read_rows(folder / "frames.csv")][: len(numbers)] == list(numbers)


def assert_restored(folder: Path, count: int) -> None:
    """As it would be if nothing had happened."""
    engine = Baseline("rolling-mean")
    engine.warm_up(FORMAT.height, FORMAT.width, FORMAT.dtype)
    restored = images(folder, "restored")
    assert len(restored) == count
    for centre in (0, 1, count // 2, count - 2, count - 1):
        window = [pixels(min(max(centre + step, 0), count - 1)) for step in range(-2, 3)]
        expected = engine.restore(np.stack(window), IntensityScale(0, 1))
        np.testing.assert_array_equal(restored[centre], expected)


def complete(folder: Path) -> int:
    return complete_recording(folder, "none", "auto", Console(quiet=True))


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
    keeper = EngineKeeper("rolling-mean")
    session = LiveSession(source, keeper, save=small_disk / "r", frame_limit=1000)
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
    monkeypatch.setattr(writers, "PATIENCE", TIMEOUT)
    enlarge(small_disk)
    watched.look_until(lambda: len(watched.session.folders) == 2)
    watched.look_at_frames(20)
    count = watched.stop()
    assert_raw(small_disk / "r", range(len(images(small_disk / "r", "raw"))))
    assert_goes_on_in(small_disk / "r-2", count)


def assert_goes_on_in(folder: Path, count: int) -> None:
    """Without a gap, from some frame on to the last."""
    first = next(iter(read_rows(folder / "frames.csv"))).index
    assert 0 < first < count
    assert_raw(folder, range(first, count))
    assert SessionRecord.read(folder).state == "complete"


@posix_only
@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_folder_that_vanishes_is_told_and_recording_goes_on_beside_it(
    tmp_path: Path, how: str, patient: None
) -> None:
    watched = Watched(tmp_path / "r")
    watched.look_at_frames(20)
    if how == "deleted":
        shutil.rmtree(tmp_path / "r")
    else:
        (tmp_path / "r").rename(tmp_path / "moved")
    watched.look_until(lambda: len(watched.session.folders) == 2)
    watched.look_at_frames(20)
    count = watched.stop()
    assert "it was deleted or moved" in watched.told
    assert watched.session.folders == [tmp_path / "r", tmp_path / "r-2"]
    assert_goes_on_in(tmp_path / "r-2", count)
    if how == "moved":
        moved = len(images(tmp_path / "moved", "raw"))
        assert_raw(tmp_path / "moved", range(moved))
        assert complete(tmp_path / "moved") == moved
        assert_restored(tmp_path / "moved", moved)


@posix_only
def test_a_folder_that_may_not_be_written_is_refused_before_the_first_frame(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o500)
    with as_an_ordinary_user():
        watched = Watched(tmp_path / "r")
        watched.session.wait(TIMEOUT)
    (fault,) = watched.session.faults
    assert isinstance(fault, UserError)
    assert "Permission denied" in fault.problem
    assert "--save" in fault.fix
    assert watched.received == 0
    assert list(tmp_path.iterdir()) == []


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root may write everywhere: be nobody for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


class Throttle:
    """Makes the files of one name slow to write, or hang, at the system call."""

    def __init__(self) -> None:
        self.name = ""
        self.bytes_per_second = float("inf")
        self.flowing = threading.Event()
        self.flowing.set()
        self.readable = True


@pytest.fixture
def throttle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Throttle]:
    throttle = Throttle()
    open_path = Path.open

    class Slow(io.FileIO):
        def write(self, content: Any) -> int:
            throttle.flowing.wait()
            time.sleep(len(content) / throttle.bytes_per_second)
            return super().write(content)

        def readinto(self, buffer: Any) -> int:
            throttle.flowing.wait()
            if not throttle.readable:
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(buffer)

    def slow_open(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if path.name == throttle.name and mode in ("x+b", "rb"):
            return Slow(path, mode)
        return open_path(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", slow_open)
    yield throttle
    throttle.flowing.set()


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
    monkeypatch.setattr(writers, "PATIENCE", 5.0)
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
