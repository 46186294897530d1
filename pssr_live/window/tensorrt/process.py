"""A TensorRT plan built in a process of its own, which can be ended at any time.

Run: python -m pssr_live.window.tensorrt.process REQUEST

Both the request and what became of it, the last line that is printed, are JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence

from engines import EngineError, build_plan, load_bundle, quoted
from pssr_live.errors import UserError
from pssr_live.window.tensorrt.offer import PlanWanted


class PlanProcess:
    """The process, seen from the one that began it; none of the methods waits for it.

    Parameters
    ----------
    wanted : PlanWanted
    compute_capabilities : sequence of str
        Of the GPUs that shall run the plan; none for the one that is here.
    """

    def __init__(self, wanted: PlanWanted, compute_capabilities: Sequence[str] = ()) -> None:
        self.wanted = wanted
        self._began = time.monotonic()
        request = json.dumps([*wanted, *compute_capabilities])
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-m", "pssr_live.window.tensorrt.process", request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            # Otherwise Windows opens a terminal for it.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    @property
    def words(self) -> str:
        """What it does, and for how long it has."""
        return f"Building {self.wanted}: {time.monotonic() - self._began:.0f} s"

    @property
    def running(self) -> bool:
        """Whether it still does."""
        return self._process.poll() is None

    def result(self) -> str | UserError:
        """Tell what became of it, once it has ended: words, or what went wrong."""
        answer, _ = self._process.communicate()
        try:
            problem, fix = json.loads(answer.splitlines()[-1])
        except (IndexError, ValueError):
            name = self.wanted.engine
            return UserError(
                f"Building {self.wanted} ended without saying why.",
                f"Look at what it says: pssr-live engines build {quoted(name)} "
                f"--frame-size {self.wanted.height}x{self.wanted.width}",
            )
        return UserError(problem, fix) if problem else f"Built {self.wanted}"

    def give_up(self) -> None:
        """End it; a plan is written whole or not at all."""
        self._process.kill()
        self._process.communicate()


def _build(request: str) -> tuple[str, str]:
    """Build a plan; returns what went wrong with its fix, both empty if nothing did."""
    engine, height, width, *compute_capabilities = json.loads(request)
    try:
        build_plan(load_bundle(engine), compute_capabilities, height=height, width=width)
    except EngineError as error:
        return error.problem, error.fix
    return "", ""


if __name__ == "__main__":
    print(json.dumps(_build(sys.argv[1])))
