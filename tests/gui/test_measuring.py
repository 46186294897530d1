"""Lines and regions drawn with the mouse, and what is read along them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from acquisition import line_profile
from gui import MainWindow, MarkedPlace, Tool
from gui.kymograph_columns import COLUMNS
from gui.line_profile import LineProfile
from gui.live_kymograph import LiveKymograph
from gui.marker import MarkerShape
from gui.measured_words import area_words, size_words
from gui.places import counts_in, line_in, region_of
from gui.qt import QtCore, QtWidgets
from gui.region_trace import RegionTrace
from tests.gui.conftest import PlayedSession
from tests.gui.mouse import LEFT, drag_from, on_screen

KEYS = QtCore.Qt.Key
ACROSS = MarkedPlace(10.5, 20.5, 50.5, 30.5)


@pytest.fixture
def measured(window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]) -> MainWindow:
    """A window that has shown three frames, each brighter than the one before."""
    for number in range(3):
        session.take(noise + np.uint16(100 * number))
        window.pull_preview()
    return window


def draw(qtbot: QtBot, window: MainWindow, place: MarkedPlace) -> None:
    panel = window.viewer.restored
    start, end = on_screen(panel, *place[:2]), on_screen(panel, *place[2:])
    drag_from(qtbot, panel, start, end)


def test_nothing_is_measured_until_asked_for(
    measured: MainWindow,
    session: PlayedSession,
    noise: NDArray[np.uint16],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measuring = measured.viewer.measuring
    measuring.line.put(ACROSS, finished=True)
    measuring.region.put(ACROSS, finished=True)
    calls: list[str] = []
    for widget, method in (
        (LineProfile, "show_images"),
        (LiveKymograph, "add"),
        (LiveKymograph, "begin"),
        (RegionTrace, "add"),
        (RegionTrace, "begin"),
    ):
        monkeypatch.setattr(widget, method, lambda *_, method=method: calls.append(method))

    session.take(noise)
    measured.pull_preview()

    assert calls == []
    assert not measuring.isVisible()
    assert not any(item.isVisible() for item in measuring.line.items + measuring.region.items)


def test_a_line_is_drawn_and_both_profiles_are_read_along_it(
    qtbot: QtBot, measured: MainWindow
) -> None:
    qtbot.keyClick(measured, KEYS.Key_L)
    view = measured.viewer.raw.view.viewRange()
    draw(qtbot, measured, ACROSS)

    measuring = measured.viewer.measuring
    place = measuring.line.place
    assert place == pytest.approx(ACROSS, abs=0.2)
    assert measured.viewer.raw.view.viewRange() == view
    preview = measured.viewer.shown
    assert preview is not None
    for curve, image in (
        (measuring.profile.curves.of(0).raw, preview.raw),
        (measuring.profile.curves.of(0).restored, preview.restored),
    ):
        along, counts = curve.getData()
        np.testing.assert_allclose(
            counts, line_profile(image, line_in(image, place, height=48, width=64))
        )
        assert along[-1] == pytest.approx(0.2 * np.hypot(40, 10), abs=0.1)


def test_the_profile_follows_the_frames_and_the_way_back(
    measured: MainWindow, session: PlayedSession
) -> None:
    measured.viewer.toolbar.tools[Tool.PROFILE].trigger()
    measured.viewer.measuring.line.put(ACROSS, finished=True)
    curve = measured.viewer.measuring.profile.curves.of(0).raw
    now = curve.getData()[1].mean()

    measured.viewer.time.slider.setValue(0)

    assert curve.getData()[1].mean() == pytest.approx(now - 200)


def test_an_end_of_the_line_and_the_line_itself_can_be_dragged(
    qtbot: QtBot, measured: MainWindow
) -> None:
    measured.viewer.toolbar.tools[Tool.PROFILE].trigger()
    line = measured.viewer.measuring.line
    line.put(ACROSS, finished=True)
    panel = measured.viewer.raw

    drag_from(qtbot, panel, on_screen(panel, 50.5, 30.5), on_screen(panel, 40.5, 40.5))
    assert line.place == pytest.approx((10.5, 20.5, 40.5, 40.5), abs=0.3)
    middle = on_screen(panel, 25.5, 30.5)
    drag_from(qtbot, panel, middle, on_screen(panel, 30.5, 25.5))
    assert line.place == pytest.approx((15.5, 15.5, 45.5, 35.5), abs=0.5)


def test_what_is_drawn_stays_in_the_field_of_view(measured: MainWindow) -> None:
    line = measured.viewer.measuring.line
    line.put(MarkedPlace(-5, -5, 500, 20), finished=True)
    assert line.place == (0, 0, 64, 20)
    line.move(line.place, (0, 1, 2, 3), dx=30.0, dy=100.0, end=True)
    assert line.place == (0, 28, 64, 48)


def test_with_a_line_drawn_the_mouse_pans_again_and_another_can_be_drawn(
    qtbot: QtBot, measured: MainWindow
) -> None:
    qtbot.keyClick(measured, KEYS.Key_L)
    draw(qtbot, measured, ACROSS)
    view = measured.viewer.raw.view.viewRange()
    drag_from(
        qtbot,
        measured.viewer.restored,
        on_screen(measured.viewer.restored, 20, 40),
        on_screen(measured.viewer.restored, 30, 40),
    )
    assert measured.viewer.raw.view.viewRange() != view
    assert measured.viewer.measuring.line.place == pytest.approx(ACROSS, abs=0.2)

    qtbot.keyClick(measured, KEYS.Key_F)
    qtbot.mouseClick(measured.viewer.measuring.anew, LEFT)
    assert measured.viewer.measuring.line.place is None
    draw(qtbot, measured, MarkedPlace(5, 5, 20, 40))
    assert measured.viewer.measuring.line.place == pytest.approx((5, 5, 20, 40), abs=0.2)


def test_the_kymograph_begins_with_the_frames_kept_and_grows(
    measured: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    measured.viewer.toolbar.tools[Tool.KYMOGRAPH].trigger()
    measuring = measured.viewer.measuring
    measuring.line.put(ACROSS, finished=True)
    session.take(noise)
    measured.pull_preview()

    previews = session.previews
    for drawn, images in zip(
        measuring.kymograph.images,
        ([p.raw for p in previews], [p.restored for p in previews]),
        strict=True,
    ):
        expected = [line_profile(i, line_in(i, ACROSS, height=48, width=64)) for i in images]
        np.testing.assert_allclose(drawn, np.stack(expected, axis=1), rtol=1e-6)


def test_the_kymograph_keeps_its_last_columns(
    measured: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    kymograph = measured.viewer.measuring.kymograph
    previews = [session.take(noise + np.uint16(number % 50)) for number in range(5)]
    kymograph.begin(ACROSS, [previews[number % 5] for number in range(2 * COLUMNS + 3)])

    for drawn in kymograph.images:
        assert drawn.shape[1] == COLUMNS
        # The last column is of the frame that came last.
        last = (2 * COLUMNS + 2) % 5
        assert drawn[:, -1].mean() - drawn[:, -1 - last].mean() == pytest.approx(last, abs=0.01)


def test_all_columns_can_be_kept_and_those_of_frames_that_were_not_restored_are_empty(
    measured: MainWindow, session: PlayedSession
) -> None:
    kymograph = measured.viewer.measuring.kymograph
    preview = session.previews[0]
    many = [preview] * (3 * COLUMNS)
    kymograph.begin(ACROSS, [*many, replace(preview, restored=None)], most=None)

    raw, restored = kymograph.images
    assert raw.shape[1] == restored.shape[1] == 3 * COLUMNS + 1
    assert (raw[:, -1] == raw[:, 0]).all()
    rows = [line.split(",") for line in kymograph.table().splitlines()[1:]]
    assert sum(row[1] == "raw" for row in rows) == 3 * COLUMNS + 1
    assert sum(row[1] == "restored" for row in rows) == 3 * COLUMNS

    trace = measured.viewer.measuring.trace
    trace.begin(ACROSS, [replace(preview, restored=None), preview, preview])
    trace.bleaching.setChecked(True)
    _, percent = trace.curves.of(0).restored.getData()
    np.testing.assert_allclose(percent, [np.nan, 100, 100])


def test_a_region_is_traced_over_time(
    qtbot: QtBot, measured: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    qtbot.keyClick(measured, KEYS.Key_O)
    draw(qtbot, measured, MarkedPlace(10, 10, 30, 25))
    session.take(noise)
    measured.pull_preview()

    measuring = measured.viewer.measuring
    place = measuring.region.place
    assert place is not None
    for curve, images in (
        (measuring.trace.curves.of(0).raw, [p.raw for p in session.previews]),
        (measuring.trace.curves.of(0).restored, [p.restored for p in session.previews]),
    ):
        qtbot.waitUntil(lambda curve=curve: len(curve.getData()[0]) == 4)
        times, means = curve.getData()
        assert times.tolist() == [0.0, 0.25, 0.5, 0.75]
        np.testing.assert_allclose(
            means, [region_of(i, place, height=48, width=64).mean() for i in images]
        )

    qtbot.mouseClick(measuring.trace.bleaching, LEFT)
    assert measuring.trace.curves.of(0).raw.getData()[1].mean() == pytest.approx(100)


def test_a_long_course_says_how_many_frames_a_point_stands_for(measured: MainWindow) -> None:
    trace = measured.viewer.measuring.trace
    preview = measured.viewer.shown
    assert preview is not None
    trace.begin(ACROSS, [preview] * 5)
    assert "mean of" not in trace.plot.getAxis("bottom").labelText
    trace.begin(ACROSS, [preview] * 5000)
    assert "mean of 2 frames" in trace.plot.getAxis("bottom").labelText


def test_one_tool_is_open_at_a_time_and_its_key_closes_it(
    qtbot: QtBot, measured: MainWindow
) -> None:
    measuring = measured.viewer.measuring
    for key, tool in ((KEYS.Key_L, Tool.PROFILE), (KEYS.Key_O, Tool.TRACE)):
        qtbot.keyClick(measured, key)
        assert measuring.tool is tool
        assert measuring.isVisible()
    assert not measured.viewer.raw.view.drawing or measuring.region.place is None
    qtbot.keyClick(measured, KEYS.Key_O)
    assert measuring.tool is None
    assert not measuring.isVisible()
    assert not measured.viewer.raw.view.drawing


def test_a_new_session_begins_new_courses(
    measured: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    measured.viewer.toolbar.tools[Tool.TRACE].trigger()
    measured.viewer.measuring.region.put(ACROSS, finished=True)
    measured.viewer.begin_session(same_source=True)
    session.take(noise)
    measured.pull_preview()

    assert len(measured.viewer.measuring.trace.course) == 1


def test_lengths_angles_and_areas_are_told_with_their_unit() -> None:
    line = MarkedPlace(10.0, 20.0, 13.0, 16.0)
    assert size_words(line, None, MarkerShape.LINE) == "5.00 px, 53.1°"
    assert size_words(line, 0.2, MarkerShape.LINE) == "1.00 µm, 53.1°"
    assert size_words(line, 0.2, MarkerShape.RECTANGLE) == "0.60 × 0.80 µm, 0.48 µm²"
    assert size_words(line, 0.2, MarkerShape.POINT) == "x 2.00 µm, y 4.00 µm"
    assert area_words(((0, 0), (4, 0), (4, 3)), None) == "3 corners, 6.00 px²"
    assert area_words(((0, 0), (4, 0), (4, 3)), 0.2) == "3 corners, 0.24 µm²"


@pytest.mark.parametrize(
    ("key", "columns", "lines"),
    [
        (KEYS.Key_L, "channel,image,along_um,counts", None),
        (KEYS.Key_K, "channel,image,time_s,step_um,0,1", 6),
        (KEYS.Key_O, "channel,image,time_s,counts", 6),
    ],
)
def test_what_is_measured_is_kept_as_a_table_with_units(
    qtbot: QtBot, measured: MainWindow, key: KEYS, columns: str, lines: int | None
) -> None:
    measuring = measured.viewer.measuring
    (measuring.region if key is KEYS.Key_O else measuring.line).put(ACROSS, finished=True)
    qtbot.keyClick(measured, key)
    assert measuring.extent.text() != ""
    with qtbot.waitSignal(measuring.table_wanted) as wanted:
        qtbot.mouseClick(measuring.keep, LEFT)
    dialog = measured.findChild(QtWidgets.QFileDialog)
    with qtbot.waitSignal(measured.table_kept) as kept:
        dialog.fileSelected.emit("/data/table.csv")
    dialog.reject()
    _, content = wanted.args
    assert kept.args == ["/data/table.csv", content]
    header, *rows = content.splitlines()
    assert header.startswith(columns)
    assert {row.split(",")[1] for row in rows} == {"raw", "restored"}
    assert lines is None or len(rows) == lines
    if key is KEYS.Key_L:
        places = [float(row.split(",")[2]) for row in rows if ",raw," in row]
        assert places[-1] == pytest.approx(0.2 * np.hypot(40, 10))


def test_a_polygon_is_drawn_its_corners_are_moved_and_its_mean_is_measured_in_both_images(
    qtbot: QtBot, measured: MainWindow
) -> None:
    measuring, panel = measured.viewer.measuring, measured.viewer.raw
    qtbot.keyClick(measured, KEYS.Key_G)
    draw(qtbot, measured, MarkedPlace(10, 10, 30, 30))
    octagon = measuring.polygon.place
    assert octagon is not None
    assert len(octagon) == 8
    assert not panel.view.drawing

    x, y = octagon[0]
    drag_from(qtbot, panel, on_screen(panel, x, y), on_screen(panel, 45, 28))
    place = measuring.polygon.place
    assert place is not None
    assert place[0] == pytest.approx((45, 28), abs=0.5)
    np.testing.assert_allclose(place[1:], octagon[1:])
    for item in measuring.polygon.items:
        assert item.isVisible()
        corner = item.mapToParent(item.getHandles()[0].pos())
        assert (corner.x(), corner.y()) == pytest.approx(place[0])

    shown = measured.viewer.shown
    assert shown is not None
    assert shown.restored is not None
    expected = [counts_in(i, place, height=48, width=64) for i in (shown.raw, shown.restored)]
    with qtbot.waitSignal(measuring.table_wanted) as wanted:
        measuring.keep.click()
    header, *rows = wanted.args[1].splitlines()
    assert header == "channel,image,area_um2,pixels,mean_counts,sd_counts"
    for row, counts in zip(rows, expected, strict=True):
        area, pixels, mean, sd = map(float, row.split(",")[2:])
        assert (pixels, mean, sd) == pytest.approx((counts.size, counts.mean(), counts.std()))
        scale = 0.2 if counts is expected[0] else 0.05
        assert area == pytest.approx(pixels * scale**2, rel=0.05)
    assert f"{expected[0].mean():.1f}" in measuring.figures.text()
    assert "µm²" in measuring.extent.text()


def test_only_pixels_whose_middles_lie_in_a_polygon_are_counted() -> None:
    image = np.arange(48, dtype=np.uint16).reshape(6, 8)
    square = ((1.0, 1.0), (4.0, 1.0), (4.0, 3.0), (1.0, 3.0))
    assert counts_in(image, square, height=6, width=8).tolist() == [9, 10, 11, 17, 18, 19]
    # One and the same place, twice as fine.
    fine = image.repeat(2, axis=0).repeat(2, axis=1)
    assert counts_in(fine, square, height=6, width=8).mean() == 14.0
    notched = ((0.0, 0.0), (8.0, 0.0), (8.0, 6.0), (4.0, 0.9), (0.0, 6.0))
    counted = set(counts_in(image, notched, height=6, width=8).tolist())
    assert {0, 7, 32, 39} <= counted
    assert not {27, 28, 43, 44} & counted
    assert counts_in(image, ((1.1, 1.1), (1.2, 1.1), (1.2, 1.2)), height=6, width=8).size == 0


def test_a_point_is_clicked_and_both_images_are_read_there(
    qtbot: QtBot, measured: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]
) -> None:
    measuring, panel = measured.viewer.measuring, measured.viewer.restored
    qtbot.keyClick(measured, KEYS.Key_V)
    place = on_screen(panel, 12.5, 20.5)
    qtbot.mouseClick(panel.graphics.viewport(), LEFT, pos=place)
    point = measuring.point.place
    assert point is not None
    assert point == pytest.approx((12.5, 20.5, 12.5, 20.5), abs=0.3)

    for brighter in (200, 300):
        with qtbot.waitSignal(measuring.table_wanted) as wanted:
            measuring.keep.click()
        header, raw, restored = wanted.args[1].splitlines()
        assert header == "channel,image,x_um,y_um,counts"
        assert raw.split(",")[-1] == f"{noise[20, 12] + brighter:.1f}"
        there = measured.viewer.shown
        assert there is not None
        assert there.restored is not None
        pixel = there.restored[int(4 * point.y0), int(4 * point.x0)]
        assert float(restored.split(",")[-1]) == pixel
        # The next frame is read at the same place.
        session.take(noise + np.uint16(300))
        measured.pull_preview()
    assert measuring.extent.text().startswith(f"x {0.2 * point.x0:.2f} µm")
