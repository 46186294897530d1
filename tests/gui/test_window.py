from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from gui import MainWindow, SessionState, Status
from gui.contrast import limits_of
from gui.image_panel import ImagePanel
from gui.qt import QtCore, QtGui, QtWidgets
from tests.gui.conftest import PlayedSession

LEFT = QtCore.Qt.MouseButton.LeftButton


def turn_wheel(panel: ImagePanel, steps: int) -> None:
    viewport = panel.graphics.viewport()
    at = QtCore.QPointF(viewport.width() / 3, viewport.height() / 4)
    QtWidgets.QApplication.sendEvent(
        viewport,
        QtGui.QWheelEvent(
            at,
            viewport.mapToGlobal(at),
            QtCore.QPoint(),
            QtCore.QPoint(0, 120 * steps),
            QtCore.Qt.MouseButton.NoButton,
            QtCore.Qt.KeyboardModifier.NoModifier,
            QtCore.Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def drag(qtbot: QtBot, panel: ImagePanel, dx: int, dy: int) -> None:
    viewport = panel.graphics.viewport()
    start = viewport.rect().center()
    qtbot.mousePress(viewport, LEFT, pos=start)
    for part in (1, 2, 3, 4):
        qtbot.mouseMove(viewport, start + QtCore.QPoint(dx, dy) * part / 4)
        qtbot.wait(20)
    qtbot.mouseRelease(viewport, LEFT, pos=start + QtCore.QPoint(dx, dy))


def on_screen(panel: ImagePanel, x: float, y: float) -> QtCore.QPoint:
    return panel.graphics.mapFromScene(panel.view.mapViewToScene(QtCore.QPointF(x, y)))


def assert_same_view(window: MainWindow) -> None:
    raw, restored = window.raw.view.viewRect(), window.restored.view.viewRect()
    assert raw.center().x() == pytest.approx(restored.center().x())
    assert raw.center().y() == pytest.approx(restored.center().y())
    # The panels' widths may differ by a screen pixel.
    assert raw.width() == pytest.approx(restored.width(), rel=0.005)


def test_the_timers_pull_frames_and_status_by_themselves(
    qtbot: QtBot, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    window = MainWindow(session.newest, session.status, None)
    qtbot.addWidget(window)
    session.take(noise)
    session.state = Status(state=SessionState.LIVE, received=77)

    qtbot.waitUntil(lambda: "100" in window.raw.details.text())
    qtbot.waitUntil(lambda: window.status_line.received.number.text().strip() == "77")


def test_the_message_is_shown_and_never_widens_the_window(
    window: MainWindow, session: PlayedSession
) -> None:
    width = window.minimumSizeHint().width()
    session.state = Status(message="Warming up")
    window.pull_status()
    assert window.message.text() == "Warming up"

    session.state = Status(message="A very long story. " * 40)
    window.pull_status()
    assert window.message.text().startswith("A very long story. ")
    assert window.message.text().endswith("…")
    assert window.minimumSizeHint().width() == width


def test_only_the_newest_frame_is_drawn(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    for _ in range(5):
        session.take(noise)
    session.asked.clear()

    for _ in range(3):
        window.pull_preview()

    assert session.asked == [-1, 4, 4]
    assert "104" in window.raw.details.text()


def test_nothing_is_drawn_without_a_new_frame(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    drawn: list[int] = []
    window.raw.show_pixels = lambda *_: drawn.append(1)  # type: ignore[method-assign]

    window.pull_preview()

    assert drawn == []


def test_a_new_session_is_shown_though_it_counts_from_nought_again(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    for _ in range(9):
        session.take(noise)
    window.pull_preview()
    session.state = Status(state=SessionState.STOPPED)
    window.pull_status()
    session.previews.clear()
    session.state = Status(state=SessionState.STARTING)
    window.pull_status()
    session.take(noise)

    window.pull_preview()

    assert "frame   100" in window.raw.details.text()


def test_contrast_stays_when_frames_get_brighter(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    before = window.contrast.limits
    assert before == limits_of(noise)

    session.take(noise * 5)
    window.pull_preview()
    window.pull_status()

    assert window.contrast.limits == before


def test_auto_contrast_sets_the_limits_once_on_demand(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    session.take(noise * 5)
    window.pull_preview()

    qtbot.keyClick(window, QtCore.Qt.Key.Key_A)
    assert window.contrast.limits == limits_of(noise * 5)
    session.take(noise)
    window.pull_preview()
    assert window.contrast.limits == limits_of(noise * 5)


def test_both_panels_stay_linked_through_pan_zoom_and_fit(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    whole = window.raw.view.viewRange()
    assert_same_view(window)

    turn_wheel(window.raw, 4)
    zoomed = window.raw.view.viewRange()
    assert np.ptp(zoomed[0]) < np.ptp(whole[0])
    assert_same_view(window)
    drag(qtbot, window.restored, 60, -40)
    assert window.raw.view.viewRange() != zoomed
    assert_same_view(window)
    qtbot.keyClick(window, QtCore.Qt.Key.Key_F)
    np.testing.assert_allclose(window.raw.view.viewRange(), whole)
    assert_same_view(window)


def test_the_view_stays_when_frames_come(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    turn_wheel(window.restored, 5)
    view = window.raw.view.viewRange()

    session.take(noise)
    window.pull_preview()

    assert window.raw.view.viewRange() == view


def test_a_double_click_fits(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    whole = window.raw.view.viewRange()
    turn_wheel(window.raw, 5)

    viewport = window.restored.graphics.viewport()
    qtbot.mouseClick(viewport, LEFT)
    qtbot.mouseDClick(viewport, LEFT)

    np.testing.assert_allclose(window.raw.view.viewRange(), whole)
    assert_same_view(window)


def test_the_whole_field_stays_in_view_when_the_window_is_resized(
    qtbot: QtBot, window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    width = window.raw.graphics.width()
    window.resize(1500, 1000)
    qtbot.waitUntil(lambda: window.raw.graphics.width() > width)

    for panel in (window.raw, window.restored):
        assert panel.view.viewRect().contains(QtCore.QRectF(0, 0, 64, 48))


@pytest.mark.parametrize("wheel", [0, 12, -40])
def test_pixels_are_square_at_every_zoom(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16], wheel: int
) -> None:
    session.take(noise)
    window.pull_preview()
    turn_wheel(window.raw, wheel)

    for panel in (window.raw, window.restored):
        across, down = panel.view.viewPixelSize()
        assert across == pytest.approx(down, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_raw_panel_shows_exact_pixels(
    window: MainWindow, session: PlayedSession, dtype: type
) -> None:
    raw = np.random.default_rng(3).integers(0, 256, (12, 16)).astype(dtype)
    session.take(raw)
    window.pull_preview()
    window.contrast.region.setRegion((0.0, 255.0))

    window.raw.scale_bar.hide()
    picture = window.raw.graphics.grab().toImage()

    for row in range(12):
        for column in range(16):
            for inset in (0.1, 0.5, 0.9):
                at = on_screen(window.raw, column + inset, row + inset)
                colour = picture.pixelColor(at)
                assert (colour.red(), colour.green(), colour.blue()) == (raw[row, column],) * 3


def test_both_images_fill_the_same_field(window: MainWindow, session: PlayedSession) -> None:
    raw = np.random.default_rng(3).integers(0, 256, (12, 16)).astype(np.uint8)
    session.take(raw)
    window.pull_preview()

    for panel in (window.raw, window.restored):
        panel.scale_bar.hide()
    left = window.raw.graphics.grab().toImage()
    right = window.restored.graphics.grab().toImage()

    for row in range(12):
        for column in range(16):
            at = on_screen(window.raw, column + 0.5, row + 0.5)
            assert left.pixel(at) == right.pixel(at)


def test_the_colour_map_colours_both_images(window: MainWindow, session: PlayedSession) -> None:
    session.take(np.array([[0, 255]] * 2, np.uint8))
    window.pull_preview()

    window.controls.colour_map.setCurrentText("magenta")

    for panel in (window.raw, window.restored):
        colour = panel.graphics.grab().toImage().pixelColor(on_screen(panel, 1.5, 0.5))
        assert (colour.red(), colour.green(), colour.blue()) == (255, 0, 255)


def test_the_scale_bar_follows_the_zoom(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()
    before = window.raw.scale_bar.length
    turn_wheel(window.raw, 10)

    for panel in (window.raw, window.restored):
        bar = panel.scale_bar
        end = on_screen(panel, bar.length / 0.2, 0).x() - on_screen(panel, 0, 0).x()
        assert bar.length < before
        assert bar.length_px == pytest.approx(end, abs=1.5)
        assert bar.isVisible()


def test_an_unknown_pixel_size_is_said_until_it_is_known(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    session.take(noise)
    window.pull_preview()

    window.set_pixel_size(None)
    assert "pixel size not known" in window.raw.scale_bar.text
    assert "µm" not in window.raw.scale_bar.text
    window.set_pixel_size(0.2)
    assert "µm" in window.restored.scale_bar.text


@pytest.mark.parametrize("pixel_size_um", [0.2, None])
def test_the_pixel_under_the_mouse_is_read_in_both_images(
    qtbot: QtBot,
    window: MainWindow,
    session: PlayedSession,
    noise: NDArray[np.uint16],
    pixel_size_um: float | None,
) -> None:
    noise[5, 30] = 12345
    session.take(noise)
    window.pull_preview()
    window.set_pixel_size(pixel_size_um)

    viewport = window.raw.graphics.viewport()
    qtbot.mouseMove(viewport, on_screen(window.raw, 3, 3))
    qtbot.wait(20)  # pyqtgraph leaves out moves that follow at once
    qtbot.mouseMove(viewport, on_screen(window.raw, 30.5, 5.5))
    qtbot.waitUntil(lambda: "raw 12345   restored 12345" in window.readout.text())

    assert "x    30 px   y     5 px" in window.readout.text()
    assert ("6.1" in window.readout.text()) == (pixel_size_um is not None)
    noise[5, 30] = 54321
    session.take(noise)
    window.pull_preview()
    assert "raw 54321   restored 54321" in window.readout.text()


def test_an_error_is_shown_with_its_fix_and_can_be_copied_and_dismissed(
    qtbot: QtBot, window: MainWindow
) -> None:
    assert not window.error.isVisible()

    window.show_error("The disk is full.", "Free some space: pssr-live doctor")

    assert window.error.isVisible()
    assert window.error.problem.text() == "The disk is full."
    assert window.error.fix.text() == "Free some space: pssr-live doctor"
    selectable = QtCore.Qt.TextInteractionFlag.TextSelectableByMouse
    assert window.error.fix.textInteractionFlags() & selectable
    qtbot.mouseClick(window.error.dismiss, LEFT)
    assert not window.error.isVisible()


def test_save_picture_writes_the_window_as_png(
    window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16], tmp_path: Path
) -> None:
    session.take(noise)
    window.pull_preview()

    window.save_picture(tmp_path / "window.png")

    picture = QtGui.QImage(str(tmp_path / "window.png"))
    assert (tmp_path / "window.png").read_bytes().startswith(b"\x89PNG")
    assert picture.width() >= window.width()
    with pytest.raises(OSError, match="cannot write"):
        window.save_picture(tmp_path / "no such folder" / "window.png")


def test_closing_says_so_first_and_then_asks_for_nothing_more(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    visible: list[bool] = []
    window.closing.connect(lambda: visible.append(window.isVisible()))

    window.close()

    assert visible == [True]
    session.asked.clear()
    qtbot.wait(100)
    assert session.asked == []
