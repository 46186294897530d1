import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status, theme
from gui.contrast import limits_of
from gui.qt import QtCore, QtGui, QtWidgets
from tests.gui.conftest import PlayedSession
from tests.gui.mouse import LEFT, colour_at, drag, in_picture, on_screen, turn_wheel


def assert_same_view(window: MainWindow) -> None:
    raw, restored = window.viewer.raw.view.viewRect(), window.viewer.restored.view.viewRect()
    assert raw.center().x() == pytest.approx(restored.center().x())
    assert raw.center().y() == pytest.approx(restored.center().y())
    # The panels' widths may differ by a screen pixel.
    assert raw.width() == pytest.approx(restored.width(), rel=0.005)


def test_contrast_stays_when_frames_get_brighter(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    before = window.viewer.contrast.limits
    assert before == limits_of(noise)

    session.take(noise * 5)
    window.pull_preview()
    window.pull_status()

    assert window.viewer.contrast.limits == before


def test_auto_contrast_sets_the_limits_once_on_demand(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    session.take(noise * 5)
    window.pull_preview()

    qtbot.keyClick(window, QtCore.Qt.Key.Key_A)
    assert window.viewer.contrast.limits == limits_of(noise * 5)
    session.take(noise)
    window.pull_preview()
    assert window.viewer.contrast.limits == limits_of(noise * 5)


def test_both_panels_stay_linked_through_pan_zoom_and_fit(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    whole = window.viewer.raw.view.viewRange()
    assert_same_view(window)

    turn_wheel(window.viewer.raw, 4)
    zoomed = window.viewer.raw.view.viewRange()
    assert np.ptp(zoomed[0]) < np.ptp(whole[0])
    assert_same_view(window)
    drag(qtbot, window.viewer.restored, 60, -40)
    assert window.viewer.raw.view.viewRange() != zoomed
    assert_same_view(window)
    qtbot.keyClick(window, QtCore.Qt.Key.Key_F)
    np.testing.assert_allclose(window.viewer.raw.view.viewRange(), whole)
    assert_same_view(window)


def test_the_view_stays_when_frames_come(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    turn_wheel(window.viewer.restored, 5)
    view = window.viewer.raw.view.viewRange()

    session.take(noise)
    window.pull_preview()

    assert window.viewer.raw.view.viewRange() == view


def test_a_double_click_fits(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    whole = window.viewer.raw.view.viewRange()
    turn_wheel(window.viewer.raw, 5)

    viewport = window.viewer.restored.graphics.viewport()
    qtbot.mouseClick(viewport, LEFT)
    qtbot.mouseDClick(viewport, LEFT)

    np.testing.assert_allclose(window.viewer.raw.view.viewRange(), whole)
    assert_same_view(window)


def test_the_whole_field_stays_in_view_when_the_window_is_resized(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    width = window.viewer.raw.graphics.width()
    window.resize(1500, 1000)
    qtbot.waitUntil(lambda: window.viewer.raw.graphics.width() > width)

    for panel in (window.viewer.raw, window.viewer.restored):
        assert panel.view.viewRect().contains(QtCore.QRectF(0, 0, 64, 48))


@pytest.mark.parametrize("wheel", [0, 12, -40])
def test_pixels_are_square_at_every_zoom(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16], wheel: int
) -> None:
    session.take(noise)
    window.pull_preview()
    turn_wheel(window.viewer.raw, wheel)

    for panel in (window.viewer.raw, window.viewer.restored):
        across, down = panel.view.viewPixelSize()
        assert across == pytest.approx(down, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_raw_panel_shows_exact_pixels(
    window: MainWindow, session: PlayedSession, dtype: type
) -> None:
    raw = np.random.default_rng(3).integers(0, 256, (12, 16)).astype(dtype)
    session.take(raw)
    window.pull_preview()
    window.viewer.contrast.region.setRegion((0.0, 255.0))

    window.viewer.raw.scale_bar.hide()
    picture = window.viewer.raw.graphics.grab().toImage()

    for row in range(12):
        for column in range(16):
            for inset in (0.1, 0.5, 0.9):
                at = in_picture(window.viewer.raw, column + inset, row + inset)
                colour = picture.pixelColor(at)
                assert (colour.red(), colour.green(), colour.blue()) == (raw[row, column],) * 3


def test_both_images_fill_the_same_field(window: MainWindow, session: PlayedSession) -> None:
    raw = np.random.default_rng(3).integers(0, 256, (12, 16)).astype(np.uint8)
    session.take(raw)
    window.pull_preview()

    for panel in (window.viewer.raw, window.viewer.restored):
        panel.scale_bar.hide()
    left = window.viewer.raw.graphics.grab().toImage()
    right = window.viewer.restored.graphics.grab().toImage()

    for row in range(12):
        for column in range(16):
            at = in_picture(window.viewer.raw, column + 0.5, row + 0.5)
            assert left.pixel(at) == right.pixel(at)


def test_the_colour_map_colours_both_images(window: MainWindow, session: PlayedSession) -> None:
    session.take(np.array([[0, 255]] * 2, np.uint8))
    window.pull_preview()

    window.viewer.contrast.colour_map.setCurrentText("magenta")

    for panel in (window.viewer.raw, window.viewer.restored):
        colour = colour_at(panel, 1.5, 0.5)
        assert (colour.red(), colour.green(), colour.blue()) == (255, 0, 255)


def test_the_scale_bar_follows_the_zoom(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    before = window.viewer.raw.scale_bar.length
    turn_wheel(window.viewer.raw, 10)

    for panel in (window.viewer.raw, window.viewer.restored):
        bar = panel.scale_bar
        end = on_screen(panel, bar.length / 0.2, 0).x() - on_screen(panel, 0, 0).x()
        assert bar.length < before
        assert bar.length_px == pytest.approx(end, abs=1.5)
        assert bar.isVisible()


def test_an_unknown_pixel_size_is_said_until_it_is_known(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.pixel_size_um = None
    session.take(noise)
    window.pull_preview()
    assert "pixel size not known" in window.viewer.raw.scale_bar.text
    assert "µm" not in window.viewer.raw.scale_bar.text
    session.pixel_size_um = 0.2
    session.take(noise)
    window.pull_preview()
    assert "µm" in window.viewer.restored.scale_bar.text


@pytest.mark.parametrize("pixel_size_um", [0.2, None])
def test_the_pixel_under_the_mouse_is_read_in_both_images(
    qtbot: QtBot,
    window: MainWindow,
    session: PlayedSession,
    noise: NDArray[np.uint16],
    pixel_size_um: float | None,
) -> None:
    noise[5, 30] = 12345
    session.pixel_size_um = pixel_size_um
    session.take(noise)
    window.pull_preview()

    viewport = window.viewer.raw.graphics.viewport()
    qtbot.mouseMove(viewport, on_screen(window.viewer.raw, 3, 3))
    qtbot.wait(20)  # pyqtgraph leaves out moves that follow at once
    qtbot.mouseMove(viewport, on_screen(window.viewer.raw, 30.5, 5.5))
    qtbot.waitUntil(lambda: "raw 12345  restored 12345" in window.viewer.readout.text())

    assert "x   30 y    5 px" in window.viewer.readout.text()
    assert ("6.1" in window.viewer.readout.text()) == (pixel_size_um is not None)
    noise[5, 30] = 54321
    session.take(noise)
    window.pull_preview()
    assert "raw 54321  restored 54321" in window.viewer.readout.text()


def test_without_the_histogram_the_images_are_larger_and_contrast_works_all_the_same(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    height = window.viewer.raw.graphics.height()

    qtbot.keyClick(window, QtCore.Qt.Key.Key_H)
    qtbot.waitUntil(lambda: window.viewer.raw.graphics.height() > height + 80)
    session.take(noise * 5)
    window.pull_preview()
    qtbot.keyClick(window, QtCore.Qt.Key.Key_A)
    assert window.viewer.contrast.limits == limits_of(noise * 5)
    qtbot.keyClick(window, QtCore.Qt.Key.Key_H)
    qtbot.waitUntil(lambda: window.viewer.raw.graphics.height() == height)


def test_a_mouse_that_leaves_is_told(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.viewer.raw
    with qtbot.waitSignal(panel.left):
        QtWidgets.QApplication.sendEvent(panel.graphics, QtCore.QEvent(QtCore.QEvent.Type.Leave))


def test_of_another_source_nothing_old_is_shown_and_the_contrast_is_chosen_anew(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.state = Status(state=SessionState.LIVE, source="bright")
    window.pull_status()
    session.take(noise)
    window.pull_preview()
    viewer = window.viewer
    bar, limits = viewer.raw.scale_bar, viewer.contrast.limits
    session.state = Status(state=SessionState.STOPPED, source="bright")
    window.pull_status()
    assert window.shown is not None

    session.previews.clear()
    session.pixel_size_um = 0.05
    session.state = Status(state=SessionState.LIVE, source="dim")
    window.pull_status()
    window.pull_preview()
    assert window.shown is None
    for panel in (viewer.raw, viewer.restored):
        assert not panel.scale_bar.isVisible()
        assert panel.counts_at(3, 3) is None
        assert "No frame yet" in [label.text() for label in visible_labels(panel.graphics)]
        assert colour_at(panel, 30, 20) == QtGui.QColor(theme.BACKGROUND)

    session.take(noise // 8)
    window.pull_preview()
    assert bar.isVisible()
    assert bar._pixel_size_um == 0.05
    assert viewer.contrast.limits == limits_of(noise // 8) != limits


def test_of_the_same_source_the_contrast_stays_when_it_is_started_again(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    stopped = SessionState.STOPPED
    for state in (stopped, SessionState.LIVE, stopped, SessionState.STARTING):
        session.state = Status(state=state, source="microscope")
        window.pull_status()
        if state is SessionState.LIVE:
            session.take(noise)
            window.pull_preview()
    assert window.shown is None
    session.previews.clear()
    session.take(noise * 5)
    window.pull_preview()
    assert window.viewer.contrast.limits == limits_of(noise)


def test_the_scale_bar_is_of_the_image_that_is_shown(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    session.pixel_size_um = 0.05
    session.take(noise)
    window.pull_preview()
    assert window.viewer.raw.scale_bar._pixel_size_um == 0.05
    # Nor can it be scrolled back to what another size was scanned in.
    assert window.viewer.time.slider.maximum() == 0


def visible_labels(widget: QtWidgets.QWidget) -> list[QtWidgets.QLabel]:
    return [label for label in widget.findChildren(QtWidgets.QLabel) if label.isVisible()]


def test_the_time_stands_in_both_images_where_it_is_wanted_and_the_choice_is_remembered(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    stamps = [panel.time_stamp for panel in (window.viewer.raw, window.viewer.restored)]
    for _ in range(2):
        session.take(noise)
        window.pull_preview()
    assert not any(stamp.isVisible() for stamp in stamps)

    qtbot.keyClick(window, QtCore.Qt.Key.Key_I)
    assert window.look.time_stamp == "shown"
    assert [stamp.text() for stamp in stamps] == ["0.25 s"] * 2
    for panel, stamp in zip((window.viewer.raw, window.viewer.restored), stamps, strict=True):
        assert stamp.isVisible()
        assert panel.graphics.rect().contains(stamp.geometry())
        bar = panel.scale_bar.geometry()
        assert 0 < bar.top() - stamp.geometry().bottom() < 10

    window.viewer.begin_session(same_source=True)
    assert not any(stamp.isVisible() for stamp in stamps)
    session.take(noise)
    window.pull_preview()
    assert [stamp.text() for stamp in stamps if stamp.isVisible()] == ["0.50 s"] * 2
    window.look.time_stamp = ""
    assert not any(stamp.isVisible() for stamp in stamps)
