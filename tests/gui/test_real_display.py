"""The window on an X server, where Qt draws and delivers keys otherwise than offscreen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pssr_live.display import display_missing
from tests.places import ROOT


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A display of its own, without a screen."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("there is no Xvfb")
    reading, writing = os.pipe()
    command = [
        server,
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1600x1200x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading, encoding="ascii") as answer:
            number = answer.readline().strip()
        if not number:
            pytest.skip("Xvfb does not start here")
        monkeypatch.setenv("DISPLAY", f":{number}")
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        if missing := display_missing():
            pytest.skip(missing)
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()


def test_the_images_look_and_answer_on_a_real_display_as_offscreen(display: str) -> None:
    tests = [
        "tests/gui/test_pictures.py",
        "tests/gui/test_comparing.py::test_the_curtain_is_dragged_between_raw_and_restored",
        "tests/gui/test_comparing.py::test_held_the_key_shows_raw_in_the_place_of_restored",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        env=os.environ.copy(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout
