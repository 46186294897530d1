"""The doctor, on a simulated microscope, a real Micro-Manager core, and nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.cli.doctor import run_doctor
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.ports import deaf_port


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_a_healthy_simulated_microscope_is_all_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_doctor("simulated:height=64,width=64,interval=0.1", "mito-lite", tmp_path / "new")
    words = said(capsys)
    for part in ("64 x 64", "frames/s", "MB/s", "OpenVINO", "minutes", "GB free", "taken"):
        assert part in words


def test_no_micro_manager_is_told_with_the_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with deaf_port() as port:
        assert not run_doctor(f"micromanager:{port}", "bilinear", tmp_path)
    words = said(capsys)
    assert "Run pycro-manager server" in words
    assert "bilinear" in words


def test_a_running_micro_manager_is_described(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = RunningMicroManager()
    try:
        run_doctor(f"micromanager:{running.port},pixel_size_um=0.2", "bilinear", tmp_path)
    finally:
        running.kill()
    words = said(capsys)
    for part in ("48 x 64", "Camera", "core", "frames/s", "0.2 µm"):
        assert part in words


def test_an_engine_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run_doctor("simulated:height=40,width=40,interval=0.1", "no-such-engine", tmp_path)
    assert "mito-lite" in said(capsys)
