import sys

import pytest
from pytestqt.qtbot import QtBot

from gui.qt import QtCore


class _Speaker(QtCore.QObject):
    said = QtCore.Signal()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True can't die from Python 3.12 on")
def test_the_qt_binding_does_not_wear_out_true(qtbot: QtBot) -> None:
    # PySide6 6.12.0 takes a reference to True at each signal: the process ends after a few hundred.
    speaker = _Speaker()
    speaker.said.connect(lambda: None)
    before = sys.getrefcount(True)

    for _ in range(50):
        speaker.said.emit()

    assert sys.getrefcount(True) > before - 25
