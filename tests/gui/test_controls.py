import pytest
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status
from gui.qt import QtCore
from tests.gui.conftest import PlayedSession

LEFT = QtCore.Qt.MouseButton.LeftButton


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SessionState.IDLE, "Start"),
        (SessionState.STARTING, "Stop"),
        (SessionState.LIVE, "Stop"),
        (SessionState.FINISHING, "Finishing"),
        (SessionState.STOPPED, "Start"),
        (SessionState.FAILED, "Start"),
    ],
)
def test_the_run_button_says_what_it_will_do(
    window: MainWindow, session: PlayedSession, state: SessionState, words: str
) -> None:
    session.state = Status(state=state)
    window.pull_status()

    assert window.controls.run.text() == words
    assert window.controls.run.isEnabled() == (state is not SessionState.FINISHING)


def test_a_click_starts_and_a_click_stops(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    session.state = Status()
    window.pull_status()
    window.start_requested.connect(
        lambda: setattr(session, "state", Status(state=SessionState.STARTING))
    )

    with qtbot.waitSignal(window.start_requested):
        qtbot.mouseClick(window.controls.run, LEFT)
    assert window.controls.run.text() == "Stop"
    with qtbot.waitSignal(window.stop_requested):
        qtbot.mouseClick(window.controls.run, LEFT)


def test_space_starts_and_stops_wherever_the_mouse_last_clicked(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    session.state = Status()
    window.pull_status()
    qtbot.mouseClick(window.viewer.contrast.auto, LEFT)
    qtbot.mouseClick(window.viewer.raw.graphics.viewport(), LEFT)

    with qtbot.waitSignal(window.start_requested):
        qtbot.keyClick(window, QtCore.Qt.Key.Key_Space)


def test_record_asks_for_a_recording_and_for_its_end(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.record_requested) as asked:
        qtbot.mouseClick(window.controls.record, LEFT)
    assert asked.args == [True]
    with qtbot.waitSignal(window.record_requested) as asked:
        qtbot.keyClick(window, QtCore.Qt.Key.Key_R)
    assert asked.args == [False]


def test_the_record_button_tells_wish_from_truth(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    record = window.controls.record
    assert record.text() == "Record"

    qtbot.mouseClick(record, LEFT)
    assert record.text() == "Will record"
    session.state = Status(state=SessionState.LIVE, recording="run3")
    window.pull_status()
    assert record.text() == "● Recording"
    qtbot.mouseClick(record, LEFT)
    assert record.text() == "Stopping recording"
    session.state = Status(state=SessionState.LIVE)
    window.pull_status()
    assert record.text() == "Record"


def test_a_recording_that_ends_by_itself_is_no_longer_shown(
    window: MainWindow, session: PlayedSession
) -> None:
    session.state = Status(state=SessionState.LIVE, recording="run3")
    window.pull_status()
    assert window.controls.record.isChecked()
    session.state = Status(state=SessionState.FAILED)
    window.pull_status()

    assert not window.controls.record.isChecked()
    assert window.controls.record.text() == "Record"


@pytest.mark.parametrize("state", [SessionState.STOPPED, SessionState.FAILED])
def test_a_folder_that_was_recorded_to_is_not_a_recording(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, state: SessionState
) -> None:
    session.state = Status(state=SessionState.LIVE, recording="run3")
    window.pull_status()
    session.state = Status(state=state, recording="run3")
    window.pull_status()
    assert window.controls.record.text() == "Record"

    qtbot.mouseClick(window.controls.record, LEFT)
    window.pull_status()
    assert window.controls.record.text() == "Will record"


def test_a_folder_given_before_the_start_will_be_recorded_to(
    window: MainWindow, session: PlayedSession
) -> None:
    session.state = Status()
    window.pull_status()
    session.state = Status(recording="run3")
    window.pull_status()

    assert window.controls.record.text() == "Will record"
    assert window.controls.record.isChecked()


def test_a_recording_is_red(window: MainWindow, session: PlayedSession) -> None:
    session.state = Status(state=SessionState.LIVE, recording="run3")
    window.pull_status()

    picture = window.controls.record.grab().toImage()
    colour = picture.pixelColor(10, picture.height() // 2)
    assert colour.red() > 180
    assert colour.green() < 100
    assert colour.blue() < 100


@pytest.mark.parametrize(("progress", "shown"), [(0.43, (0, 100, 43)), (None, (0, 0))])
def test_progress_shows_only_while_finishing(
    window: MainWindow, session: PlayedSession, progress: float | None, shown: tuple[int, ...]
) -> None:
    bar = window.controls.progress
    assert not bar.isVisible()

    session.state = Status(state=SessionState.FINISHING, progress=progress)
    window.pull_status()
    assert bar.isVisible()
    assert (bar.minimum(), bar.maximum(), bar.value())[: len(shown)] == shown
    session.state = Status(state=SessionState.STOPPED)
    window.pull_status()
    assert not bar.isVisible()


def test_keys_stand_in_the_tooltips(window: MainWindow) -> None:
    controls = window.controls

    for button, key in (
        (controls.run, "(Space)"),
        (controls.record, "(R)"),
        (window.viewer.toolbar.fit, "(F)"),
        (window.viewer.contrast.auto, "(A)"),
    ):
        assert button.toolTip().endswith(key)
