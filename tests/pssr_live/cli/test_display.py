"""Whether a window can be shown."""

from __future__ import annotations

import sys

import pytest

from pssr_live.cli.display import display_missing

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asked on Linux only")


@linux_only
def test_no_display_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "no display" in str(display_missing())


def test_a_platform_that_needs_no_display_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_missing() is None
