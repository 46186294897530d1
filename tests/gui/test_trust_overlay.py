import dataclasses

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui import Interval, MainWindow, TrustMap
from gui.qt import QtCore, QtGui
from gui.trust_maps import FIRST_SHOWN_SD, LAST_SHOWN_SD, SCALES, UNRESOLVED
from tests.gui.conftest import PlayedSession
from tests.gui.mouse import colour_at


def channels(table: np.ndarray) -> np.ndarray:
    return np.stack([(table >> shift) & 0xFF for shift in (24, 16, 8, 0)], axis=1).astype(int)


def test_what_noise_explains_is_clear_and_the_rest_the_stronger_the_further() -> None:
    deviations = np.linspace(-LAST_SHOWN_SD, LAST_SHOWN_SD, 256)
    opacity = channels(SCALES[TrustMap.RESIDUAL].colours(0.8))[:, 0]

    assert (opacity[np.abs(deviations) < FIRST_SHOWN_SD] == 0).all()
    assert (np.diff(opacity[deviations > FIRST_SHOWN_SD]) >= 0).all()
    assert (np.diff(opacity[deviations < -FIRST_SHOWN_SD]) <= 0).all()
    assert opacity.max() == round(0.8 * 255)


def test_too_much_is_warm_and_too_little_is_cold() -> None:
    _, red, _, blue = channels(SCALES[TrustMap.RESIDUAL].colours(1.0)).T

    assert red[255] > 200 > 50 > blue[255]
    assert blue[0] > 200 > 50 > red[0]


def test_what_is_less_certain_is_brighter_for_all_eyes_and_as_in_the_legend() -> None:
    opacity, *colours = channels(SCALES[TrustMap.UNCERTAINTY].colours(1.0)).T
    luminance = np.array([0.2126, 0.7152, 0.0722]) @ (np.array(colours) / 255) ** 2.2

    assert (opacity == 255).all()
    # Neighbouring colours differ by less than rounding.
    assert (np.diff(luminance[::8]) > 0).all()


@pytest.fixture
def mapped(window: MainWindow, session: PlayedSession) -> MainWindow:
    """A black image with too much in its left part, too little in its right, noise between."""
    preview = session.take(np.zeros((48, 64), np.uint8))
    trust_map = np.zeros((48, 64), np.float32)
    trust_map[:, :16] = 20.0
    trust_map[:, 16:32] = 1.0
    trust_map[:, 48:] = -20.0
    trust_map[0] = np.nan
    half_width = np.zeros((48, 64), np.float32)
    half_width[:, 16:32] = 2000.0
    half_width[:, 32:] = 250.0
    session.previews.append(
        dataclasses.replace(
            preview,
            sequence=1,
            trust_map=lambda: trust_map,
            unresolved_map=lambda: (half_width == 250.0).astype(np.float32),
            interval=Interval(half_width, 1000.0, 0.9),
        )
    )
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

    assert "No trust map" in mapped.viewer.legend.words.text()
    assert colour(mapped, 8, 10).getRgb()[:3] == (0, 0, 0)


def test_one_map_is_shown_in_place_of_the_other_with_its_own_legend(
    qtbot: QtBot, mapped: MainWindow
) -> None:
    legend = mapped.viewer.legend
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_P)

    legend.slider.setValue(100)
    bar = legend.bar.grab().toImage()
    for x, place in ((8, 0), (40, bar.width() // 4), (24, bar.width() - 1)):
        on_the_bar, on_the_image = QtGui.QColor(bar.pixel(place, 5)), colour(mapped, x, 10)
        assert on_the_image.getRgb()[:3] == pytest.approx(on_the_bar.getRgb()[:3], abs=3)
    assert "expects to be<br>for 90 % of pixels" in legend.words.text()
    assert "only samples like its training" in legend.words.text()
    assert "not checked" in legend.toolTip()

    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)
    assert "than was measured" in legend.words.text()
    assert colour(mapped, 8, 10).red() > 100
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_T)
    assert not legend.isVisible()
    assert mapped.viewer.toolbar.map is None


def test_what_cannot_be_told_apart_is_marked_and_nothing_else(
    qtbot: QtBot, mapped: MainWindow, session: PlayedSession
) -> None:
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_W)

    legend = mapped.viewer.legend
    legend.slider.setValue(100)
    assert colour(mapped, 40, 10).getRgb()[:3] == UNRESOLVED
    assert colour(mapped, 24, 10).getRgb()[:3] == (0, 0, 0)
    assert "annot be told apart" in legend.words.text()
    session.take(np.zeros((48, 64), np.uint8))
    mapped.pull_preview()
    assert "Not known for this frame" in legend.words.text()
    assert colour(mapped, 40, 10).getRgb()[:3] == (0, 0, 0)


def test_an_engine_that_was_not_asked_is_not_taken_for_a_sure_one(
    qtbot: QtBot, mapped: MainWindow, session: PlayedSession
) -> None:
    qtbot.keyClick(mapped, QtCore.Qt.Key.Key_P)
    session.take(np.zeros((48, 64), np.uint8))
    mapped.pull_preview()

    assert "--uncertainty" in mapped.viewer.legend.words.text()
    assert colour(mapped, 24, 10).getRgb()[:3] == (0, 0, 0)


def test_the_pixel_under_the_mouse_is_read_with_what_is_expected_of_it(mapped: MainWindow) -> None:
    mapped.viewer.restored.pointed.emit(20.0, 10.0)
    assert mapped.viewer.readout.toolTip().endswith("restored     0 ± 2000")


def test_the_maps_memory_counts_as_the_images_does(mapped: MainWindow) -> None:
    shown = mapped.shown
    assert shown is not None
    assert shown.interval is not None
    plain = dataclasses.replace(shown, interval=None)
    assert shown.nbytes - plain.nbytes == shown.interval.half_width.nbytes
