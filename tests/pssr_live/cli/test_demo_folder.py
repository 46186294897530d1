from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.cli.demo import _kept, _recording_folder, run_demo
from pssr_live.cli.session import SessionOptions


def test_a_demo_that_is_not_asked_to_save_leaves_nothing_but_its_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with _recording_folder(None) as folder:
        folder.mkdir()
        (folder / "raw.ome.tif").write_bytes(b"frames")
        (folder / "picture-GFP.png").write_bytes(b"picture")
        kept = _kept(folder / "picture-GFP.png")
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == [tmp_path / kept]
    assert kept.name.endswith("-GFP.png")
    assert kept.read_bytes() == b"picture"


def test_a_demo_records_where_it_is_asked_to(tmp_path: Path) -> None:
    with _recording_folder(tmp_path / "mine") as folder:
        folder.mkdir()
    assert folder == tmp_path / "mine"
    assert folder.is_dir()


def test_a_demo_that_keeps_no_recording_names_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    options = SessionOptions(engine="bilinear", frames=5, headless=True)
    run_demo(options, "simulated:height=32,width=32")
    told = capsys.readouterr().out
    assert "Recorded in" not in told
    assert told.endswith("The recording is not kept. To keep one, add: --save FOLDER\n")
