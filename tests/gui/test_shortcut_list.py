from pytestqt.qtbot import QtBot

from gui import MainWindow
from gui.qt import QtCore, QtGui, QtWidgets
from gui.shortcut_list import ShortcutList, keys_of


def test_every_key_of_the_window_is_listed_with_what_it_does(
    qtbot: QtBot, window: MainWindow
) -> None:
    qtbot.keyClick(window, QtCore.Qt.Key.Key_Question)
    dialog = window.findChild(ShortcutList)
    qtbot.waitUntil(dialog.isVisible)
    said = {label.text() for label in dialog.findChildren(QtWidgets.QLabel)}
    for key in ("Space", "R", "S", "F", "A", "?"):
        assert key in said
    dialog.close()
    qtbot.waitUntil(lambda: window.findChild(ShortcutList) is None)


def test_no_key_does_two_things(window: MainWindow) -> None:
    keys = [shortcut.key().toString() for shortcut in window.findChildren(QtGui.QShortcut)]
    assert sorted(keys) == sorted(set(keys))
    assert len(keys_of(window)) == len(keys)
