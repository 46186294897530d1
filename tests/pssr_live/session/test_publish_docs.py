"""The programs of docs/publish.md, as they stand there, reading a real session."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from pssr_live.session import Newest, Publisher
from tests.pssr_live.cli.test_cli import SIMULATED, start
from tests.pssr_live.session.publishing import (
    ANY_PORT,
    PAGE,
    offering,
    wait_until,
)
from tests.pssr_live.sessions import TIMEOUT

SUBSCRIBER, SMART, VIEWER = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@contextmanager
def example(code: str, address: str, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A program of the docs, run as it stands but for the port."""
    assert code.count("tcp://127.0.0.1:5555") == 1
    process = subprocess.Popen(
        [*command, sys.executable, "-c", code.replace("tcp://127.0.0.1:5555", address)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if os.name == "posix":
            # With what it started: a display, where there is a window.
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.communicate()


def lines_of(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def test_the_subscriber_of_the_docs_has_ten_lines_and_reads_a_real_session() -> None:
    assert len([line for line in SUBSCRIBER.splitlines() if line]) == 10
    options = ("--headless", "--publish", ANY_PORT)
    with start("live", "--source", SIMULATED, "--rate", "50", *options) as session:
        assert session.stdout is not None
        address = session.stdout.readline().split()[-1]
        with example(SUBSCRIBER, address) as subscriber:
            lines = lines_of(subscriber, 5)
        session.terminate()
        out, err = session.communicate(timeout=TIMEOUT)
    sequences = [int(line.split()[0]) for line in lines]
    assert sequences == sorted(set(sequences))
    assert all(float(line.split()[1]) > 0 for line in lines)
    if sys.platform != "win32":
        assert session.returncode == 0, err
        published = re.search(r"Published (\d+) frames on tcp://127.0.0.1:\d+; \d+ were", out)
        assert published is not None
        assert int(published[1]) >= 5


def test_the_smart_microscope_of_the_docs_tells_of_a_flash() -> None:
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher:
        publisher.follow(newest)
        code = SMART.replace("tcp://127.0.0.1:5556", "tcp://127.0.0.1:*")
        with example(code, publisher.address) as watcher:
            wait_until(lambda: publisher._prefixes)
            with offering(newest, lambda sequence: 40 if sequence % 40 >= 30 else 10):
                (line,) = lines_of(watcher, 1)
    assert "'event': 'flash'" in line
    assert int(re.findall(r"'index': (\d+)", line)[0]) % 40 >= 30


@pytest.mark.skipif(
    importlib.util.find_spec("ndv") is None or shutil.which("xvfb-run") is None,
    reason="needs ndv and Xvfb",
)
def test_the_viewer_of_the_docs_shows_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher:
        publisher.follow(newest)
        with example(VIEWER, publisher.address, "xvfb-run", "-a") as viewer:
            wait_until(lambda: publisher._prefixes)
            with offering(newest, lambda _: 10, side=64):
                shown = [int(line) for line in lines_of(viewer, 5)]
    assert shown == sorted(set(shown))
