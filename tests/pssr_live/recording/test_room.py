"""Is there room for what is to be recorded?"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from acquisition import Channel, FrameFormat
from pssr_live.errors import UserError
from pssr_live.recording import Room, find_room
from pssr_live.recording.room import free_bytes

FORMAT = FrameFormat(height=440, width=440, dtype=np.dtype(np.uint16), significant_bits=16)


def test_minutes_are_told_from_the_room_that_raw_and_restored_frames_take(tmp_path: Path) -> None:
    room = find_room(tmp_path / "not" / "there", replace(FORMAT, interval_s=0.5), 4)
    free = shutil.disk_usage(tmp_path).free
    assert room.free == pytest.approx(free, rel=0.1)
    assert room.frames == pytest.approx(0.9 * room.free / (440 * 440 * 2 * 17), abs=1)
    assert room.minutes == pytest.approx(room.frames / 120)
    assert str(Room(10**12, 120_000, 1000.2)) == "1,000 min, 120,000 frames"


def test_of_several_streams_a_frame_of_each_comes_in_every_interval(tmp_path: Path) -> None:
    four = replace(FORMAT, interval_s=2.0, channels=(Channel("a"), Channel("b")), slices=2)
    room = find_room(tmp_path, four, 4)
    assert room.minutes == pytest.approx(room.frames / 4 * 2 / 60)


def test_of_several_positions_all_are_counted(tmp_path: Path) -> None:
    of_one = replace(FORMAT, interval_s=2.0)
    room = find_room(tmp_path, of_one, 4, positions=3)
    assert room.minutes == pytest.approx(room.frames / 3 * 2 / 60)


def test_without_an_interval_frames_are_told(tmp_path: Path) -> None:
    room = find_room(tmp_path, FORMAT, 4)
    assert room.minutes is None
    assert str(Room(10**12, 120_000, None)) == "120,000 frames"


@pytest.mark.parametrize(
    ("room", "frames"),
    [
        (Room(10**9, 99, 5.0), 100),
        (Room(10**9, 99, None), None),
        (Room(10**9, 9000, 0.9), None),
    ],
)
def test_too_little_room_is_refused_in_words(room: Room, frames: int | None) -> None:
    with pytest.raises(UserError, match="has room for") as refused:
        room.check(Path("r"), frames)
    assert "--save" in refused.value.fix


@pytest.mark.parametrize(
    ("room", "frames"),
    [
        (Room(10**9, 100, 0.1), 100),
        (Room(10**9, 100, None), None),
        (Room(10**9, 10, 1.0), None),
    ],
)
def test_enough_room_is_enough(room: Room, frames: int | None) -> None:
    room.check(Path("r"), frames)


def test_no_such_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_there(path: Path) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr(shutil, "disk_usage", nothing_there)
    with pytest.raises(FileNotFoundError, match="no such disk"):
        free_bytes(Path("Z:/recordings"))
