"""Impatience with disks, and a drive that crawls or hangs."""

from __future__ import annotations

import errno
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pssr_live.recording import disk_patience
from pssr_live.session import recordings, segment
from tests.pssr_live.disk_trouble.watched import Watched
from tests.pssr_live.sessions import TIMEOUT, no_thread_is_left


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for disks as long as a test can, and leave no thread behind."""
    monkeypatch.setattr(disk_patience, "PATIENCE", 0.5)
    monkeypatch.setattr(disk_patience, "PLACE_CHECK_INTERVAL", 0.02)
    monkeypatch.setattr(recordings, "_BEGIN_AGAIN_INTERVAL", 0.1)
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
    monkeypatch.setattr(disk_patience, "PATIENCE", TIMEOUT)


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
