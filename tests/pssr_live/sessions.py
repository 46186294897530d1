"""Sessions run to their end, and what they leave, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rich.console import Console

from engines import Baseline, IntensityScale
from pssr_live.offline import finish_recording, restore_time_lapse
from pssr_live.offline.time_lapse import file_engines, watched
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, RestoredFrame
from tests.pssr_live.scripted import SMALL, pixels

TIMEOUT = 240.0
OUR_THREADS = (
    "acquisition",
    "restorer",
    "judge",
    "raw writer",
    "raw reader",
    "restored writer",
    "flusher",
    "recording start",
)


@contextmanager
def no_thread_is_left() -> Iterator[None]:
    """See that no thread of a session outlives a test; those of earlier tests are not its own."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith(OUR_THREADS):
            # An idle reader notices only a moment later that it is no longer needed.
            thread.join(TIMEOUT)
            assert not thread.is_alive(), thread.name


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something, as long as a slow machine may take."""
    deadline = time.monotonic() + TIMEOUT
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def run(
    source: Any, *, engine: str = "rolling-mean", backend: str = "auto", **options: Any
) -> LiveSession:
    session = LiveSession(source, EngineChoice(engine, backend), **options)
    session.start()
    assert session.wait(TIMEOUT)
    return session


def viewed(session: LiveSession) -> list[RestoredFrame]:
    """Run a session; returns all that a viewer sees who looks all the time."""
    seen: list[RestoredFrame] = []
    session.start()
    ended = False
    while not ended:
        ended = session.wait(0)
        seen += session.newest.wait_each(seen[-1].serial if seen else 0, 0.05)
    return seen


def complete_recording(folder: Path, engine: str, backend: str, console: Console) -> int:
    """Restore what a recording lacks; returns the restored frames in it."""
    with file_engines(console) as engines, watched(folder.name, console) as watch:
        choice = EngineChoice(engine, backend)
        return finish_recording(folder, choice, engines=engines, watch=watch, given=True).frames


def restore_file(
    path: Path, output: Path, engine: str, backend: str, console: Console, *, force: bool
) -> int:
    """Restore a time-lapse into a file; returns the restored frames in it."""
    with file_engines(console) as engines, watched(path.name, console) as watch:
        choice = EngineChoice(engine, backend)
        outcome = restore_time_lapse(
            path, output, choice, engines=engines, watch=watch, force=force
        )
        return outcome.frames


def images(folder: Path, name: str) -> np.ndarray:
    return tifffile.imread(folder / f"{name}.ome.tif")


def restored_by_hand(windows: list[list[int]]) -> np.ndarray:
    """Rolling means of the scripted frames by number, enlarged by the engine itself."""
    engine = Baseline("rolling-mean")
    engine.warm_up(SMALL.height, SMALL.width, SMALL.dtype)
    stacks = [np.stack([pixels(number) for number in window]) for window in windows]
    return np.stack([engine.restore(stack, IntensityScale(0, 1)).copy() for stack in stacks])


def slow_down(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Make the engine take this much longer for each frame."""
    restore = Baseline.restore

    def slow(self: Baseline, *arguments: Any) -> Any:
        time.sleep(seconds)
        return restore(self, *arguments)

    monkeypatch.setattr(Baseline, "restore", slow)


def receive(session: LiveSession, frames: int) -> None:
    """Wait until so many more have come."""
    wanted = session.statistics.received + frames
    while session.statistics.received < wanted:
        time.sleep(0.002)
