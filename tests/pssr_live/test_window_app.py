"""The window on a running session, driven by its buttons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot

import pssr_live.window_app
from gui.qt import QtCore
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.live import LiveSession, State
from pssr_live.recording.session_file import SessionRecord
from pssr_live.window_app import WindowApp
from tests.pssr_live.scripted import SMALL, ScriptedSource, pixels, unplugged

TIMEOUT = 30_000


@pytest.fixture
def sources() -> list[ScriptedSource]:
    """What the sessions of a test read from, in turn."""
    return [ScriptedSource(range(100_000), interval=0.01) for _ in range(3)]


@pytest.fixture
def app(
    qtbot: QtBot, sources: list[ScriptedSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WindowApp]:
    folders = (tmp_path / f"recording-{number}" for number in range(9))
    monkeypatch.setattr(pssr_live.window_app, "new_folder", lambda: next(folders))

    def make_session(folder: Path | None) -> LiveSession:
        return LiveSession(sources.pop(0), EngineKeeper("bilinear"), save=folder)

    app = WindowApp(make_session, None)
    qtbot.addWidget(app.window)
    app.window.show()
    yield app
    app.window.close()
    if app.session is not None:
        assert app.session.wait(30)


def shown_index(app: WindowApp) -> int:
    shown = app.window.viewer.shown
    return -1 if shown is None else shown.index


def test_frames_appear_after_start_and_stop_after_stop(qtbot: QtBot, app: WindowApp) -> None:
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 10, timeout=TIMEOUT)
    shown = app.window.viewer.shown
    assert shown is not None
    np.testing.assert_array_equal(shown.raw, pixels(shown.index))
    assert shown.restored.shape == (96, 128)
    qtbot.mouseClick(app.window.controls.run, QtCore.Qt.MouseButton.LeftButton)
    assert app.session is not None
    qtbot.waitUntil(lambda: app.session.state is State.STOPPED, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: "Stopped" in app.window.status_line.state.text(), timeout=TIMEOUT)
    first, last_shown = app.session, app.window.viewer.shown
    qtbot.waitUntil(lambda: app.window.controls.run.isEnabled(), timeout=TIMEOUT)
    qtbot.mouseClick(app.window.controls.run, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: app.session is not first, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: app.window.viewer.shown is not last_shown, timeout=TIMEOUT)


def test_record_button_records_the_frames_that_come_while_it_is_down(
    qtbot: QtBot, app: WindowApp, tmp_path: Path
) -> None:
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    app.window.pull_status()
    qtbot.mouseClick(app.window.controls.record, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(app.session and app.session.recording), timeout=TIMEOUT)
    begun = shown_index(app)
    qtbot.waitUntil(lambda: shown_index(app) > begun + 15, timeout=TIMEOUT)
    app.window.pull_status()
    qtbot.mouseClick(app.window.controls.record, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: app.session.recording is None, timeout=TIMEOUT)
    app.stop()
    assert app.session.wait(30)
    assert app.session.folders == [tmp_path / "recording-0"]
    record = SessionRecord.read(tmp_path / "recording-0")
    assert record.state == "complete"
    raw = tifffile.imread(tmp_path / "recording-0" / "raw.ome.tif")
    assert len(raw) == record.raw_frames > 10


def test_an_error_is_shown_in_the_window_with_its_fix(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    sources.insert(0, ScriptedSource([0, 1, 2, unplugged()]))
    app.start()
    qtbot.waitUntil(lambda: app.window.error.isVisible(), timeout=TIMEOUT)
    text = app.window.error.problem.text() + app.window.error.fix.text()
    assert "The microscope was unplugged." in text
    assert "Plug it in." in text
    qtbot.waitUntil(lambda: "Failed" in app.window.status_line.state.text(), timeout=TIMEOUT)


def test_a_new_pixel_size_reaches_the_scale_bar(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    zoomed = replace(SMALL, pixel_size_um=0.049)
    sources.insert(0, ScriptedSource([*range(30), zoomed, *range(500)], interval=0.01))
    app.start()
    bar = app.window.viewer.raw.scale_bar
    qtbot.waitUntil(lambda: bar._pixel_size_um == SMALL.pixel_size_um, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: bar._pixel_size_um == 0.049, timeout=TIMEOUT)


def test_what_the_source_has_to_say_is_shown(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    sources[0].status = "Micro-Manager has not answered for 3 s."
    app.start()
    said = app.window.message
    qtbot.waitUntil(lambda: "not answered" in said.toolTip() + said.text(), timeout=TIMEOUT)


def test_closing_the_window_ends_the_session_with_everything_saved(
    qtbot: QtBot, app: WindowApp, tmp_path: Path
) -> None:
    app.record(True)
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 5, timeout=TIMEOUT)
    app.window.close()
    assert app.session is not None
    assert app.session.wait(30)
    record = SessionRecord.read(tmp_path / "recording-0")
    assert record.state == "complete"
    assert record.ended_by == "the user"
