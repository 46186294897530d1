"""The report that goes into an issue: useful, and nobody's name in it."""

from __future__ import annotations

import getpass
import platform
import re
from pathlib import Path

import pytest

from pssr_live.cli.checks import CheckResult
from pssr_live.cli.doctor import run_doctor
from pssr_live.cli.report_file import without_names, write_report
from pssr_live.errors import UserError


@pytest.fixture(autouse=True)
def ada(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "ada"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(platform, "node", lambda: "confocal-3")
    return home


def test_it_has_versions_hardware_timings_and_no_personal_data(ada: Path) -> None:
    report = ada / "report.txt"
    source = "simulated:height=48,width=48,interval=0.1"
    run_doctor(source, "bilinear", ada / "cells", report=report)
    text = report.read_text(encoding="utf-8")
    for part in ("processor: ", "memory free", "numpy ", "openvino ", "frames/s", "GB free"):
        assert part in text
    for name in ("ada", "confocal-3", str(ada)):
        assert not re.search(rf"\b{re.escape(name)}\b", text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/grace/cells: no room", "~/cells: no room"),
        ("C:\\Users\\Grace H\\cells", "~\\cells"),
        ("/Users/grace/cells", "~/cells"),
        ("of Ada on CONFOCAL-3", "of USER on COMPUTER"),
        ("the adapter ada2", "the adapter ada2"),
    ],
)
def test_names_are_left_out_wherever_they_stand(text: str, left: str) -> None:
    assert without_names(text) == left


def test_a_fix_goes_with_what_is_wrong(ada: Path) -> None:
    report = ada / "report.txt"
    finding = CheckResult(name="disk", words=f"full: {ada}/cells", good=False, fix="Free some.")
    write_report(report, [finding])
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == ["no  disk: full: ~/cells", "      Free some."]


def test_a_report_that_can_not_be_written_is_refused_first(ada: Path) -> None:
    with pytest.raises(UserError, match="--report"):
        run_doctor("simulated:", "bilinear", ada, report=ada / "missing" / "report.txt")
