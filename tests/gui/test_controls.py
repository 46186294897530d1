from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status
from gui.qt import QtCore, QtWidgets
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


def test_space_asks_before_it_ends_a_recording(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    session.state = Status(state=SessionState.LIVE, recording="run3")
    window.pull_status()
    stopped: list[None] = []
    window.stop_requested.connect(lambda: stopped.append(None))
    qtbot.keyClick(window, QtCore.Qt.Key.Key_Space)
    question = window.controls.question
    assert question is not None
    assert question.isVisible()
    # Hit twice by mistake, it still goes on.
    qtbot.keyClick(question.defaultButton(), QtCore.Qt.Key.Key_Space)
    assert window.controls.question is None
    assert stopped == []
    qtbot.keyClick(window, QtCore.Qt.Key.Key_Space)
    question = window.controls.question
    assert question is not None
    stop = next(one for one in question.buttons() if one.text() == "Stop")
    qtbot.mouseClick(stop, LEFT)
    assert stopped == [None]
    # A click on the button is meant.
    qtbot.mouseClick(window.controls.run, LEFT)
    assert stopped == [None, None]
    session.state = Status(state=SessionState.LIVE)
    window.pull_status()
    qtbot.keyClick(window, QtCore.Qt.Key.Key_Space)
    assert stopped == [None] * 3


def test_a_recording_has_its_clock_and_its_frames(
    window: MainWindow, session: PlayedSession
) -> None:
    recorded, told = window.status_line.recorded, []
    assert not recorded.isVisible()
    session.state = Status(state=SessionState.LIVE, recording="run3", recorded=(1234, 3723.9))
    window.pull_status()
    assert recorded.isVisible()
    assert recorded.number.text().strip() == "1234"
    assert recorded.caption.text() == "in 1:02:03"
    limited = replace(session.state, recording_frames=2000)
    for limit in (limited, replace(session.state, recording_seconds=7200.0)):
        session.state = limit
        window.pull_status()
        told.append(f"{recorded.number.text().strip()}, {recorded.caption.text()}")
    assert told == ["1234/2000, in 1:02:03", "1234, 1:02:03 of 2:00:00"]
    session.state = Status(state=SessionState.LIVE)
    window.pull_status()
    assert not recorded.isVisible()


def test_the_folder_dialog_opens_where_the_button_says(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for folder, opened in ((tmp_path, tmp_path), (tmp_path / "not" / "yet", tmp_path)):
        window.controls.show_folder(str(folder))
        qtbot.mouseClick(window.controls.folder, LEFT)
        dialog = window.findChild(QtWidgets.QFileDialog)
        assert dialog is not None
        assert Path(dialog.directory().absolutePath()) == opened
        dialog.setParent(None)
        dialog.close()
        dialog.deleteLater()


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
    assert record.text() == "Stop recording"
    qtbot.mouseClick(record, LEFT)
    assert record.text() == "Stopping"
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
    session.state = Status(state=SessionState.STARTING, recording="run3")
    window.pull_status()
    assert window.controls.record.text() == "Will record"
    window.withdraw_recording()
    assert window.controls.record.text() == "Record"


def test_a_recording_is_red(window: MainWindow, session: PlayedSession) -> None:
    session.state = Status(state=SessionState.LIVE, recording="run3")
    window.pull_status()

    picture = window.controls.record.grab().toImage()
    colour = picture.pixelColor(10, picture.height() // 2)
    assert colour.red() > 180
    assert colour.green() < 100
    assert colour.blue() < 100


def test_the_name_of_a_recording_can_be_typed_and_the_keys_work_again_after(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    name = window.controls.name
    assert not name.hasFocus()
    qtbot.mouseClick(name, LEFT)
    with qtbot.assertNotEmitted(window.record_requested):
        qtbot.keyClicks(name, "cell r/3: a?")
    assert window.recording_name == "cell r3 a"

    qtbot.keyClick(name, QtCore.Qt.Key.Key_Return)
    with qtbot.waitSignal(window.record_requested):
        qtbot.keyClick(window, QtCore.Qt.Key.Key_R)


def test_name_and_folder_stay_while_they_are_recorded_to(
    window: MainWindow, session: PlayedSession
) -> None:
    controls = window.controls
    for status, enabled in (
        (Status(state=SessionState.LIVE), True),
        (Status(state=SessionState.LIVE, recording="run3"), False),
        (Status(state=SessionState.FINISHING, recording="run3"), False),
        (Status(state=SessionState.STOPPED, recording="run3"), True),
    ):
        session.state = status
        window.pull_status()
        assert controls.name.isEnabled() == controls.folder.isEnabled() == enabled


def test_a_folder_is_chosen_in_a_dialog_that_nothing_waits_for(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.controls.show_folder(str(tmp_path))
    assert tmp_path.name[:3] in window.controls.folder.text()
    qtbot.mouseClick(window.controls.folder, LEFT)
    dialog = window.findChild(QtWidgets.QFileDialog)
    assert dialog.directory().absolutePath() == tmp_path.as_posix()
    with qtbot.waitSignal(window.folder_chosen) as chosen:
        dialog.accept()
    assert Path(chosen.args[0]) == tmp_path


def test_keys_stand_in_the_tooltips(window: MainWindow) -> None:
    controls = window.controls

    for button, key in (
        (controls.run, "(Space)"),
        (controls.record, "(R)"),
        (controls.snapshot, "(S)"),
        (window.viewer.toolbar.fit, "(F)"),
        (window.viewer.contrast.auto, "(A)"),
    ):
        assert button.toolTip().endswith(key)
