"""The programs of docs/python.md, as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import tifffile

from pssr_live.recording import SessionRecord
from tests.places import ROOT
from tests.pssr_live.scripting.conftest import DEMO

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
PROGRAMS = [
    textwrap.dedent(block) for block in re.findall(r"^ *```python\n(.*?)^ *```", PAGE, re.M | re.S)
]


def program(of: str) -> str:
    (found,) = (one for one in PROGRAMS if of in one)
    return found


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=500,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_whole_time_lapse_is_restored(tmp_path: Path) -> None:
    printed = run(program("restored = restore(cells"), tmp_path)
    assert printed == "(8, 64, 64) (8, 256, 256) uint16\n"


def test_frames_of_any_camera_are_restored(tmp_path: Path) -> None:
    lines = run(program("restored.trust"), tmp_path).splitlines()
    assert [line.split()[0] for line in lines] == list("01234567")
    assert all("(256, 256)" in line for line in lines)


def test_frames_of_several_streams_are_added(tmp_path: Path) -> None:
    assert run(program("StreamKey(channel=0"), tmp_path) == ""


def test_a_script_of_pymmcore_plus_leaves_a_complete_recording(tmp_path: Path) -> None:
    code = program("CMMCorePlus()").replace('"MMConfig_demo.cfg"', repr(str(DEMO)))
    # Real cells take more time, and more pixels.
    code = code.replace('"interval": 0.5', '"interval": 0')
    code = code.replace("experiment = ", "mmcore.setROI(0, 0, 64, 48)\nexperiment = ")
    run(code, tmp_path)
    assert SessionRecord.read(tmp_path / "cell-3").state == "complete"
    assert tifffile.imread(tmp_path / "cell-3" / "raw.ome.tif").shape == (6, 2, 2, 48, 64)
    assert tifffile.imread(tmp_path / "cell-3" / "restored.ome.tif").shape == (6, 2, 2, 192, 256)


def test_a_script_of_pycromanager_leaves_a_complete_recording(tmp_path: Path) -> None:
    begin = (
        "import mm_test_adapters, pycromanager\n"
        "from mmpycorex import Core\n"
        "adapters = mm_test_adapters.device_adapter_path()\n"
        f"pycromanager.start_headless(adapters, {str(DEMO)!r}, python_backend=True)\n"
        "Core().set_roi(0, 0, 64, 48)\n"
    )
    code = program("image_process_fn").replace("time_interval_s=0.5", "time_interval_s=0.01")
    run(begin + code + "\npycromanager.stop_headless()\n", tmp_path)
    assert SessionRecord.read(tmp_path / "cell-3").state == "complete"
    assert tifffile.imread(tmp_path / "cell-3" / "raw.ome.tif").shape == (6, 2, 48, 64)
    assert tifffile.imread(tmp_path / "cell-3" / "restored.ome.tif").shape == (6, 2, 192, 256)
    assert any((tmp_path / "raw").rglob("*.tif"))


@pytest.mark.parametrize("code", PROGRAMS)
def test_programs_are_short_enough_to_be_read(code: str) -> None:
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
