import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from gui import MainWindow
from tests.gui.conftest import PlayedSession


def test_the_next_frame_waits_after_one_is_drawn_for_as_long_as_drawing_cost(
    qtbot: QtBot,
    window: MainWindow,
    session: PlayedSession,
    noise: NDArray[np.uint16],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert window.viewer.rest_left == 0.0
    # A rest of its own length, a few milliseconds, may be over before we look.
    monkeypatch.setattr("gui.drawing_rest._REST", 1e9)
    monkeypatch.setattr("gui.drawing_rest._LONGEST_REST_S", 3600.0)
    session.take(noise)
    window.pull_preview()
    # It says so once all is on the screen.
    qtbot.waitUntil(lambda: window.viewer.rest_left > 0.0)

    monkeypatch.setattr("gui.drawing_rest._REST", 0.0)
    session.take(noise)
    window.pull_preview()
    qtbot.waitUntil(lambda: window.viewer.rest_left == 0.0)


def test_frames_keep_coming_by_the_timer(
    qtbot: QtBot, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    window = MainWindow(session.newest, session.status)
    qtbot.addWidget(window)
    window.show()
    for number in range(3):
        session.take(noise)
        qtbot.waitUntil(lambda number=number: f"{100 + number}" in window.viewer.raw.details.text())
    window.close()
