"""A session in the terminal: what is told while it runs, and at its end."""

from __future__ import annotations

import io
from itertools import count
from pathlib import Path

from rich.console import Console

from acquisition import open_source
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, follow_to_end
from tests.pssr_live.scripted import ScriptedSource


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


def test_of_very_many_gaps_the_first_are_told() -> None:
    source = ScriptedSource(range(0, 100, 2))
    told = follow(LiveSession(source, EngineChoice("bilinear")))
    assert "1, 3, 5" in told
    assert "and 29 more gaps" in told


def test_nothing_is_said_of_gaps_where_there_is_none() -> None:
    session = LiveSession(ScriptedSource(count()), EngineChoice("bilinear"), frame_limit=20)
    assert "their numbers" not in follow(session)


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
