"""Images first: on a small screen too, everything that is seen lies on the screen."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from acquisition import Channel
from gui import Axes, MainWindow, SessionState, Status
from gui.qt import QtCore, QtWidgets
from gui.shortcut_list import ShortcutList
from tests.gui.conftest import PlayedSession
from tests.gui.test_channels import Experiment, halves

RECORDING = Status(
    state=SessionState.LIVE,
    received=123456,
    restored=123456,
    latency_ms=4123,
    minutes_left=143.0,
    source="micromanager:4827",
    recording="/home/user/pssr-live/monday-cell-3",
    recorded=(123456, 7200.0),
    recording_frames=200000,
    message="Next frame in 1.3 s",
    light="amber",
    light_reason="The raw frames are dimmer than those that the engine was trained on.",
)
KEYS = QtCore.Qt.Key


# A screen of 1920 x 1080 whose pixels are drawn two by two, or at 1.5; a laptop's; large ones.
@pytest.mark.parametrize(
    ("width", "height", "folded", "image_height"),
    [
        (900, 460, "histogram details", 200),
        (900, 500, "histogram details", 240),
        (960, 500, "histogram details", 240),
        (1280, 680, "details", 310),
        (1366, 730, "histogram details", 450),
        (1366, 730, "", 310),
        (1920, 1040, "", 560),
        (3840, 2100, "", 1500),
    ],
)
def test_all_lies_on_the_screen_and_most_of_it_is_images(
    qtbot: QtBot,
    window: MainWindow,
    session: PlayedSession,
    width: int,
    height: int,
    folded: str,
    image_height: int,
) -> None:
    axes = Axes(channels=(Channel("GFP"), Channel("mCherry")), slices=3)
    Experiment(window, axes).offer((0, 0, halves(9, 3)), (1, 0, halves(3, 9)), time=0)
    window.look.folded = folded
    session.state = RECORDING
    window.pull_status()
    window.resize(width, height)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (width, height))
    window.picture()
    for part in (
        window.choices,
        window.controls,
        window.export,
        window.viewer.toolbar,
        window.viewer.streams,
        window.status_line.room,
        window.viewer.time.live,
    ):
        for widget in part.findChildren(QtWidgets.QPushButton) or [part]:
            if not widget.isVisible():
                continue
            corner = widget.mapTo(window, QtCore.QPoint(widget.width(), widget.height()))
            assert corner.x() <= width, widget
            assert corner.y() <= height, widget
            assert widget.width() >= min(widget.minimumSizeHint().width(), widget.maximumWidth())
    line = window.status_line
    assert line.recorded.x() > line.state.x() + line.state.width()
    for panel in (window.viewer.raw, window.viewer.restored):
        assert panel.graphics.height() >= image_height
        assert panel.graphics.width() >= 0.45 * width
        words = panel.details.text()
        assert panel.details.fontMetrics().horizontalAdvance(words) <= panel.details.width()


def test_panels_fold_by_their_keys(qtbot: QtBot, window: MainWindow) -> None:
    before = window.viewer.raw.graphics.height()
    for key, folded in ((KEYS.Key_H, "histogram"), (KEYS.Key_D, "histogram details")):
        qtbot.keyClick(window, key)
        assert window.look.folded == folded
    window.picture()
    assert window.viewer.raw.graphics.height() > before + 100
    assert not window.status_line.engine.isVisible()
    assert window.status_line.state.isVisible()
    window.look.folded = ""
    assert window.status_line.engine.isVisible()
    assert window.viewer.contrast.isVisible()


def test_the_keys_can_be_scrolled_through(qtbot: QtBot, window: MainWindow) -> None:
    keys = ShortcutList(window)
    qtbot.addWidget(keys)
    keys.show()
    keys.resize(400, 200)
    scrolled = keys.findChild(QtWidgets.QScrollArea)
    assert scrolled is not None
    qtbot.waitUntil(lambda: scrolled.verticalScrollBar().maximum() > 0)
    assert keys.height() <= keys.screen().availableSize().height()


def test_in_a_narrow_window_a_tool_takes_the_histogram_s_place_and_keys_that_of_buttons(
    qtbot: QtBot, window: MainWindow, session: PlayedSession
) -> None:
    Experiment(window, Axes()).offer((0, 0, halves(9, 3)), time=0)
    window.resize(960, 520)
    viewer = window.viewer
    qtbot.waitUntil(lambda: not viewer.toolbar.fit.isVisible())
    qtbot.keyClick(window, KEYS.Key_0)
    assert viewer.restored.lr_per_screen == pytest.approx(0.25)
    qtbot.keyClick(window, KEYS.Key_F)
    assert viewer.restored.lr_per_screen != pytest.approx(0.25)
    assert viewer.contrast.isVisible()
    qtbot.keyClick(window, KEYS.Key_L)
    assert viewer.measuring.isVisible()
    assert not viewer.contrast.isVisible()
    window.picture()
    assert viewer.raw.graphics.height() > 125
    window.resize(1400, 900)
    qtbot.waitUntil(viewer.contrast.isVisible)


def test_buttons_stay_where_they_are_when_the_window_is_widened(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.resize(960, 520)
    qtbot.keyClick(window, KEYS.Key_F)
    window.resize(1400, 900)
    window.picture()
    plot = window.status_line.plot
    qtbot.waitUntil(plot.isVisible)
