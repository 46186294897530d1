"""Recordings that end by themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import tifffile

from acquisition import Channel, StreamKey
from pssr_live.errors import UserError
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, RecordingLimit
from pssr_live.window.status import status_of
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of
from tests.pssr_live.sessions import TIMEOUT, wait_until


@pytest.mark.parametrize(
    ("typed", "frames", "seconds"),
    [
        ("200", 200, None),
        (" 3 Frames ", 3, None),
        ("90 s", None, 90.0),
        ("1.5 min", None, 90.0),
    ],
)
def test_limits_are_read_as_people_type_them(
    typed: str, frames: int | None, seconds: float | None
) -> None:
    limit = RecordingLimit.parse(typed)
    assert limit == RecordingLimit(frames=frames, seconds=seconds)


@pytest.mark.parametrize("typed", ["some", "0", "-3", "0 min", "5 cells"])
def test_what_is_no_limit_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UserError, match="can't be limited") as told:
        RecordingLimit.parse(typed)
    assert "200 frames" in told.value.fix
    assert RecordingLimit.parse(" ") is None


def test_a_recording_has_as_many_frames_as_were_asked_for_and_the_session_goes_on(
    tmp_path: Path,
) -> None:
    session = LiveSession(ScriptedSource(count(), interval=0.002), EngineChoice("bilinear"))
    session.start()
    wait_until(lambda: session.statistics.received > 3)
    session.record(tmp_path / "r", RecordingLimit(frames=7))
    wait_until(lambda: session.wanted is None)
    received = session.statistics.received
    wait_until(lambda: session.statistics.received > received + 3)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    assert session.folders == [tmp_path / "r"]
    assert len(tifffile.imread(tmp_path / "r" / "raw.ome.tif")) == 7
    assert len(tifffile.imread(tmp_path / "r" / "restored.ome.tif")) == 7


def test_a_limit_is_of_each_channel(tmp_path: Path) -> None:
    two = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")))
    frames = (frame_of(n, StreamKey(0, n % 2, 0), n // 2) for n in count())
    source = ScriptedSource(frames, two, interval=0.002)
    session = LiveSession(source, EngineChoice("bilinear"))
    session.record(tmp_path / "r", RecordingLimit(frames=5))
    session.start()
    wait_until(lambda: session.wanted is None)
    session.record(tmp_path / "s", RecordingLimit(frames=1000))
    assert status_of(session, None, "").recording_frames == 2000
    session.stop()
    assert session.wait(TIMEOUT)
    assert tifffile.imread(tmp_path / "r" / "raw.ome.tif").shape[:2] == (5, 2)


def test_a_limit_of_time_ends_it_too(tmp_path: Path) -> None:
    session = LiveSession(ScriptedSource(count(), interval=0.002), EngineChoice("bilinear"))
    session.record(tmp_path / "r", RecordingLimit(seconds=0.05))
    session.start()
    wait_until(lambda: session.wanted is None)
    session.stop()
    assert session.wait(TIMEOUT)
    assert (tmp_path / "r" / "session.json").is_file()
