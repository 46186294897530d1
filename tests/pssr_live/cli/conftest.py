"""Commands typed in the tests' own process, which has the libraries loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pssr_live.cli.main import main


@dataclass
class Typed:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Typed]:
    """Run a command as a user types it, without a display."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("QT_QPA_PLATFORM", "")

    def run_here(*arguments: Any) -> Typed:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["pssr-live", *map(str, arguments)])
            # `main` replaces them.
            patch.setattr(sys, "stdout", sys.stdout)
            patch.setattr(sys, "stderr", sys.stderr)
            with pytest.raises(SystemExit) as left:
                main()
        code = left.value.code
        return Typed(code if isinstance(code, int) else 0, *capsys.readouterr())

    return run_here
