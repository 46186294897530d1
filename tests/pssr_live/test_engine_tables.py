"""What is printed of engines that others named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engines import MANIFEST_FILE, load_bundle
from pssr_live.engine_tables import print_engine, verify_engine


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
