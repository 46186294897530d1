"""A user's way, typed and clicked as docs/window.md says: from the first page to an MP4."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui import ExportedImages
from gui.qt import QtCore, QtGui, QtWidgets
from pssr_live.recording import SessionRecord
from pssr_live.window.settings import WindowSettings
from tests.places import DATA
from tests.pssr_live.window.screen import LEFT, TIMEOUT, MakeApp, shown_index, state
from tests.pssr_live.window.test_recordings import movie_of

CELLS = DATA / "hela_mitochondria.tif"


def answer(window: QtWidgets.QWidget, path: Path) -> None:
    """Choose a path in the file dialog that is open, and close it."""
    dialog = next(one for one in window.findChildren(QtWidgets.QFileDialog) if one.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.reject()


def test_a_restored_recording_becomes_a_movie(
    qtbot: QtBot, make_app: MakeApp, settings: WindowSettings, tmp_path: Path
) -> None:
    pytest.importorskip("imageio_ffmpeg")
    app = make_app("")
    window, controls = app.window, app.window.controls
    qtbot.waitExposed(window)
    qtbot.mouseClick(window.start_page.replay, LEFT)
    answer(window, CELLS)
    qtbot.waitUntil(lambda: shown_index(app) >= 0, timeout=TIMEOUT)
    assert app.session is not None
    session = app.session
    qtbot.mouseClick(controls.record, LEFT)
    qtbot.waitUntil(lambda: (session.recorded or (0, 0.0))[0] >= 5, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: state(app) == "● Recording", timeout=TIMEOUT)
    assert controls.record.text() == "Stop recording"
    qtbot.mouseClick(controls.record, LEFT)
    qtbot.waitUntil(lambda: session.recording is None, timeout=TIMEOUT)
    (folder,) = session.folders
    qtbot.mouseClick(controls.run, LEFT)
    qtbot.waitUntil(lambda: state(app) == "Stopped", timeout=TIMEOUT)
    record = SessionRecord.read(folder)
    assert record.state == "complete"

    modifiers = QtCore.Qt.KeyboardModifier
    both = modifiers.ControlModifier | modifiers.ShiftModifier
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, QtCore.Qt.Key.Key_O, both)
    answer(window, folder)
    (shown,) = app.recordings.windows
    qtbot.waitExposed(shown)
    assert shown.viewer.time.slider.maximum() == record.raw_frames - 1
    shown.export.menu().actions()[0].trigger()
    answer(shown, tmp_path / "cell.mp4")
    qtbot.waitUntil(lambda: "Movie: " in shown.about.toolTip(), timeout=TIMEOUT)
    height, width = record.frames.height, record.frames.width
    size, _, frames = movie_of(tmp_path / "cell.mp4")
    assert size == (8 * width, 4 * height // 2 * 2)
    assert frames == record.raw_frames
    assert settings.recent[0] == str(folder)


def test_what_a_session_shows_becomes_a_movie_and_a_picture(
    qtbot: QtBot, make_app: MakeApp, tmp_path: Path
) -> None:
    pytest.importorskip("imageio_ffmpeg")
    app = make_app("simulated:height=48,width=56,interval=0.02,frames=12")
    window = app.window
    movie, path = window.export.menu().actions()[0], tmp_path / "live.mp4"
    movie.trigger()
    assert "no image" in window.error.problem.text()
    app.start()
    qtbot.waitUntil(lambda: state(app) == "Stopped", timeout=TIMEOUT)
    qtbot.waitUntil(lambda: shown_index(app) == 11, timeout=TIMEOUT)
    movie.trigger()
    answer(window, path)
    assert not movie.isEnabled()
    qtbot.waitUntil(lambda: "Movie: " in window.news.message.toolTip(), timeout=TIMEOUT)
    assert movie_of(path) == ((8 * 56, 4 * 48), 10.0, len(window.viewer.time.history))
    assert movie.isEnabled()
    window.picture_wanted.emit(ExportedImages.BOTH, str(tmp_path / "live.png"))
    assert QtGui.QImage(str(tmp_path / "live.png")).size() == QtCore.QSize(8 * 56, 4 * 48)
