"""Slices of a stack in the window: the newest, one that was chosen, the maximum of all."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from acquisition import StreamKey
from gui import MainWindow, MarkedPlace
from gui.qt import QtCore
from tests.gui.mouse import LEFT
from tests.gui.streams import STACK, TWO, Experiment, halves

KEYS = QtCore.Qt.Key


def stack_of(*channels: int) -> list[tuple[int, int, np.ndarray]]:
    """Three slices, each brighter than the one before, channel by channel."""
    return [(channel, z, halves(50 * z, 0)) for channel in channels for z in range(3)]


def test_of_a_stack_the_newest_slice_is_shown_until_one_is_chosen(
    qtbot: QtBot, window: MainWindow
) -> None:
    experiment = Experiment(window, STACK)
    experiment.offer(*stack_of(0, 1), time=0)
    streams, viewer = window.viewer.streams, window.viewer
    assert window.shown is not None
    assert window.shown.stream == StreamKey(0, 0, 2)
    assert viewer.raw.counts_at(3, 8) == 100
    assert streams.slice_words.text() == "slice 2"
    for z in (0, 1):
        experiment.offer((0, z, halves(70 + z, 0)), time=1)
        assert viewer.raw.counts_at(3, 8) == 70 + z
        # Of the other channel the same slice stands beside it.
        assert window.viewer._frames[1].stream == StreamKey(0, 1, z)
    assert streams.newest.isChecked()
    # One click holds a slice; neither the others nor another channel change that.
    for key in (KEYS.Key_PageUp, KEYS.Key_PageUp):
        qtbot.keyClick(window, key)
    assert not streams.newest.isChecked()
    experiment.offer((0, 0, halves(7, 0)), time=2)
    qtbot.keyClick(window, KEYS.Key_N)
    assert window.shown.stream == StreamKey(0, 1, 2)
    assert streams.slice_words.text() == "slice 2"
    qtbot.mouseClick(streams.newest, LEFT)
    qtbot.keyClick(window, KEYS.Key_N)
    assert window.shown.stream == StreamKey(0, 0, 0)
    assert viewer.raw.counts_at(3, 8) == 7
    # A slider that is held down is not moved away.
    streams.slice.setSliderDown(True)
    experiment.offer((0, 1, halves(8, 0)), time=2)
    assert streams.slice.value() == 0


def test_the_slice_stays_while_one_looks_back_or_measures_over_time(
    qtbot: QtBot, window: MainWindow
) -> None:
    experiment = Experiment(window, STACK)
    for time in range(3):
        experiment.offer(*stack_of(0), time=time)
    viewer = window.viewer
    viewer.time.slider.setValue(0)
    experiment.offer(*stack_of(0)[:2], time=3)
    assert window.shown is not None
    assert (window.shown.stream.z, window.shown.time_point) == (2, 0)
    qtbot.keyClick(window, KEYS.Key_End)
    experiment.offer((0, 0, halves(9, 0)), time=4)
    assert (window.shown.stream.z, window.shown.time_point) == (0, 4)
    qtbot.keyClick(window, KEYS.Key_O)
    viewer.measuring.region.put(MarkedPlace(1.0, 2.0, 6.0, 9.0), finished=True)
    experiment.offer((0, 1, halves(99, 0)), time=4)
    experiment.offer((0, 0, halves(5, 0)), time=5)
    assert viewer.measuring.trace.course.raw.tolist() == [0, 0, 0, 0, 9, 5]
    qtbot.keyClick(window, KEYS.Key_O)
    experiment.offer((0, 1, halves(98, 0)), time=5)
    assert window.shown.stream.z == 1


def test_a_channel_with_fewer_slices_is_shown_beside_each_slice_of_the_others(
    window: MainWindow,
) -> None:
    experiment = Experiment(window, STACK)
    beside = window.viewer._frames
    for time in range(3):
        experiment.offer(*stack_of(0)[:2], (1, 1, halves(9, time)), time=time)
        experiment.offer((0, 2, halves(100, 0)), time=time)
        beside = window.viewer._frames
        # As long as its other slices may still come, none stands in for them.
        assert (1 in beside) == (time > 0)
    assert beside[1].stream == StreamKey(0, 1, 1)
    assert beside[1].time_point == 2


@pytest.mark.parametrize(
    ("kept", "words", "then"),
    [("maximum", "all slices", "slice 2"), ("1", "slice 1", "slice 1"), ("7", "slice 2", "")],
)
def test_what_was_chosen_of_the_slices_is_offered_next_time(
    window: MainWindow, kept: str, words: str, then: str
) -> None:
    window.look.slice_choice = kept
    Experiment(window, STACK).offer(*stack_of(0), time=0)
    streams = window.viewer.streams
    assert streams.slice_words.text() == words
    assert window.look.slice_choice == (kept if then else "newest")
    streams.projected.click()
    assert streams.slice_words.text() == (then if kept == "maximum" else "all slices")
    assert window.look.slice_choice == ("newest" if kept == "maximum" else "maximum")


def test_one_slice_is_no_maximum(window: MainWindow) -> None:
    window.look.slice_choice = "maximum"
    Experiment(window, TWO).offer((0, 0, halves(200, 0)), time=0)
    assert window.shown is not None
    assert not window.shown.projected
    assert window.look.slice_choice == "maximum"


def test_the_maximum_projection_is_shown_on_request(qtbot: QtBot, window: MainWindow) -> None:
    experiment = Experiment(window, STACK)
    slices = [halves(0, 120), halves(80, 0), halves(40, 0)]
    experiment.offer(*[(0, z, raw) for z, raw in enumerate(slices)], time=0)
    viewer = window.viewer
    qtbot.mouseClick(viewer.streams.projected, LEFT)
    assert window.shown is not None
    assert window.shown.restored is not None
    np.testing.assert_array_equal(window.shown.raw, np.max(slices, axis=0))
    assert window.shown.restored.max() == window.shown.raw.max()
    assert window.shown.projected
    first = window.shown.raw.copy()
    kept = window.shown
    experiment.offer((0, 0, halves(0, 150)), time=1)
    assert window.shown.raw[8, 12] == 150
    # What somebody still holds is not written over.
    np.testing.assert_array_equal(kept.raw, first)
    qtbot.keyClick(window, KEYS.Key_M)
    assert window.shown.stream.z == 0
    assert not window.shown.projected


def test_memory_is_shared_by_the_streams(window: MainWindow) -> None:
    experiment = Experiment(window, STACK)
    experiment.offer((0, 1, halves(0, 1)), time=0)
    assert window.viewer.time.history.limit * 6 <= 512 * 2**20
