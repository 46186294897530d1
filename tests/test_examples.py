"""The examples, as they stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import tifffile

from pssr_live.cli.session import SessionOptions, run_headless
from pssr_live.terminal import Terminal
from tests.places import DATA, ROOT
from tests.pssr_live.scripted import ScriptedSource

EXAMPLES = ROOT / "examples"


def run(*words: object, folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_array_is_restored_and_saved(tmp_path: Path) -> None:
    lines = run(EXAMPLES / "restore_an_array.py", folder=tmp_path)
    assert lines == ["(8, 64, 64) uint16 -> (8, 256, 256) uint16"]
    assert tifffile.imread(tmp_path / "restored-predicted.tif").shape == (8, 256, 256)


def test_frames_are_restored_as_they_come(tmp_path: Path) -> None:
    lines = run(EXAMPLES / "frames_as_they_come.py", folder=tmp_path)
    assert [line.split(":")[0] for line in lines] == [f"frame {number}" for number in range(8)]


def test_a_recording_is_looked_into(tmp_path: Path) -> None:
    options = SessionOptions(engine="bilinear", save=tmp_path / "cell", headless=True)
    run_headless(ScriptedSource(range(6)), options, None, console=Terminal(quiet=True))
    lines = run(EXAMPLES / "look_into_a_recording.py", tmp_path / "cell", folder=tmp_path)
    assert "raw (6, 24, 32) uint16" in lines
    assert "restored (predicted) (6, 96, 128)" in lines


def test_an_engine_restores_one_window(tmp_path: Path) -> None:
    (line,) = run(EXAMPLES / "one_window.py", folder=tmp_path)
    assert line.startswith("mito-lite on ")
    assert line.endswith("(5, 64, 64) -> (256, 256)")


def test_engines_are_judged(tmp_path: Path) -> None:
    lines = run(EXAMPLES / "judge_an_engine.py", DATA / "lysosomes.tif", folder=tmp_path)
    assert [line.split(":")[0] for line in lines] == ["rolling-mean", "bilinear"]


def test_the_notebook_runs_from_its_first_cell_to_its_last(tmp_path: Path) -> None:
    notebook = json.loads((EXAMPLES / "restore.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(not c.get("outputs") for c in notebook["cells"])
    run("-c", "\n".join([*cells, "assert restored.shape == (8, 256, 256)"]), folder=tmp_path)


def test_every_example_is_in_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for example in (*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.ipynb")):
        assert f"({example.name})" in listed
