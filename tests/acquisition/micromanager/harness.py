"""The tests' hold on `tests.acquisition.micromanager.server`, their Micro-Manager."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.places import ROOT

_LONG = 240.0


class RunningMicroManager:
    """A stand-in that runs in a process of its own.

    Parameters
    ----------
    port : int
        0 for a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acquisition.micromanager.server", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
            encoding="utf-8",
        )
        self.port: int = self._answer()

    def tell(self, name: str, value: Any = None) -> Any:
        """Give a command and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({name: value}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def core(self, method: str, *arguments: Any) -> Any:
        """Call the core as a user of Micro-Manager's own window would."""
        return self.tell("core", [method, *arguments])

    def set_camera(self, name: str, value: str) -> None:
        """Set a property of the demo camera."""
        self.core("setProperty", "Camera", name, value)

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Wait until something is so, as long as a slow machine may take."""
        give_up = time.monotonic() + _LONG
        while not what():
            assert time.monotonic() < give_up
            time.sleep(0.01)

    def die_in(self, method: str) -> None:
        """End inside the next call of a method, and wait for that; it may come before an answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"die_in": method}) + "\n")
        self._process.stdin.flush()
        self.wait_until_dead()

    def kill(self) -> None:
        """End it as a crash would: without a word."""
        self._process.kill()
        self._process.communicate()

    def wait_until_dead(self) -> None:
        """Wait for a death that was commanded."""
        self._process.wait(_LONG)

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the stand-in for Micro-Manager has died"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]
