"""The window without a terminal, and programs that have no Python."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from acquisition import SourceError
from acquisition.micromanager import ClientProcess, MicroManagerOptions
from pssr_live.cli import window_start
from pssr_live.errors import UserError

WITHOUT_TERMINAL = """
import sys
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None
from gui.qt import QtCore, QtWidgets
from pssr_live.cli.window_start import main

def close() -> None:
    for window in QtWidgets.QApplication.topLevelWidgets():
        window.close()

application = QtWidgets.QApplication(["pssr-live"])
QtCore.QTimer.singleShot(0, lambda: QtCore.QTimer.singleShot(0, close))
main()
"""


def test_the_window_opens_and_closes_where_there_is_no_terminal(tmp_path: Path) -> None:
    """As pythonw, which start menus use, has it: no stream to print to."""
    places = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", WITHOUT_TERMINAL]
    done = subprocess.run(command, env=os.environ | places, capture_output=True, text=True)
    # Qt itself writes past Python.
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "Traceback" not in done.stderr


def test_why_it_can_not_open_is_said_in_a_box_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def message_box(_: None, words: str, title: str, kind: int) -> None:
        said.append(f"{title}: {words}")

    def fail() -> None:
        raise UserError("There is no Qt.", "Install it.")

    windll = types.SimpleNamespace(user32=types.SimpleNamespace(MessageBoxW=message_box))
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    monkeypatch.setattr(window_start, "_open_window", fail)
    of_windows = types.SimpleNamespace(platform="win32", stderr=None, exit=sys.exit)
    monkeypatch.setattr(window_start, "sys", of_windows)
    monkeypatch.setattr(window_start, "make_output_last", lambda: None)
    with pytest.raises(SystemExit):
        window_start.main()
    assert said == ["pssr-live: There is no Qt. Install it."]


FROZEN = "import sys; sys.frozen = True; from pssr_live.cli.main import main; main()"


def test_a_frozen_program_says_what_it_lacks_and_does_not_start_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FROZEN, "--version"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: pssr-live does not work frozen into one program: it runs parts of itself by Python."
        " Install it into a Python: python -m pip install pssr-live"
    ]


def test_nor_does_micro_manager_s_client_in_a_frozen_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(SourceError, match="would start itself"):
        ClientProcess(MicroManagerOptions(), None)
