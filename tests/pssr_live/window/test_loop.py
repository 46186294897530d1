"""The window from its first appearance to its end, as the command line opens it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from acquisition import SourceError
from gui import RecordingWindow
from gui.qt import QtCore, QtGui, QtWidgets
from pssr_live.display import display_missing
from pssr_live.errors import UserError
from pssr_live.recording import SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from pssr_live.window import Choice, no_settings, run_window
from tests.pssr_live.scripted import ScriptedSource, unplugged
from tests.pssr_live.sessions import TIMEOUT, run

SIMULATED = "simulated:height=48,width=56,interval=0.02"
XVFB = shutil.which("Xvfb") or ""
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def test_a_picture_is_taken_of_the_last_frames_and_the_window_closes_itself(
    qtbot: QtBot, tmp_path: Path
) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        source = ScriptedSource(range(1000), interval=0.05)
        return LiveSession(source, EngineChoice(choice.engine), save=folder, frame_limit=20)

    picture = tmp_path / "window.png"
    # Another window that stays open must not keep the program from its end.
    other = QtWidgets.QWidget()
    qtbot.addWidget(other)
    other.show()
    run_window(
        make_session,
        Choice("scripted:", "bilinear"),
        save=tmp_path / "recording",
        frames=20,
        picture=picture,
    )

    assert QtGui.QImage(str(picture)).width() > 1000
    assert SessionRecord.read(tmp_path / "recording").restored_frames == 20
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_no_picture_is_made_of_what_was_never_shown(qtbot: QtBot, tmp_path: Path) -> None:
    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        return LiveSession(ScriptedSource([unplugged()]), EngineChoice("bilinear"))

    # Why there was nothing to be seen comes before that there was nothing.
    with pytest.raises(SourceError, match="unplugged"):
        run_window(
            make_session, Choice("scripted:", ""), frames=20, picture=tmp_path / "window.png"
        )
    assert list(tmp_path.iterdir()) == []


def test_no_picture_is_made_where_no_frame_comes(qtbot: QtBot, tmp_path: Path) -> None:
    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        return LiveSession(ScriptedSource([]), EngineChoice("bilinear"))

    with pytest.raises(UserError, match="No frame was shown"):
        run_window(
            make_session, Choice("scripted:", ""), frames=20, picture=tmp_path / "window.png"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_shown_alone_and_all_ends_with_its_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        raise AssertionError("no session was asked for")

    run(ScriptedSource(range(5)), save=tmp_path / "cell")
    settings = no_settings(tmp_path)
    monkeypatch.setattr("pssr_live.window.loop.kept_settings", lambda: settings)
    seen: list[tuple[str, bool]] = []

    def close() -> None:
        windows = [one for one in QtWidgets.QApplication.topLevelWidgets() if one.isVisible()]
        seen.extend((one.windowTitle(), isinstance(one, RecordingWindow)) for one in windows)
        for one in windows:
            one.close()

    QtCore.QTimer.singleShot(0, close)
    run_window(make_session, Choice("", "bilinear"), recording=tmp_path / "cell")
    assert seen == [("cell – pssr-live", True)]
    assert settings.recent == [str(tmp_path / "cell")]


def test_loops_after_that_of_the_window_run_as_any(qtbot: QtBot) -> None:
    """Nothing is left behind by the test before that would end them before they begin."""
    woken: list[bool] = []
    QtCore.QTimer.singleShot(0, lambda: woken.append(True))
    qtbot.waitUntil(lambda: woken == [True])


@contextmanager
def start(*arguments: object, home: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command line in a process of its own, that remembers nothing of its user's."""
    places = {"XDG_CONFIG_HOME": str(home), "HOME": str(home), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pssr_live", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | places | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@posix_only
def test_ctrl_c_closes_the_window_with_everything_saved(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    command = ("live", "--source", SIMULATED, "--engine", "bilinear", "--save", folder)
    with start(*command, home=tmp_path, QT_QPA_PLATFORM="offscreen") as process:
        while process.poll() is None and not (folder / "restored.ome.tif").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert "Recorded in" in out
    record = SessionRecord.read(folder)
    assert record.state == "complete"
    assert record.raw_frames == record.restored_frames > 0
    # What was chosen is remembered, that it was recorded is not.
    kept = next(tmp_path.rglob("window.ini")).read_text(encoding="utf-8")
    assert "simulated" in kept
    assert str(folder) not in kept


@contextmanager
def x_server() -> Iterator[str]:
    """Xvfb on a display of its own choice."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [XVFB, "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.skipif(not XVFB, reason="Xvfb is not installed")
def test_the_window_works_on_a_real_x_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with x_server() as display:
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        if missing := display_missing():
            pytest.skip(missing)
        picture = tmp_path / "window.png"
        other = tmp_path / "other.txt"
        other.write_text("kept")
        picture.hardlink_to(other)
        options = ("--engine", "bilinear", "--frames", 60, "--snapshot", picture)
        with start("live", "--source", SIMULATED, *options, home=tmp_path) as process:
            _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    # What stood there is replaced, not written into.
    assert other.read_text() == "kept"
    image = QtGui.QImage(str(picture))
    assert image.width() > 1000
    # Something is drawn where the images are.
    middle = image.height() // 2
    assert max(image.pixelColor(x, middle).value() for x in range(0, image.width(), 3)) > 120
