"""Another distribution's package in the place of one of ours is told, not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT


def run(*words: str, before: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(before), str(ROOT)])},
        cwd=before,
        capture_output=True,
        text=True,
    )


@pytest.fixture(params=["acquisition", "engines", "gui"])
def name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("as_module", [True, False], ids=["a module", "a package"])
def test_a_command_says_which_and_what_to_do(tmp_path: Path, name: str, as_module: bool) -> None:
    place = tmp_path / (f"{name}.py" if as_module else f"{name}/__init__.py")
    place.parent.mkdir(exist_ok=True)
    place.write_text('print("somebody else")\n')
    done = run("-m", "pssr_live", "--version", before=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: pssr-live's package {name} is hidden by another of that")
    assert str(place) in done.stderr
    assert "pipx install pssr-live" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_script_gets_an_import_error(tmp_path: Path) -> None:
    (tmp_path / "engines.py").write_text("")
    done = run("-c", "import pssr_live", before=tmp_path)
    assert "ImportError: pssr-live's package engines is hidden" in done.stderr


def test_one_that_was_written_over_in_place_is_known_too(tmp_path: Path) -> None:
    """As an installer does where two distributions bring files of the same name."""
    for package in ("acquisition", "engines", "gui", "pssr_live"):
        target = tmp_path / package
        target.mkdir()
        shutil.copy(ROOT / package / "__init__.py", target)
    for module in ("_neighbours.py", "_version.py", "defaults.py", "__main__.py"):
        shutil.copy(ROOT / "pssr_live" / module, tmp_path / "pssr_live")
    (tmp_path / "gui" / "__init__.py").write_text('"""Buttons for everybody."""\n')
    done = run("-m", "pssr_live", "--version", before=tmp_path)
    assert "package gui is hidden by another" in done.stderr
