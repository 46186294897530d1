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


@pytest.mark.parametrize(("root", "bar"), [("/mnt/lab share", "/"), ("E:\\lab share", "\\")])
def test_folders_outside_of_the_home_are_left_out_too(ada: Path, root: str, bar: str) -> None:
    report = ada / "report.txt"
    file = bar.join([root, "Smith J", "cells.tif"])
    engine = bar.join([root, "Smith J", "engines", "mine"])
    findings = [
        CheckResult(name="source", words=f"replay:{file} delivers 8.5 frames/s"),
        CheckResult(name=f"engine {engine}", words=f'export "{engine}" at 1/2 or 3 / 4'),
        CheckResult(name="disk", words="/media/grace/x: no room; tcp://127.0.0.1:5555 is taken"),
    ]
    write_report(report, findings, typed=[f"replay:{file}", engine, "mito-lite"])
    assert report.read_text(encoding="utf-8").split("Found\n")[1].splitlines() == [
        f"ok  source: replay:…{bar}cells.tif delivers 8.5 frames/s",
        f'ok  engine …{bar}mine: export "…{bar}mine" at 1/2 or 3 / 4',
        "ok  disk: …/x: no room; tcp://127.0.0.1:5555 is taken",
    ]


def test_a_fix_goes_with_what_is_wrong(ada: Path) -> None:
    report = ada / "report.txt"
    finding = CheckResult(name="disk", words=f"full: {ada}/cells", good=False, fix="Free some.")
    write_report(report, [finding])
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == ["no  disk: full: ~/cells", "      Free some."]


def test_a_report_that_can_not_be_written_is_refused_first(ada: Path) -> None:
    with pytest.raises(UserError, match="--report"):
        run_doctor("simulated:", "bilinear", ada, report=ada / "missing" / "report.txt")
