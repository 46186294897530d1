"""What is printed of engines that others named."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engines import MANIFEST_FILE, Selection, load_bundle
from engines import open_engine as open_any_engine
from pssr_live import engine_tables
from pssr_live.cli import checks
from pssr_live.cli.doctor import run_doctor
from pssr_live.engine_tables import print_engine, verify_engine
from tests.places import DATA
from tests.pssr_live.sessions import wait_until


def test_brackets_in_names_are_printed_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    folder = tmp_path / "my[red]engine"
    shutil.copytree(load_bundle("mito-lite").path, folder)
    manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    manifest["description"] = "for [green]cells[/bold]"
    manifest["validation"][0]["series"] = "day [/2]"
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    print_engine(str(folder))
    printed = capsys.readouterr().out
    assert "for [green]cells[/bold]" in printed
    assert "day [/2]" in printed
    monkeypatch.chdir(tmp_path)
    verify_engine(folder.name, 24, 32)
    assert folder.name in capsys.readouterr().out


@pytest.mark.parametrize("command", ["verify", "doctor"])
def test_an_engine_that_takes_its_time_is_told_in_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    written = io.StringIO()
    place, open_engine = (engine_tables if command == "verify" else checks), open_any_engine

    def late(*arguments: Any, on_trial: Callable[[str], object], **options: Any) -> Selection:
        wait_until(lambda: "Opening the engine mito-lite ..." in written.getvalue())
        on_trial("trying a card")
        wait_until(lambda: "mito-lite: trying a card ..." in written.getvalue())
        return open_engine(*arguments, on_trial=on_trial, **options)

    monkeypatch.setattr(place, "open_engine", late)
    monkeypatch.setattr(sys, "stdout", written)
    if command == "verify":
        verify_engine("mito-lite", 24, 32)
        assert "ms a frame" in written.getvalue()
    else:
        run_doctor("replay:" + str(DATA / "lysosomes.tif"), "mito-lite", tmp_path)
        assert "engine mito-lite: restores" in written.getvalue()
