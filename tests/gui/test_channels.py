"""Several channels in one window."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from acquisition import Channel, StreamKey
from gui import Axes, MainWindow, MarkedPlace, Preview, Tool, TrustMap
from gui.channel_colours import colours_of
from gui.contrast import limits_of
from gui.qt import QtCore
from tests.gui.mouse import LEFT
from tests.gui.streams import SIDE, TWO, Experiment, halves, rgb

KEYS = QtCore.Qt.Key


def test_one_stream_shows_no_channels(window: MainWindow) -> None:
    assert not window.viewer.streams.isVisible()
    Experiment(window, Axes()).offer((0, 0, halves(0, 200)), time=0)
    assert not window.viewer.streams.isVisible()
    assert window.viewer.contrast.colour_map.isVisible()


def test_channels_are_shown_in_their_colours_added_up(two: Experiment) -> None:
    viewer = two.window.viewer
    for panel in (viewer.raw, viewer.restored):
        assert rgb(panel, 4) == (0, 255, 0)
        assert rgb(panel, 12) == (255, 0, 255)
    both = halves(200, 200)
    two.offer((0, 0, both), (1, 0, both), time=1)
    for panel in (viewer.raw, viewer.restored):
        assert rgb(panel, 4) == (255, 255, 255)


def test_a_channel_is_switched_off_and_on(qtbot: QtBot, two: Experiment) -> None:
    viewer = two.window.viewer
    qtbot.mouseClick(viewer.streams.switches[1], LEFT)
    for panel in (viewer.raw, viewer.restored):
        assert rgb(panel, 4) == (0, 255, 0)
        assert rgb(panel, 12) == (0, 0, 0)
    assert viewer.streams.switches[1].text() == "□"
    # The first of those that are left covers what was there before.
    qtbot.mouseClick(viewer.streams.switches[0], LEFT)
    qtbot.mouseClick(viewer.streams.switches[1], LEFT)
    assert rgb(viewer.raw, 4) == (0, 0, 0)
    assert rgb(viewer.raw, 12) == (255, 0, 255)


def test_a_second_click_and_a_key_show_a_channel_alone(qtbot: QtBot, two: Experiment) -> None:
    viewer = two.window.viewer
    name = viewer.streams.names[1]
    qtbot.mouseClick(name, LEFT)
    assert rgb(viewer.restored, 4) == (0, 255, 0)
    qtbot.mouseClick(name, LEFT)
    assert rgb(viewer.restored, 4) == (0, 0, 0)
    assert rgb(viewer.restored, 12) == (255, 0, 255)
    qtbot.keyClick(two.window, KEYS.Key_N)
    assert rgb(viewer.restored, 4) == (0, 255, 0)
    assert rgb(viewer.restored, 12) == (0, 0, 0)
    qtbot.keyClick(two.window, KEYS.Key_X)
    assert rgb(viewer.restored, 4) == (0, 255, 0)
    assert rgb(viewer.restored, 12) == (255, 0, 255)


def test_each_channel_has_its_own_contrast_which_stays(qtbot: QtBot, window: MainWindow) -> None:
    rng = np.random.default_rng(1)
    dim, bright = (rng.poisson(mean, (SIDE, SIDE)).astype(np.uint16) for mean in (20, 2000))
    experiment = Experiment(window, TWO)
    experiment.offer((0, 0, dim), (1, 0, bright), time=0)
    viewer = window.viewer
    assert viewer.contrast.limits == limits_of(dim)
    assert not viewer.contrast.colour_map.isVisible()
    viewer.contrast.gamma.set_gamma(0.5)

    qtbot.mouseClick(viewer.streams.names[1], LEFT)

    assert viewer.contrast.limits == limits_of(bright)
    assert viewer.contrast.gamma.gamma == 1.0
    experiment.offer((0, 0, dim * 3), (1, 0, bright * 3), time=1)
    assert viewer.contrast.limits == limits_of(bright)
    qtbot.keyClick(window, KEYS.Key_A)
    assert viewer.contrast.limits == limits_of(bright * 3)
    qtbot.mouseClick(viewer.streams.names[0], LEFT)
    assert viewer.contrast.limits == limits_of(dim)
    assert viewer.contrast.gamma.gamma == 0.5


def test_what_is_measured_and_scrolled_through_is_of_the_channel_that_was_chosen(
    qtbot: QtBot, two: Experiment
) -> None:
    viewer = two.window.viewer
    for time in range(1, 5):
        two.offer((0, 0, halves(10 * time, 0)), (1, 0, halves(20 * time, 0)), time=time)
    viewer.toolbar.tools[Tool.TRACE].trigger()
    viewer.measuring.region.put(MarkedPlace(1.0, 2.0, 6.0, 9.0), finished=True)
    assert viewer.measuring.trace.course.raw.tolist() == [200, 10, 20, 30, 40]
    viewer.time.slider.setValue(2)
    assert two.window.shown is not None
    assert two.window.shown.stream.channel == 0
    left = rgb(viewer.raw, 4)
    # Of the other channel, the frame of the same time point stands beside it.
    assert left == (round(255 * 40 / 200), round(255 * 20 / 200), round(255 * 40 / 200))

    qtbot.mouseClick(viewer.streams.names[1], LEFT)

    assert viewer.measuring.trace.course.raw.tolist() == [0, 20, 40, 60, 80]
    assert (two.window.shown.stream.channel, two.window.shown.time_point) == (1, 2)
    assert not viewer.live
    assert rgb(viewer.raw, 4) == left
    two.offer((1, 0, halves(100, 0)), time=5)
    assert two.window.shown.time_point == 2
    qtbot.keyClick(two.window, KEYS.Key_End)
    assert two.window.shown.time_point == 5


def test_frames_of_the_other_channel_are_no_news_of_the_chosen_one(two: Experiment) -> None:
    shown = two.window.shown
    two.offer((1, 0, halves(200, 200)), time=1)
    assert two.window.shown is shown
    assert rgb(two.window.viewer.raw, 4) == (255, 255, 255)


def test_a_channel_without_an_engine_is_shown_raw_only(qtbot: QtBot, window: MainWindow) -> None:
    experiment = Experiment(window, TWO)
    experiment.offer((0, 0, halves(200, 0)), time=0)
    experiment.offer((1, 0, halves(0, 200)), time=0, restored=False)
    viewer = window.viewer
    assert rgb(viewer.raw, 12) == (255, 0, 255)
    assert rgb(viewer.restored, 4) == (0, 255, 0)
    assert rgb(viewer.restored, 12) == (0, 0, 0)
    assert "raw only" in viewer.streams.names[1].toolTip()
    assert "raw only" not in viewer.streams.names[0].toolTip()
    for tool in Tool:
        viewer.toolbar.tools[tool].trigger()
        (viewer.measuring.region if tool is Tool.TRACE else viewer.measuring.line).put(
            MarkedPlace(1.0, 2.0, 6.0, 9.0), finished=True
        )
        for channel in (1, 0):
            qtbot.mouseClick(viewer.streams.names[channel], LEFT)
            experiment.offer((1, 0, halves(0, 100)), time=1, restored=False)
            experiment.offer((0, 0, halves(100, 0)), time=1)
    qtbot.mouseClick(viewer.streams.names[1], LEFT)
    assert viewer.restored.counts_at(3, 3) is None
    assert viewer.raw.counts_at(12, 8) == 100
    assert "raw only" in viewer.restored.details.text()


def test_another_source_with_other_channels_begins_with_its_first(
    qtbot: QtBot, two: Experiment
) -> None:
    viewer = two.window.viewer
    qtbot.mouseClick(viewer.streams.names[1], LEFT)
    other = Experiment(two.window, Axes(channels=(Channel("DAPI"), Channel(""), Channel(""))))
    other.serial = two.serial
    other.offer((0, 0, halves(0, 100)), time=0)
    assert [name.text() for name in viewer.streams.names] == ["DAPI", "channel 1", "channel 2"]
    assert two.window.shown is not None
    assert two.window.shown.stream.channel == 0
    Experiment(two.window, Axes()).window.viewer.show_previews([])
    one = Experiment(two.window, Axes())
    one.serial = other.serial
    one.offer((0, 0, halves(0, 200)), time=0)
    assert not viewer.streams.isVisible()
    assert rgb(viewer.raw, 12) == (255, 255, 255)


def test_colours_are_the_microscopes_where_they_can_be_told_apart() -> None:
    green, magenta = "#00ff00", "#ff00ff"
    assert colours_of([Channel(), Channel()]) == [green, magenta]
    red = Channel(colour=(255, 0, 0))
    assert colours_of([red, Channel()]) == ["#ff0000", green]
    assert colours_of([Channel(colour=(0, 255, 0)), Channel()]) == [green, magenta]
    # Nothing can be seen in black, and white twice can't be told apart.
    white, black = Channel(colour=(255, 255, 255)), Channel(colour=(0, 0, 0))
    assert colours_of([white, white, black]) == [green, magenta, "#00ffff"]
    assert len(set(colours_of([Channel()] * 7))) == 7
    assert len(colours_of([Channel()] * 20)) == 20


def test_profile_and_region_over_time_have_a_line_of_each_channel_in_its_colour(
    qtbot: QtBot, two: Experiment
) -> None:
    viewer, measuring = two.window.viewer, two.window.viewer.measuring
    viewer.toolbar.tools[Tool.PROFILE].trigger()
    measuring.line.put(MarkedPlace(0.0, 8.0, 16.0, 8.0), finished=True)
    for channel, (counts, colour) in enumerate([((200, 0), "#00ff00"), ((0, 200), "#ff4dff")]):
        for curve in measuring.profile.curves.of(channel):
            along = curve.getData()[1]
            assert (along[0], along[-1]) == counts
            assert curve.opts["pen"].color().name() == colour or channel
    qtbot.mouseClick(viewer.streams.switches[1], LEFT)
    assert measuring.profile.curves.of(1).raw.getData()[0] is None
    assert measuring.profile.curves.of(0).raw.getData()[0] is not None
    viewer.toolbar.tools[Tool.TRACE].trigger()
    measuring.region.put(MarkedPlace(1.0, 2.0, 6.0, 9.0), finished=True)
    for time in (1, 2):
        two.offer((0, 0, halves(10, 0)), (1, 0, halves(20 * time, 0)), time=time)
    drawn = measuring.trace.curves
    qtbot.waitUntil(lambda: len(drawn.of(1).restored.getData()[0]) == 3)
    assert drawn.of(0).raw.getData()[1].tolist() == [200, 10, 10]
    assert drawn.of(1).restored.getData()[1].tolist() == [0, 20, 40]


def test_the_kymograph_shows_each_channel_in_its_colour(qtbot: QtBot, two: Experiment) -> None:
    viewer, kymograph = two.window.viewer, two.window.viewer.measuring.kymograph
    # The second channel comes with every other time point, and later than the first.
    for time in range(1, 75):
        two.offer((0, 0, halves(200, 0)), time=time)
        if time % 2 == 0:
            two.offer((1, 0, halves(0, 200)), time=time)
    viewer.toolbar.tools[Tool.KYMOGRAPH].trigger()
    viewer.measuring.line.put(MarkedPlace(0.0, 8.0, 16.0, 8.0), finished=True)
    two.offer((0, 0, halves(0, 0)), time=75)

    def colour(down: float, column: int) -> str:
        picture = kymograph.grab().toImage()
        x = round(picture.width() * (column + 0.5) / 150)
        return picture.pixelColor(x, round(picture.height() * down)).name()

    assert kymograph.images[0].shape[1] == 76
    # 76 columns of 150: the newest is at the right edge.
    assert colour(0.05, 149) == "#000000"
    assert colour(0.05, 148) == "#00ff00"
    assert colour(0.35, 148) == "#ff00ff"
    assert colour(0.35, 147) == "#000000"
    # Seen alone, a channel has the columns of its own frames only.
    qtbot.mouseClick(viewer.streams.switches[0], LEFT)
    assert kymograph.images[0].shape[1] == 76
    assert colour(0.05, 148) == "#000000"
    # 38 of 75 columns.
    assert all(colour(0.35, column) == "#ff00ff" for column in (148, 146, 145, 144))
    qtbot.mouseClick(viewer.streams.names[1], LEFT)
    assert kymograph.images[0].shape[1] == 38


def test_saturated_pixels_are_marked_in_one_colour_whatever_lies_under_them(
    two: Experiment,
) -> None:
    viewer = two.window.viewer
    viewer.toolbar.saturated.trigger()
    two.offer((0, 0, halves(65535, 100)), (1, 0, halves(150, 65535)), time=1)
    for panel in (viewer.raw, viewer.restored):
        assert rgb(panel, 4) == rgb(panel, 12) == (50, 100, 255)
    viewer.toolbar.saturated.trigger()
    assert rgb(viewer.raw, 4) == (191, 255, 191)


def test_a_provisional_frame_of_any_channel_that_is_seen_is_marked(
    qtbot: QtBot, two: Experiment
) -> None:
    viewer = two.window.viewer
    two.offer((1, 0, halves(0, 100)), time=1, provisional=True)
    assert viewer.restored.mark_of_image.isVisible()
    qtbot.mouseClick(viewer.streams.switches[1], LEFT)
    assert not viewer.restored.mark_of_image.isVisible()


def test_of_a_channel_that_has_no_frame_nothing_is_said(qtbot: QtBot, window: MainWindow) -> None:
    experiment = Experiment(window, TWO)
    experiment.offer((0, 0, halves(200, 0)), time=0)
    viewer = window.viewer
    viewer.toolbar.maps[TrustMap.RESIDUAL].trigger()
    qtbot.mouseClick(viewer.streams.names[1], LEFT)
    assert window.shown is None
    assert rgb(viewer.raw, 4) == (0, 255, 0)
    assert viewer.raw.details.text() == viewer.restored.details.text() == " "
    assert not viewer.legend.isVisible()
    assert viewer.raw.counts_at(3, 8) is None
    # A contrast that is chosen now is none of its frames'.
    qtbot.keyClick(window, KEYS.Key_A)
    experiment.offer((1, 0, halves(0, 200)), time=0)
    assert viewer.contrast.limits == limits_of(halves(0, 200))
    assert "frame" in viewer.raw.details.text()


def test_one_of_several_positions_is_shown(window: MainWindow) -> None:
    axes = Axes(positions=("cell 1", "cell 2"))
    for serial, (position, counts) in enumerate([(0, 100), (1, 50)]):
        raw = halves(counts, 0)
        preview = Preview(
            raw=raw,
            restored=raw.repeat(4, 0).repeat(4, 1),
            index=0,
            sequence=0,
            acquired=0.0,
            stream=StreamKey(position=position),
            axes=axes,
            serial=serial,
        )
        window.viewer.show_previews([preview])
    bar = window.viewer.streams
    assert bar.position.isVisible()
    assert window.viewer.raw.counts_at(3, 8) == 100
    bar.position.setCurrentText("cell 2")
    assert window.viewer.raw.counts_at(3, 8) == 50
    assert window.shown is not None
    assert window.shown.stream.position == 1
