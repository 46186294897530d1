import dataclasses

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui import MainWindow
from gui.qt import QtCore, QtGui
from gui.trust_overlay import FIRST_SHOWN_SD, LAST_SHOWN_SD, trust_colours
from tests.gui.conftest import PlayedSession
from tests.gui.mouse import colour_at


def channels(table: np.ndarray) -> np.ndarray:
    return np.stack([(table >> shift) & 0xFF for shift in (24, 16, 8, 0)], axis=1).astype(int)


def test_what_noise_explains_is_clear_and_the_rest_the_stronger_the_further() -> None:
    deviations = np.linspace(-LAST_SHOWN_SD, LAST_SHOWN_SD, 256)
    opacity = channels(trust_colours(0.8))[:, 0]

    assert (opacity[np.abs(deviations) < FIRST_SHOWN_SD] == 0).all()
    assert (np.diff(opacity[deviations > FIRST_SHOWN_SD]) >= 0).all()
    assert (np.diff(opacity[deviations < -FIRST_SHOWN_SD]) <= 0).all()
    assert opacity.max() == round(0.8 * 255)


def test_too_much_is_warm_and_too_little_is_cold() -> None:
    _, red, _, blue = channels(trust_colours(1.0)).T

    assert red[255] > 200 > 50 > blue[255]
    assert blue[0] > 200 > 50 > red[0]


@pytest.fixture
def mapped(window: MainWindow, session: PlayedSession) -> MainWindow:
    """A black image with too much in its left part, too little in its right, noise between."""
    preview = session.take(np.zeros((48, 64), np.uint8))
    trust_map = np.zeros((48, 64), np.float32)
    trust_map[:, :16] = 20.0
    trust_map[:, 16:32] = 1.0
    trust_map[:, 48:] = -20.0
    trust_map[0] = np.nan
    session.previews.append(dataclasses.replace(preview, sequence=1, trust_map=lambda: trust_map))
    window.pull_preview()
    return window


def colour(window: MainWindow, x: float, y: float) -> QtGui.QColor:
    return colour_at(window.viewer.restored, x, y)


def test_the_overlay_is_shown_when_asked_for_with_its_legend(
    qtbot: QtBot, mapped: MainWindow
) -> None:
    viewer = mapped.viewer
    assert colour(mapped, 8, 10).getRgb()[:3] == (0, 0, 0)

    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)

    assert viewer.legend.isVisible()
    assert "than was measured" in viewer.legend.words.text()
    assert colour(mapped, 8, 10).red() > 100
    assert colour(mapped, 24, 10).getRgb()[:3] == (0, 0, 0)
    assert colour(mapped, 8, 0.5).getRgb()[:3] == (0, 0, 0)
    assert colour(mapped, 56, 10).blue() > 100
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)
    assert colour(mapped, 8, 10).getRgb()[:3] == (0, 0, 0)


def test_its_opacity_is_the_users_choice(qtbot: QtBot, mapped: MainWindow) -> None:
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)
    seen = []
    for opacity in (100, 50, 0):
        mapped.viewer.legend.slider.setValue(opacity)
        seen.append(colour(mapped, 8, 10).red())

    assert seen == pytest.approx([255, 128, 0], abs=2)


def test_a_frame_without_figures_says_so(
    qtbot: QtBot, mapped: MainWindow, session: PlayedSession
) -> None:
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)
    session.take(np.zeros((48, 64), np.uint8))
    mapped.pull_preview()

    assert "No figures" in mapped.viewer.legend.words.text()
    assert colour(mapped, 8, 10).getRgb()[:3] == (0, 0, 0)
