from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui import ExperimentDialog, MainWindow, SessionState, Status
from gui.qt import QtCore, QtWidgets
from tests.gui.conftest import PlayedSession

LEFT = QtCore.Qt.MouseButton.LeftButton


@pytest.fixture
def first(window: MainWindow, session: PlayedSession) -> Iterator[MainWindow]:
    session.state = Status()
    window.pull_status()
    window.offer_engines(["mito-lite", "bilinear"], "mito-lite")
    window.show_start_page("replay:cells.tif")
    return window


def test_it_offers_the_ways_to_begin_and_nothing_that_can_not_be_done_yet(
    first: MainWindow,
) -> None:
    page = first.start_page
    assert page.isVisible()
    assert page.last_time.toolTip() == "cells.tif"
    assert not first.viewer.isVisible()
    assert not first.controls.isVisible()
    assert not first.status_line.isVisible()
    first.show_start_page("")
    assert not page.again.isVisible()
    first.show_images()
    assert first.viewer.isVisible()
    assert first.controls.isVisible()


def test_each_way_is_a_click(qtbot: QtBot, first: MainWindow) -> None:
    page = first.start_page
    for button, signal, arguments in (
        (page.again, first.again_chosen, []),
        (page.demo, first.demo_chosen, []),
        (page.microscope, first.microscope_chosen, [4827]),
    ):
        with qtbot.waitSignal(signal) as chosen:
            qtbot.mouseClick(button, LEFT)
        assert chosen.args == arguments
    page.port.clear()
    qtbot.keyClicks(page.port, "48x30")
    with qtbot.waitSignal(first.microscope_chosen) as chosen:
        qtbot.mouseClick(page.microscope, LEFT)
    assert chosen.args == [4830]


def test_a_file_is_chosen_in_a_dialog_while_the_window_goes_on(
    qtbot: QtBot, first: MainWindow, tmp_path: Path
) -> None:
    file = tmp_path / "cells.tif"
    file.write_bytes(b"")
    qtbot.mouseClick(first.start_page.replay, LEFT)
    dialog = first.findChild(QtWidgets.QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.findChild(QtWidgets.QLineEdit).setText("cells.tif")
    with qtbot.waitSignal(first.file_chosen) as chosen:
        dialog.accept()
    assert Path(chosen.args[0]) == file


def test_the_keys_that_ask_for_files_work_here_too(qtbot: QtBot, first: MainWindow) -> None:
    keys = QtCore.Qt.KeyboardModifier
    for modifiers, mode in (
        (keys.ControlModifier, QtWidgets.QFileDialog.FileMode.ExistingFile),
        (keys.ControlModifier | keys.ShiftModifier, QtWidgets.QFileDialog.FileMode.Directory),
    ):
        with qtbot.waitActive(first):
            first.activateWindow()
        qtbot.keyClick(first, QtCore.Qt.Key.Key_O, modifiers)
        (dialog,) = (one for one in first.findChildren(QtWidgets.QFileDialog) if one.isVisible())
        assert dialog.fileMode() == mode
        dialog.reject()


def test_the_plan_of_an_experiment_is_chosen_in_a_dialog_with_the_port(
    qtbot: QtBot, first: MainWindow, tmp_path: Path
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(b"")
    qtbot.mouseClick(first.start_page.plan, LEFT)
    qtbot.mouseClick(first.findChild(ExperimentDialog).plan, LEFT)
    dialog = first.findChild(QtWidgets.QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.findChild(QtWidgets.QLineEdit).setText("plan.yaml")
    with qtbot.waitSignal(first.plan_chosen) as chosen:
        dialog.accept()
    path, port = chosen.args
    assert (Path(path), port) == (file, 4827)


def test_a_simple_experiment_is_typed_and_run_by_enter(qtbot: QtBot, first: MainWindow) -> None:
    qtbot.mouseClick(first.start_page.plan, LEFT)
    dialog = first.findChild(ExperimentDialog)
    # Without an interval there is nothing to run.
    assert not dialog.run.isEnabled()
    qtbot.keyClicks(dialog.channels, "GFP, mCherry")
    qtbot.keyClicks(dialog.interval, "2s ")
    with qtbot.waitSignal(first.experiment_typed) as typed:
        qtbot.keyClick(dialog.interval, QtCore.Qt.Key.Key_Return)
    assert typed.args == [("2s", "GFP, mCherry", ""), 4827]


def test_an_engine_can_be_chosen_first(qtbot: QtBot, first: MainWindow) -> None:
    engine = first.start_page.engine
    with qtbot.waitSignal(first.engine_chosen) as chosen:
        qtbot.keyClick(engine, QtCore.Qt.Key.Key_Down)
    assert chosen.args == ["bilinear"]


def test_the_menus_offer_the_same_later_but_not_while_recording(
    qtbot: QtBot, first: MainWindow, session: PlayedSession
) -> None:
    first.show_images()
    choices = first.choices
    demo, _, _, microscope, _ = choices.source.menu().actions()
    with qtbot.waitSignal(first.demo_chosen):
        demo.trigger()
    with qtbot.waitSignal(first.microscope_chosen) as chosen:
        microscope.trigger()
    assert chosen.args == [0]
    mito_lite, bilinear, *_ = choices.engine.menu().actions()
    assert mito_lite.isChecked()
    with qtbot.waitSignal(first.engine_chosen) as chosen:
        bilinear.trigger()
    assert chosen.args == ["bilinear"]

    session.state = Status(state=SessionState.LIVE, recording="run3")
    first.pull_status()
    assert not choices.source.isEnabled()
    assert "Stop the recording" in choices.engine.toolTip()
    qtbot.keyClick(first, QtCore.Qt.Key.Key_O, QtCore.Qt.KeyboardModifier.ControlModifier)
    assert first.findChild(QtWidgets.QFileDialog) is None


def test_recordings_and_files_of_late_are_offered_and_a_recording_asked_for(
    qtbot: QtBot, first: MainWindow
) -> None:
    page = first.start_page
    assert not page.recent.isVisible()
    first.show_start_page("", ["/data/a&b", "/data/cells.tif"])
    assert page.recent.isVisible()
    assert page.last_recent.toolTip() == "/data/a&b"
    with qtbot.waitSignal(first.dropped) as chosen:
        page.recent.menu().actions()[0].trigger()
    assert chosen.args == ["/data/a&b"]
    qtbot.mouseClick(page.recording, LEFT)
    dialog = first.findChild(QtWidgets.QFileDialog)
    with qtbot.waitSignal(first.recording_chosen) as chosen:
        dialog.fileSelected.emit("/data/cell-3")
    assert chosen.args == ["/data/cell-3"]
