"""A recording from the command line whose Micro-Manager is killed, as its user sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import pssr_live
from tests.acquisition.micromanager.conftest import LONG
from tests.acquisition.micromanager.harness import ROOT, RunningMicroManager


class CommandLine:
    """``pssr-live`` in a process of its own; notes when it says what.

    Parameters
    ----------
    arguments : str
        What is typed behind ``pssr-live``.
    """

    def __init__(self, *arguments: str) -> None:
        self.lines: list[tuple[float, str]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pssr_live.cli.main", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
            encoding="utf-8",
        )
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def said(self, words: str) -> float:
        """Wait for words; returns when they were said."""
        give_up = time.monotonic() + LONG
        while True:
            for moment, line in list(self.lines):
                if words in line:
                    return moment
            assert time.monotonic() < give_up, f"{words!r} was not said, but {self.lines}"
            time.sleep(0.02)

    def interrupt(self) -> None:
        """Press Ctrl-C, once more if much is still to be restored, and wait for the end."""
        for patience in (LONG / 10, LONG):
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
                break
        self._listening.join()

    def close(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.wait()
        self._listening.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.strip()))


@contextmanager
def command_line(*arguments: str) -> Iterator[CommandLine]:
    """Run a command, and end it in any case."""
    running = CommandLine(*arguments)
    try:
        yield running
    finally:
        running.close()


@dataclass
class Account:
    """What came of a recording whose Micro-Manager was killed.

    Attributes
    ----------
    told_after, resumed_after : float
        Seconds from the death to the words, and from the new server's start to its recording.
    handed_out : int
        Frames that the first server had handed out shortly before its death.
    before, after : list of int
        Numbers of the raw frames on disk, of both recordings.
    lines : list of str
        All that was said.
    """

    told_after: float
    resumed_after: float
    handed_out: int
    before: list[int]
    after: list[int]
    lines: list[str]


def record_through_a_death(
    micro_manager: RunningMicroManager, folder: Path, frames: int, engine: str
) -> Account:
    """Record so many frames, kill Micro-Manager, start it anew, record as many again."""
    url = f"micromanager:{micro_manager.port}"
    arguments = ("live", "--source", url, "--save", str(folder), "--headless", "--engine", engine)
    with command_line(*arguments) as command:
        wait_for_pops(micro_manager, frames)
        handed_out = pops(micro_manager)
        died = time.monotonic()
        micro_manager.kill()
        told = command.said("Micro-Manager has gone; every frame received is safe.")
        successor = RunningMicroManager(micro_manager.port)
        started = time.monotonic()
        try:
            second = folder.with_name(f"{folder.name}-2")
            resumed = command.said(f"The recording goes on in {second}")
            wait_for_pops(successor, frames)
            command.interrupt()
        finally:
            successor.kill()
        numbers = []
        for recorded in (folder, second):
            with pssr_live.open_recording(recorded) as recording:
                assert len(recording.raw) == len(recording.indices)
                numbers.append([int(index) for index in recording.indices])
        lines = [line for _, line in command.lines]
        return Account(told - died, resumed - started, handed_out, *numbers, lines)


def pops(micro_manager: RunningMicroManager) -> int:
    """Count the frames that were handed out."""
    calls: dict[str, int] = micro_manager.tell("calls")
    return calls.get("popNextImageMD", 0)


def wait_for_pops(micro_manager: RunningMicroManager, frames: int) -> None:
    """Wait until so many frames were handed out."""
    give_up = time.monotonic() + LONG + 0.1 * frames
    while pops(micro_manager) < frames:
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C can't be sent to another process")
def test_the_death_of_micro_manager_is_told_and_costs_no_frame_that_came(
    micro_manager: RunningMicroManager, tmp_path: Path
) -> None:
    account = record_through_a_death(micro_manager, tmp_path / "cell", 30, "bilinear")
    # The last one may have been under way when it died.
    assert len(account.before) >= account.handed_out - 1
    for numbers in (account.before, account.after):
        assert numbers == list(range(len(numbers)))
    assert "Frames are coming again." in " ".join(account.lines)
    assert "Traceback" not in " ".join(account.lines)


@pytest.mark.parametrize("mode", ["auto", "follow"])
def test_an_experiment_runs_to_its_end_beside_a_recording(
    micro_manager: RunningMicroManager, tmp_path: Path, mode: str
) -> None:
    """The recording begins with the camera, or with Live, when the experiment has ended."""
    micro_manager.tell("experiment", {"points": 20, "interval_s": 0.05, "held": True})
    url = f"micromanager:{micro_manager.port},mode={mode}"
    recording = ("--save", str(tmp_path / "cell"), "--frames", "10", "--engine", "bilinear")
    with command_line("live", "--source", url, "--headless", *recording) as command:
        command.said("An experiment is running in Micro-Manager")
        micro_manager.tell("go")
        command.said("The experiment in Micro-Manager has ended")
        account = micro_manager.tell("account")
        assert (account["images"], account["error"]) == (20, "")
        if mode == "follow":
            micro_manager.tell("live")
        command.said("Recorded in")
        assert command.process.wait(LONG) == 0
    with pssr_live.open_recording(tmp_path / "cell") as recorded:
        assert list(recorded.indices) == list(range(10))
