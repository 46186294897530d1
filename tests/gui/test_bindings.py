"""The window works by PyQt6 as it does by PySide6."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# What the bindings do differently: signals, events, enumerations, painting.
ESSENTIAL = ("window", "viewer", "comparing", "controls", "time_slider", "pictures", "start_page")
BINDING = "from gui.qt import QtWidgets; print(QtWidgets.QApplication.__module__)"


def environment(**choice: str) -> dict[str, str]:
    ours = {"QT_API", "PYQTGRAPH_QT_LIB", "PYTEST_QT_API"}
    return {k: v for k, v in os.environ.items() if k not in ours} | choice


@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="PySide6 is not installed")
def test_pyside6_is_taken_unless_another_is_asked_for() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", BINDING],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.startswith("PySide6.")


@pytest.mark.skipif(importlib.util.find_spec("PyQt6") is None, reason="PyQt6 is not installed")
@pytest.mark.skipif("PyQt6" in sys.modules, reason="this is the run by PyQt6")
def test_pyqt6_passes_the_essential_tests_of_the_window() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", BINDING],
        env=environment(QT_API="pyqt6"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.startswith("PyQt6.")
    files = [TESTS / f"test_{name}.py" for name in ESSENTIAL]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-o", "qt_api=pyqt6", *files],
        env=environment(QT_API="pyqt6", PYTEST_QT_API="pyqt6"),
        cwd=TESTS.parents[1],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
