"""Folders that Windows can't take, refused before anything is begun in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pssr_live.errors import UserError
from pssr_live.recording import Recorder, refuse_taken, windows_folder
from tests.pssr_live.scripted import SMALL


@pytest.fixture(autouse=True)
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_folder, "ON_WINDOWS", True)
    monkeypatch.setattr(windows_folder, "long_paths_allowed", lambda: False)


def test_a_path_that_leaves_too_little_is_refused_before_the_camera_starts(tmp_path: Path) -> None:
    left = 259 - 80 - len(str(tmp_path)) - 1
    refuse_taken(tmp_path / ("x" * left))
    too_long = tmp_path / ("x" * (left + 1))
    with pytest.raises(UserError, match="180 characters, and Windows takes 179 here"):
        refuse_taken(too_long)
    with pytest.raises(UserError, match="LongPathsEnabled"):
        Recorder(too_long, SMALL, source_url="scripted:", source_settings={})
    assert list(tmp_path.iterdir()) == []


def test_where_long_paths_are_allowed_they_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows_folder, "long_paths_allowed", lambda: True)
    refuse_taken(tmp_path / ("x" * 200))


@pytest.mark.parametrize("name", ["aux", "COM3", "nul.cell"])
def test_a_device_s_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="name of a device for Windows"):
        refuse_taken(tmp_path / name)
    with pytest.raises(UserError, match="name of a device for Windows"):
        refuse_taken(tmp_path / name / "cell")


@pytest.mark.skipif(os.name == "nt", reason="Windows takes none of them")
def test_elsewhere_each_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_folder, "ON_WINDOWS", False)
    refuse_taken(tmp_path / "aux")
    refuse_taken(tmp_path / ("x" * 200))
