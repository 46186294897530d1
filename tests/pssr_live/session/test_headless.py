"""A session in the terminal: what is told while it runs, and at its end."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console

from acquisition import ONE_STREAM, ReplaySource, open_source, read_rows
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, follow_to_end
from tests.acquisition.images.conftest import movie, write_pages
from tests.pssr_live.scripted import ScriptedSource, frame_of


def follow(session: LiveSession) -> str:
    """Follow it to its end; returns what was printed."""
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    session.start()
    follow_to_end(session, None, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_frames_that_are_lost_are_told_by_their_numbers(tmp_path: Path) -> None:
    source = ScriptedSource([0, 1, 2, 5, 6, 7, 9, 40])
    told = follow(LiveSession(source, EngineChoice("bilinear"), save=tmp_path / "r"))
    assert "33 in 3 gaps" in told
    assert "3–4, 8, 10–39" in told


def test_time_points_that_began_late_are_told_by_how_much_at_the_end(tmp_path: Path) -> None:
    late = [0.0, 0.02, 0.31, 0.06]
    frames = [replace(frame_of(n, ONE_STREAM, n), late_s=s) for n, s in enumerate(late)]
    session = LiveSession(ScriptedSource(frames), EngineChoice("bilinear"), save=tmp_path / "r")
    told = follow(session)
    assert "time points that began over 50 ms late" in told
    assert "2, by 0.31 s at most" in told
    assert [row.late_s for row in read_rows(tmp_path / "r" / "frames.csv")] == late


def test_of_very_many_gaps_the_first_are_told() -> None:
    source = ScriptedSource(range(0, 100, 2))
    told = follow(LiveSession(source, EngineChoice("bilinear")))
    assert "1, 3, 5" in told
    assert "and 29 more gaps" in told


def test_nothing_is_said_of_gaps_where_there_is_none() -> None:
    session = LiveSession(ScriptedSource(count()), EngineChoice("bilinear"), frame_limit=20)
    assert "their numbers" not in follow(session)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")
def test_a_request_to_end_waits_for_nothing_that_the_main_thread_may_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As two signals in a row, where the second interrupts what the first has begun."""
    session = LiveSession(ScriptedSource(count()), EngineChoice("bilinear"))
    held = threading.Lock()
    stop = session.stop

    def stop_under_lock(why: str) -> None:
        with held:
            stop(why)

    monkeypatch.setattr(session, "stop", stop_under_lock)
    wait = session.wait

    def hang_up_and_wait(timeout: float | None = None) -> bool:
        if timeout:
            monkeypatch.setattr(session, "wait", wait)
            with held:
                signal.raise_signal(signal.SIGHUP)
                signal.raise_signal(signal.SIGHUP)
        return wait(timeout)

    monkeypatch.setattr(session, "wait", hang_up_and_wait)
    follow(session)
    assert session.wait(0)


class Telling(ScriptedSource):
    """Frames come all the time, or not while it has something to say."""

    def __init__(self, *, frames_come: bool) -> None:
        self.log = io.StringIO()
        self.asked = 0
        self.said = ["Something was changed.", "", "Another thing was changed."]
        super().__init__(self._frames(frames_come=frames_come), interval=0.001)

    @property
    def status(self) -> str:
        self.asked += 1
        return self.said[0]

    @status.setter
    def status(self, _: str) -> None:
        pass

    def _frames(self, *, frames_come: bool) -> Iterator[int | None]:
        number = 0
        while len(self.said) > 1:
            self.asked, words = 0, self.said[0]
            while words not in self.log.getvalue() or self.asked < 5:
                self.connected = frames_come or not words
                yield number if self.connected else None
                number += self.connected
            self.said.pop(0)
        while self.said[0] not in self.log.getvalue():
            yield number
            number += 1


@pytest.mark.parametrize("frames_come", [True, False])
def test_only_where_no_frames_came_they_are_said_to_come_again(frames_come: bool) -> None:
    source = Telling(frames_come=frames_come)
    session = LiveSession(source, EngineChoice("bilinear"))
    session.start()
    follow_to_end(session, None, Console(file=source.log, width=200, force_terminal=False))
    assert "Something was changed." in source.log.getvalue()
    assert ("Frames are coming again." in source.log.getvalue()) == (not frames_come)


def test_a_recording_that_is_not_written_is_told_in_red_beside_the_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LiveSession, "not_recording", "the disk is full")
    session = LiveSession(ScriptedSource(count()), EngineChoice("bilinear"))

    class Terminal(io.StringIO):
        def write(self, text: str) -> int:
            if "not recording" in text:
                session.stop()
            return super().write(text)

    written = Terminal()
    session.start()
    follow_to_end(session, None, Console(file=written, width=200, force_terminal=True))
    assert "\x1b[31mnot recording\x1b[0m" in written.getvalue()
    assert "[red]" not in written.getvalue()


def test_the_next_frame_of_a_slow_time_lapse_is_announced() -> None:
    source = open_source("simulated:height=32,width=32,interval=3600")
    session = LiveSession(source, EngineChoice("bilinear"))

    class Terminal(io.StringIO):
        def write(self, text: str) -> int:
            # Nothing else ends the session.
            if "Next frame in 59 min" in text or "Next frame in 60 min" in text:
                session.stop()
            return super().write(text)

    session.start()
    follow_to_end(session, None, Console(file=Terminal(), width=200, force_terminal=True))
    assert session.statistics.received == 1


def test_frames_that_a_file_promises_and_does_not_hold_are_told(tmp_path: Path) -> None:
    said = "ImageJ=1.54f\nimages=12\nchannels=2\nframes=6\nhyperstack=true\n"
    path = write_pages(tmp_path / "stopped.tif", movie(7, 24, 32), said)
    told = follow(LiveSession(ReplaySource(path, rate="max"), EngineChoice("bilinear")))
    assert told.count("5 of 12 frames missing (channel 0: frames 5-6; channel 1: frames 4-6)") == 1
