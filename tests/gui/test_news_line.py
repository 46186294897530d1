import pytest
from pytestqt.qtbot import QtBot

from gui import Light, SessionState, Status
from gui.news_line import NewsLine
from gui.qt import QtGui


@pytest.fixture
def line(qtbot: QtBot) -> NewsLine:
    line = NewsLine()
    qtbot.addWidget(line)
    line.resize(1200, 30)
    with qtbot.waitExposed(line):
        line.show()
    return line


@pytest.mark.parametrize(
    ("light", "dominant"),
    [("green", QtGui.QColor.green), ("red", QtGui.QColor.red), ("amber", QtGui.QColor.red)],
)
def test_the_light_shows_its_colour_with_the_reason_in_words(
    line: NewsLine, light: Light, dominant: object
) -> None:
    line.show_status(Status(light=light, light_reason="Pixels of 0.3 µm are too large."))

    lamp = line.light.lamp
    colour = lamp.grab().toImage().scaled(16, 16).pixelColor(8, 9)
    assert dominant(colour) == max(colour.red(), colour.green(), colour.blue())  # type: ignore[operator]
    assert line.light.reason.text() == "Pixels of 0.3 µm are too large."
    assert line.light.reason.width() > 900


def test_lights_differ_in_shape_for_eyes_that_do_not_tell_red_from_green(line: NewsLine) -> None:
    shapes = set()
    for light in ("green", "amber", "red"):
        line.light.show_light(light, "")  # type: ignore[arg-type]
        picture = line.light.lamp.grab().toImage().scaled(16, 16)
        lit = picture.pixelColor(8, 9)
        # No corner of a circle is lit, the lower ones of a triangle, and all of a square.
        shapes.add(tuple(picture.pixelColor(x, y) == lit for x, y in ((1, 1), (14, 1), (2, 14))))
    assert shapes == {(False, False, False), (False, False, True), (True, True, True)}


def test_nothing_is_claimed_while_nobody_knows(line: NewsLine) -> None:
    line.show_status(Status())
    picture = line.light.lamp.grab().toImage()
    assert picture.pixelColor(8, 8) == picture.pixelColor(0, 0)
    assert line.light.reason.text() == ""


@pytest.mark.parametrize(("progress", "shown"), [(0.43, (0, 1000, 430)), (None, (0, 0))])
def test_long_work_is_shown_in_words_with_its_progress(
    line: NewsLine, progress: float | None, shown: tuple[int, ...]
) -> None:
    assert not line.progress.isVisible()
    line.show_status(
        Status(state=SessionState.FINISHING, task="Restoring what is left", progress=progress)
    )

    bar = line.progress
    assert bar.isVisible()
    assert (bar.minimum(), bar.maximum(), bar.value())[: len(shown)] == shown
    assert line.message.text() == "Restoring what is left"
    line.show_status(Status(state=SessionState.STOPPED))
    assert not bar.isVisible()
