"""Whether a window can be shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pssr_live.display import display_missing

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asked on Linux only")


@linux_only
def test_no_display_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "no display" in str(display_missing())


def test_a_platform_that_needs_no_display_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_missing() is None


@linux_only
@pytest.mark.parametrize(
    "named",
    [
        {"DISPLAY": ":7777"},
        {"WAYLAND_DISPLAY": "wayland-7777"},
        {"QT_QPA_PLATFORM": "wayland;xcb"},
        {"QT_QPA_PLATFORM": "no-such-platform"},
    ],
)
def test_a_display_that_is_named_but_dead_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, named: dict[str, str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    missing = display_missing()
    if missing is not None and "system library" in missing:
        pytest.skip(missing)
    assert missing == (
        f"There is no display at {next(iter(named))}={next(iter(named.values()))}: "
        "no window can be shown there."
    )


@linux_only
def test_where_the_display_is_dead_the_window_and_doctor_end_in_words(tmp_path: Path) -> None:
    dead = {"DISPLAY": ":7777", "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}
    options = ("--source", "simulated:height=48,width=56,frames=9", "--engine", "bilinear")
    for command, status in (("live", 1), ("doctor", 1)):
        done = subprocess.run(
            [sys.executable, "-m", "pssr_live", command, *options],
            env=os.environ | dead,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        told = done.stdout + done.stderr
        assert done.returncode == status, told
        assert "window" in told
        assert "add --headless" in told
        assert "can be shown" not in told.replace("no window can be shown there", "")
