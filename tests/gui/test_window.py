from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status, theme
from gui.qt import QtCore, QtGui, QtWidgets
from tests.gui.conftest import PlayedSession

LEFT = QtCore.Qt.MouseButton.LeftButton


def test_the_timers_pull_frames_and_status_by_themselves(
    qtbot: QtBot, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    window = MainWindow(session.newest, session.status)
    qtbot.addWidget(window)
    session.take(noise)
    session.state = Status(state=SessionState.LIVE, received=77)

    qtbot.waitUntil(lambda: "100" in window.viewer.raw.details.text())
    qtbot.waitUntil(lambda: window.status_line.received.number.text().strip() == "77")


def test_the_message_is_shown_and_never_widens_the_window(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    width = window.minimumSizeHint().width()
    session.state = Status(message="Warming up")
    window.pull_status()
    qtbot.waitUntil(lambda: window.news.message.text() == "Warming up")

    session.state = Status(message="A very long story. " * 40)
    window.pull_status()
    assert window.news.message.text().startswith("A very long story. ")
    assert window.news.message.text().endswith("…")
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


def test_the_newest_error_is_read_first_and_those_before_it_after_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    for problem in ("The camera stopped.", "The disk is full.", "The disk is full."):
        window.show_error(problem, "Look at it.")
    assert window.error.problem.text() == "The disk is full."
    assert "1 more" in window.error.dismiss.text()

    qtbot.keyClick(window, QtCore.Qt.Key.Key_Escape)
    assert window.error.problem.text() == "The camera stopped."
    qtbot.keyClick(window, QtCore.Qt.Key.Key_Escape)
    assert not window.error.isVisible()


def test_the_picture_is_a_png_of_the_window(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()

    picture = QtGui.QImage.fromData(window.picture())
    assert window.picture().startswith(b"\x89PNG")
    assert picture.width() >= window.width()


def test_a_frame_that_is_on_the_screen_is_told_once(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    with qtbot.waitSignal(window.drawn, timeout=120_000):
        window.pull_preview()
    with qtbot.assertNotEmitted(window.drawn, wait=50):
        window.pull_preview()
        window.update()


@pytest.mark.parametrize("count", [1, 2])
def test_one_file_or_folder_can_be_dropped(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, count: int
) -> None:
    dropped: list[str] = []
    window.dropped.connect(dropped.append)
    paths = [tmp_path / f"cells-{number}.tif" for number in range(count)]
    for kind in (QtGui.QDragEnterEvent, QtGui.QDropEvent):
        drop(window, kind, [QtCore.QUrl.fromLocalFile(str(path)) for path in paths])

    assert [Path(path) for path in dropped] == (paths if count == 1 else [])
    assert window.error.isVisible() == (count != 1)


def test_what_is_no_file_is_not_taken(window: MainWindow) -> None:
    event = drop(window, QtGui.QDragEnterEvent, [QtCore.QUrl("https://example.org/cells.tif")])
    assert not event.isAccepted()


def drop(
    window: MainWindow, kind: type[QtGui.QDropEvent], urls: list[QtCore.QUrl]
) -> QtGui.QDropEvent:
    carried = QtCore.QMimeData()
    carried.setUrls(urls)
    at: QtCore.QPoint | QtCore.QPointF = QtCore.QPoint(300, 300)
    if kind is QtGui.QDropEvent:
        at = QtCore.QPointF(at)
    copy, no_key = QtCore.Qt.DropAction.CopyAction, QtCore.Qt.KeyboardModifier.NoModifier
    event = kind(at, copy, carried, LEFT, no_key)
    event.setAccepted(False)
    QtWidgets.QApplication.sendEvent(window, event)
    return event


def test_closing_says_so_first_and_then_asks_for_nothing_more(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    session.state = Status(state=SessionState.STOPPED)
    visible: list[bool] = []
    window.closing.connect(lambda: visible.append(window.isVisible()))

    window.close()

    assert visible == [True]
    session.asked.clear()
    qtbot.wait(100)
    assert session.asked == []


def test_a_window_that_is_closed_while_something_is_unfinished_shows_it_to_its_end(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    finishing = Status(state=SessionState.FINISHING, task="Restoring what is left", progress=0.5)
    window.closing.connect(lambda: setattr(session, "state", finishing))

    window.close()

    assert window.isVisible()
    assert window.news.progress.isVisible()
    with qtbot.assertNotEmitted(window.abandon_requested):
        window.pull_status()
        session.state = Status(state=SessionState.STOPPED)
        window.pull_status()
    assert not window.isVisible()


def test_a_second_close_does_not_wait(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    window.close()
    assert window.isVisible()
    with qtbot.waitSignal(window.abandon_requested):
        window.close()
    assert not window.isVisible()


def test_the_end_of_a_session_is_told_once(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    window.pull_status()
    session.state = Status(state=SessionState.STOPPED)
    with qtbot.waitSignal(window.ended):
        window.pull_status()
    with qtbot.assertNotEmitted(window.ended):
        window.pull_status()


def test_a_recording_that_is_wanted_and_not_written_is_told_in_red_as_long_as_that_is_so(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    recording = Status(state=SessionState.LIVE, recording="cell-3")
    session.state = recording
    window.pull_status()
    assert not window.alarm.isVisible()

    lost = Status(state=SessionState.LIVE, not_recording="The folder was deleted.")
    session.state = lost
    window.pull_status()
    qtbot.keyClick(window, QtCore.Qt.Key.Key_Escape)
    window.pull_status()
    assert window.alarm.isVisible()
    assert window.alarm.text() == "Not recording: The folder was deleted."
    assert window.status_line.state.text() == "Not recording"
    assert theme.ALARM in window.status_line.state.styleSheet()
    # The user still wants it, and can take that back.
    assert window.controls.record.isChecked()
    assert window.controls.record.text() == "Not recording"

    session.state = recording
    window.pull_status()
    assert not window.alarm.isVisible()
    assert window.status_line.state.text() == "● Recording"
