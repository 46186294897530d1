"""Side by side, under a curtain, or in turns."""

import dataclasses

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui import MainWindow, Preview
from gui.image_panel import ImagePanel
from gui.qt import QtCore
from tests.gui.conftest import PlayedSession
from tests.gui.mouse import colour_at, drag, drag_from, on_screen, turn_wheel

KEYS = QtCore.Qt.Key


@pytest.fixture
def compared(window: MainWindow, session: PlayedSession) -> MainWindow:
    """Raw is dark, the mean is bright, restored is brightest."""
    raw = np.full((48, 64), 50, np.uint8)
    mean = np.full((48, 64), 100, np.float32)
    session.previews.append(
        Preview(
            raw=raw,
            restored=np.full((192, 256), 200, np.uint8),
            index=7,
            sequence=0,
            acquired=1.0,
            mean=mean,
        )
    )
    window.pull_preview()
    window.viewer.contrast.region.setRegion((0.0, 255.0))
    return window


def grey_at(panel: ImagePanel, x: float, y: float) -> int:
    return colour_at(panel, x, y).red()


def test_side_by_side_raw_stands_left_and_restored_right(compared: MainWindow) -> None:
    assert grey_at(compared.viewer.raw, 20, 20) == 50
    assert grey_at(compared.viewer.restored, 20, 20) == 200


def test_the_curtain_is_dragged_between_raw_and_restored(
    qtbot: QtBot, compared: MainWindow
) -> None:
    qtbot.keyClick(compared, KEYS.Key_2)
    panel = compared.viewer.restored
    qtbot.waitUntil(lambda: panel.graphics.width() > 900)
    assert not compared.viewer.raw.isVisible()
    assert (grey_at(panel, 20, 10), grey_at(panel, 44, 10)) == (50, 200)
    assert "Raw" in panel.name.text()
    assert "Restored" in panel.name.text()

    middle = panel.view.viewRect().center()
    drag_from(qtbot, panel, on_screen(panel, middle.x(), 24), on_screen(panel, 50, 24))

    assert (grey_at(panel, 44, 10), grey_at(panel, 55, 10)) == (50, 200)


def test_the_curtain_stays_on_the_screen_while_the_image_is_zoomed(
    qtbot: QtBot, compared: MainWindow
) -> None:
    qtbot.keyClick(compared, KEYS.Key_2)
    panel = compared.viewer.restored
    qtbot.waitUntil(lambda: panel.graphics.width() > 900)

    panel.look_at(QtCore.QPointF(20, 20), 0.02)

    seen = panel.view.viewRect()
    assert panel.curtain.line.value() == pytest.approx(seen.center().x())
    assert grey_at(panel, seen.left() + 0.2 * seen.width(), seen.center().y()) == 50
    assert grey_at(panel, seen.left() + 0.8 * seen.width(), seen.center().y()) == 200


def test_held_the_key_shows_raw_in_the_place_of_restored(
    qtbot: QtBot, compared: MainWindow
) -> None:
    panel = compared.viewer.restored
    qtbot.keyPress(compared, KEYS.Key_B)
    assert grey_at(panel, 20, 20) == 50
    assert "Raw" in panel.name.text()
    qtbot.keyRelease(compared, KEYS.Key_B)
    assert grey_at(panel, 20, 20) == 200
    assert "Raw" not in panel.name.text()


def test_flickering_a_tap_changes_the_image_and_a_tap_changes_it_back(
    qtbot: QtBot, compared: MainWindow
) -> None:
    qtbot.keyClick(compared, KEYS.Key_3)
    panel = compared.viewer.restored
    qtbot.waitUntil(lambda: panel.graphics.width() > 900)
    seen = []
    for _ in range(2):
        qtbot.keyClick(compared, KEYS.Key_B)
        seen.append(grey_at(panel, 20, 20))

    assert seen == [50, 200]


def test_flickering_a_long_press_changes_the_image_only_meanwhile(
    qtbot: QtBot, compared: MainWindow
) -> None:
    qtbot.keyClick(compared, KEYS.Key_3)
    panel = compared.viewer.restored
    qtbot.waitUntil(lambda: panel.graphics.width() > 900)

    qtbot.keyPress(compared, KEYS.Key_B)
    qtbot.wait(400)
    assert grey_at(panel, 20, 20) == 50
    qtbot.keyRelease(compared, KEYS.Key_B)

    assert grey_at(panel, 20, 20) == 200


def test_a_name_is_typed_without_changing_what_is_seen(
    qtbot: QtBot, compared: MainWindow, session: PlayedSession
) -> None:
    session.take(np.full((48, 64), 50, np.uint8))
    compared.pull_preview()
    name = compared.controls.name
    name.setFocus()
    for key in (KEYS.Key_B, KEYS.Key_L, KEYS.Key_2, KEYS.Key_Left, KEYS.Key_End, KEYS.Key_T):
        qtbot.keyClick(name, key)

    assert name.text() == "bl2t"
    assert compared.viewer.raw.isVisible()
    assert compared.viewer.live
    assert compared.viewer.measuring.tool is None
    assert not compared.viewer.restored.swapped


def test_another_arrangement_begins_with_restored_in_its_place(
    qtbot: QtBot, compared: MainWindow
) -> None:
    qtbot.keyClick(compared, KEYS.Key_3)
    qtbot.keyClick(compared, KEYS.Key_B)
    qtbot.keyClick(compared, KEYS.Key_1)

    assert compared.viewer.raw.isVisible()
    assert grey_at(compared.viewer.restored, 20, 20) == 200


def test_the_mean_stands_left_and_is_read_in_parts_of_counts(
    qtbot: QtBot, compared: MainWindow, session: PlayedSession
) -> None:
    viewer = compared.viewer
    assert not viewer.wants_mean
    qtbot.keyClick(compared, KEYS.Key_6)
    assert viewer.wants_mean
    assert grey_at(viewer.raw, 20, 20) == 100
    assert "Mean" in viewer.raw.name.text()
    assert viewer.raw.counts_at(20, 20) == 100.0

    without = dataclasses.replace(session.previews[-1], mean=None, sequence=1)
    session.previews.append(without)
    compared.pull_preview()
    assert grey_at(viewer.raw, 20, 20) == 50
    assert "no mean" in viewer.raw.name.text()


def test_bilinear_fades_between_raw_pixels(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    raw = np.zeros((4, 4), np.uint8)
    raw[:, 2:] = 200
    session.take(raw)
    window.pull_preview()
    window.viewer.contrast.region.setRegion((0.0, 255.0))
    assert {grey_at(window.viewer.raw, x, 1.5) for x in (1.6, 1.9, 2.1, 2.4)} == {0, 200}

    qtbot.keyClick(window, KEYS.Key_5)

    shades = [grey_at(window.viewer.raw, x, 1.5) for x in (1.6, 1.9, 2.1, 2.4)]
    assert shades == sorted(shades)
    assert shades == pytest.approx([20, 80, 120, 180], abs=6)


def part_seen(panel: ImagePanel) -> tuple[float, float, float]:
    """The middle of what a panel shows, and how large."""
    middle = panel.view.viewRect().center()
    return round(middle.x(), 3), round(middle.y(), 3), round(panel.lr_per_screen, 5)


def test_both_views_show_the_same_part_after_a_curtain_that_was_panned_under(
    qtbot: QtBot, compared: MainWindow
) -> None:
    raw, restored = compared.viewer.raw, compared.viewer.restored
    turn_wheel(restored, 4)
    qtbot.keyClick(compared, KEYS.Key_2)
    qtbot.waitUntil(lambda: restored.graphics.width() > 900)
    assert part_seen(restored)[2] == part_seen(raw)[2]
    drag(qtbot, restored, 60, 40)
    turn_wheel(restored, 2)
    seen = part_seen(restored)
    qtbot.keyClick(compared, KEYS.Key_1)
    qtbot.waitUntil(lambda: raw.graphics.width() == restored.graphics.width() < 900)
    assert part_seen(raw) == part_seen(restored) == seen
    compared.resize(1000, 700)
    qtbot.waitUntil(lambda: raw.graphics.width() == restored.graphics.width() < 500)
    assert part_seen(raw) == part_seen(restored) == seen


def test_zoom_is_told_and_one_to_one_shows_a_restored_pixel_on_one_of_the_screen(
    qtbot: QtBot, compared: MainWindow
) -> None:
    raw, restored, zoom = (
        compared.viewer.raw,
        compared.viewer.restored,
        compared.viewer.toolbar.zoom,
    )
    ratio = compared.devicePixelRatioF()
    assert zoom.text() == f"{100 * ratio / restored.lr_per_screen / 4:.0f} %"
    qtbot.keyClick(compared, KEYS.Key_0)
    assert zoom.text() == "100 %"
    assert restored.lr_per_screen == pytest.approx(ratio / 4)
    assert part_seen(raw) == part_seen(restored)
    qtbot.keyClick(compared, KEYS.Key_F)
    assert zoom.text() != "100 %"


def test_the_restored_image_has_a_contrast_of_its_own_only_on_request(
    compared: MainWindow,
) -> None:
    contrast, raw, restored = (
        compared.viewer.contrast,
        compared.viewer.raw,
        compared.viewer.restored,
    )
    contrast.region.setRegion((0.0, 255.0))
    contrast.choose_of.setCurrentText("restored only")
    assert "own contrast" in restored.name.text()
    contrast.region.setRegion((100.0, 200.0))
    assert grey_at(raw, 20, 20) == 50
    assert grey_at(restored, 20, 20) == 255
    contrast.choose_of.setCurrentText("raw only")
    assert contrast.limits == (0.0, 255.0)
    contrast.region.setRegion((0.0, 50.0))
    assert grey_at(raw, 20, 20) == 255
    assert grey_at(restored, 20, 20) == 255
    contrast.choose_of.setCurrentText("both images")
    contrast.region.setRegion((0.0, 255.0))
    assert "own contrast" not in restored.name.text()
    assert (grey_at(raw, 20, 20), grey_at(restored, 20, 20)) == (50, 200)
