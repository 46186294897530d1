from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status
from gui.qt import QtCore, QtGui
from tests.gui.conftest import PlayedSession

LEFT = QtCore.Qt.MouseButton.LeftButton


def test_the_timers_pull_frames_and_status_by_themselves(
    qtbot: QtBot, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    window = MainWindow(session.newest, session.status, None)
    qtbot.addWidget(window)
    session.take(noise)
    session.state = Status(state=SessionState.LIVE, received=77)

    qtbot.waitUntil(lambda: "100" in window.viewer.raw.details.text())
    qtbot.waitUntil(lambda: window.status_line.received.number.text().strip() == "77")


def test_the_message_is_shown_and_never_widens_the_window(
    window: MainWindow, session: PlayedSession
) -> None:
    width = window.minimumSizeHint().width()
    session.state = Status(message="Warming up")
    window.pull_status()
    assert window.message.text() == "Warming up"

    session.state = Status(message="A very long story. " * 40)
    window.pull_status()
    assert window.message.text().startswith("A very long story. ")
    assert window.message.text().endswith("…")
    assert window.minimumSizeHint().width() == width


def test_only_the_newest_frame_is_drawn(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    for _ in range(5):
        session.take(noise)
    session.asked.clear()

    for _ in range(3):
        window.pull_preview()

    assert session.asked == [-1, 4, 4]
    assert "104" in window.viewer.raw.details.text()


def test_nothing_is_drawn_without_a_new_frame(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    drawn: list[int] = []
    window.viewer.raw.show_pixels = lambda *_: drawn.append(1)  # type: ignore[method-assign]

    window.pull_preview()

    assert drawn == []


def test_a_new_session_is_shown_though_it_counts_from_nought_again(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    for _ in range(9):
        session.take(noise)
    window.pull_preview()
    session.state = Status(state=SessionState.STOPPED)
    window.pull_status()
    session.previews.clear()
    session.state = Status(state=SessionState.STARTING)
    window.pull_status()
    session.take(noise)

    window.pull_preview()

    assert "frame   100" in window.viewer.raw.details.text()


def test_an_error_is_shown_with_its_fix_and_can_be_copied_and_dismissed(
    qtbot: QtBot, window: MainWindow
) -> None:
    assert not window.error.isVisible()

    window.show_error("The disk is full.", "Free some space: pssr-live doctor")

    assert window.error.isVisible()
    assert window.error.problem.text() == "The disk is full."
    assert window.error.fix.text() == "Free some space: pssr-live doctor"
    selectable = QtCore.Qt.TextInteractionFlag.TextSelectableByMouse
    assert window.error.fix.textInteractionFlags() & selectable
    qtbot.mouseClick(window.error.dismiss, LEFT)
    assert not window.error.isVisible()


def test_save_picture_writes_the_window_as_png(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16], tmp_path: Path
) -> None:
    session.take(noise)
    window.pull_preview()

    window.save_picture(tmp_path / "window.png")

    picture = QtGui.QImage(str(tmp_path / "window.png"))
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")
    assert picture.width() >= window.width()
    with pytest.raises(OSError, match="cannot write"):
        window.save_picture(tmp_path / "no such folder" / "window.png")


def test_closing_says_so_first_and_then_asks_for_nothing_more(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    visible: list[bool] = []
    window.closing.connect(lambda: visible.append(window.isVisible()))

    window.close()

    assert visible == [True]
    session.asked.clear()
    qtbot.wait(100)
    assert session.asked == []
