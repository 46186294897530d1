"""Scrolling back while frames come in."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status
from gui.qt import QtCore
from tests.gui.conftest import PlayedSession
from tests.gui.mouse import LEFT

KEYS = QtCore.Qt.Key


@pytest.fixture
def ten(window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]) -> MainWindow:
    """A window that has shown frames 100 to 109, a quarter of a second apart."""
    for number in range(10):
        session.take(noise + np.uint16(number))
        window.pull_preview()
    return window


def shown(window: MainWindow) -> int:
    assert window.viewer.shown is not None
    return window.viewer.shown.index


def notices(window: MainWindow) -> list[str]:
    return [
        panel.notice.text() if panel.notice.isVisible() else ""
        for panel in (window.viewer.raw, window.viewer.restored)
    ]


def test_scrolling_back_shows_older_frames_and_says_that_they_are_not_live(
    ten: MainWindow,
) -> None:
    assert ten.viewer.live
    assert notices(ten) == ["", ""]

    ten.viewer.time.slider.setValue(3)

    assert shown(ten) == 103
    assert not ten.viewer.live
    assert notices(ten) == ["Not live: frame 103, 1.5 s ago (End: live)"] * 2
    assert ten.viewer.time.live.isEnabled()


def test_frames_go_on_coming_while_the_user_looks_back(
    ten: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    ten.viewer.time.slider.setValue(3)
    for _ in range(4):
        session.take(noise)
        ten.pull_preview()

    assert shown(ten) == 103
    assert notices(ten) == ["Not live: frame 103, 2.5 s ago (End: live)"] * 2
    assert ten.viewer.time.slider.maximum() == 13


def test_live_shows_the_newest_frame_and_those_that_follow(
    qtbot: QtBot, ten: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    ten.viewer.time.slider.setValue(3)
    session.take(noise)
    ten.pull_preview()

    qtbot.mouseClick(ten.viewer.time.live, LEFT)

    assert shown(ten) == 110
    assert notices(ten) == ["", ""]
    session.take(noise)
    ten.pull_preview()
    assert shown(ten) == 111


def test_the_arrows_step_and_end_returns(qtbot: QtBot, ten: MainWindow) -> None:
    for _ in range(3):
        qtbot.keyClick(ten, KEYS.Key_Left)
    assert shown(ten) == 106
    qtbot.keyClick(ten, KEYS.Key_Right)
    assert shown(ten) == 107
    qtbot.keyClick(ten, KEYS.Key_End)
    assert shown(ten) == 109
    assert ten.viewer.live


def test_a_frame_looked_at_stays_when_memory_lets_it_go(
    ten: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    history = ten.viewer.time.history
    history.limit = history.kept_bytes
    ten.viewer.time.slider.setValue(2)
    for _ in range(5):
        session.take(noise)
        ten.pull_preview()

    assert len(history) == 10
    assert history[0].index == 105
    assert shown(ten) == 102
    ten.viewer.time.slider.setValue(1)
    assert shown(ten) == 106


def test_a_new_session_begins_live_and_without_a_past(
    ten: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    ten.viewer.time.slider.setValue(3)
    session.state = Status(state=SessionState.STOPPED)
    ten.pull_status()
    session.previews.clear()
    session.state = Status(state=SessionState.STARTING)
    ten.pull_status()
    assert ten.viewer.time.slider.maximum() == 0
    session.take(noise)
    ten.pull_preview()

    assert shown(ten) == 100
    assert ten.viewer.live
    assert len(ten.viewer.time.history) == 1


def test_frames_of_another_size_have_no_common_past(
    ten: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    ten.viewer.time.slider.setValue(3)
    session.take(noise[:20])
    ten.pull_preview()

    assert shown(ten) == 110
    assert ten.viewer.live
    assert len(ten.viewer.time.history) == 1


def test_how_much_is_kept_is_said(ten: MainWindow) -> None:
    assert "last    2.2 s" in ten.viewer.time.words.text()
    assert "10 frames" in ten.viewer.time.words.toolTip()
    assert "512 MB" in ten.viewer.time.words.toolTip()


def test_nothing_says_live_while_older_frames_are_shown(
    ten: MainWindow, session: PlayedSession
) -> None:
    line, news, live = ten.status_line, ten.news, ten.viewer.time.live
    session.state = Status(state=SessionState.LIVE, light="red", light_reason="Too dim.")
    ten.pull_status()
    assert (line.state.text(), live.text()) == ("Live", "Live")
    assert news.light.reason.toolTip() == "Too dim."

    ten.viewer.time.slider.setValue(3)

    assert (line.state.text(), live.text()) == ("Looking back", "Back to live")
    assert news.light.reason.toolTip() == "About the newest frames, not these: Too dim."
    # A recording that runs is never hidden.
    session.state = Status(state=SessionState.LIVE, recording="run3")
    ten.pull_status()
    assert line.state.text() == "● Recording"
    session.state = Status(state=SessionState.LIVE)
    ten.pull_status()
    assert line.state.text() == "Looking back"

    ten.viewer.time.live.click()

    assert (line.state.text(), live.text()) == ("Live", "Live")
