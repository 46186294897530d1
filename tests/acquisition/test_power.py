"""What the system is asked for, by a system that only takes note where it is not ours."""

from __future__ import annotations

import ctypes
import os
import select
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from acquisition import Frame, awake, full_speed, power
from pssr_live.restoring import EngineChoice
from pssr_live.session import live
from tests.pssr_live.scripted import ScriptedSource

CONTINUOUS, SYSTEM_REQUIRED = 0x80000000, 0x1


class NotingCall:
    """A function of a Windows library, which says what it is told to."""

    def __init__(self, calls: list[tuple[Any, ...]], name: str, answer: int) -> None:
        self._calls, self._name, self._answer = calls, name, answer

    def __call__(self, *arguments: Any) -> int:
        plain = [list(a) if isinstance(a, ctypes.Array) else a for a in arguments]
        self._calls.append((self._name, *plain))
        return self._answer


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Windows' calls as they are made."""
    calls: list[tuple[Any, ...]] = []

    def library(**answers: int) -> types.SimpleNamespace:
        return types.SimpleNamespace(**{n: NotingCall(calls, n, a) for n, a in answers.items()})

    kernel = library(SetThreadExecutionState=CONTINUOUS, SetProcessInformation=1)
    kernel.GetCurrentProcess = NotingCall([], "GetCurrentProcess", -1)
    winmm = library(timeBeginPeriod=0, timeEndPeriod=0)
    libraries = types.SimpleNamespace(kernel32=kernel, winmm=winmm)
    monkeypatch.setattr(ctypes, "windll", libraries, raising=False)
    monkeypatch.setattr(power, "sys", types.SimpleNamespace(platform="win32"))
    return calls


def test_windows_stays_awake_until_the_block_is_left(windows: list[tuple[Any, ...]]) -> None:
    with awake():
        assert windows == [("SetThreadExecutionState", CONTINUOUS | SYSTEM_REQUIRED)]
    assert windows[1:] == [("SetThreadExecutionState", CONTINUOUS)]


def test_windows_neither_slows_us_nor_lets_waits_tick(windows: list[tuple[Any, ...]]) -> None:
    """The structure is version, what is governed, and nothing of that throttled."""
    with full_speed():
        assert windows == [
            ("SetProcessInformation", -1, 4, [1, 1, 0], 12),
            ("SetProcessInformation", -1, 4, [1, 4, 0], 12),
            ("timeBeginPeriod", 1),
        ]
    assert windows[3:] == [("timeEndPeriod", 1)]


needs_systemd = pytest.mark.skipif(sys.platform != "linux", reason="Linux has it")


@pytest.fixture
def inhibit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[list[str], int]]:
    """A systemd-inhibit that waits as the real one does; says how it was called, and its number."""
    program, called = tmp_path / "systemd-inhibit", tmp_path / "called"
    os.mkfifo(called)
    program.write_text(f'#!/bin/sh\necho "$$" "$@" > {called}\nexec cat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def read() -> tuple[list[str], int]:
        number, *words = called.read_text().split()
        return words, int(number)

    return read


@needs_systemd
def test_linux_is_kept_awake_until_the_block_is_left(
    inhibit: Callable[[], tuple[list[str], int]],
) -> None:
    with awake():
        words, number = inhibit()
        assert words[:2] == ["--what=idle:sleep", "--who=pssr-live"]
        assert words[-2:] == ["--mode=block", "cat"]
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


@needs_systemd
def test_what_keeps_linux_awake_ends_with_a_process_that_is_killed(
    inhibit: Callable[[], tuple[list[str], int]],
) -> None:
    program = "from acquisition import awake\nwith awake():\n    input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as child:
        _, number = inhibit()
        watched = os.pidfd_open(number)
        child.kill()
    # Readable once that process has ended.
    assert select.select([watched], [], [], 120)[0]
    os.close(watched)


def test_nothing_is_lost_where_the_system_has_no_such_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with awake(), full_speed():
        pass


def test_macos_is_kept_awake_by_its_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []

    class Noted:
        def __init__(self, command: list[str], **_: Any) -> None:
            begun.append(command)
            self.ended = False

        def __enter__(self) -> Noted:
            return self

        def __exit__(self, *_: object) -> None:
            assert self.ended

        def kill(self) -> None:
            self.ended = True

    monkeypatch.setattr(power.subprocess, "Popen", Noted)
    monkeypatch.setattr(power, "sys", types.SimpleNamespace(platform="darwin"))
    with awake():
        assert begun == [["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]]


def test_a_session_asks_in_the_thread_that_reads_until_all_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows forgets what was asked for by a thread that has ended."""
    asking: list[str] = []
    read_by: set[tuple[str, ...]] = set()

    @contextmanager
    def asked() -> Iterator[None]:
        asking.append(threading.current_thread().name)
        yield
        asking.clear()

    class Source(ScriptedSource):
        def read(self, timeout: float) -> Frame | None:
            read_by.add((threading.current_thread().name, *asking))
            return super().read(timeout)

    monkeypatch.setattr(live, "awake", asked)
    session = live.LiveSession(Source(range(3)), EngineChoice("bilinear"))
    session.start()
    session.wait()
    assert read_by == {("acquisition", "acquisition")}
    assert asking == []
