"""The raw image is live: newest frames stand left before they are restored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from acquisition import Channel, StreamKey
from gui import Arrangement, Axes, LeftImage, MainWindow, Preview, SessionState, Status
from gui.axes import ONE_OF_EACH
from gui.image_panel import NO_FRAME
from gui.qt import QtCore

SIDE = 16
STACK = Axes(channels=(Channel("GFP"), Channel("mCherry")), slices=3)


class Microscope:
    """Scans frames, and restores them when it is told to."""

    def __init__(self) -> None:
        self.restored: list[Preview] = []
        self.raw: list[Preview] = []
        self.state = Status(state=SessionState.LIVE)
        self.axes = ONE_OF_EACH
        self._scanned = 0

    def newest(self, after: int) -> list[Preview]:
        return [one for one in self.restored if one.serial > after]

    def newest_raw(self) -> list[Preview]:
        new, self.raw = self.raw, []
        return new

    def scan(self, level: int, time: int, channel: int = 0, z: int = 0) -> Preview:
        """A frame of one brightness comes."""
        self._scanned += 1
        frame = Preview(
            raw=np.full((SIDE, SIDE), level, np.uint16),
            restored=None,
            index=time,
            sequence=self._scanned,
            acquired=float(time),
            stream=StreamKey(0, channel, z),
            axes=self.axes,
        )
        self.raw.append(frame)
        return frame

    def restore(self, frame: Preview) -> None:
        """It is restored."""
        pixels = frame.raw.repeat(4, axis=0).repeat(4, axis=1)
        serial = len(self.restored)
        self.restored.append(replace(frame, restored=pixels, mean=frame.raw * 1.0, serial=serial))


@pytest.fixture
def microscope() -> Microscope:
    return Microscope()


@pytest.fixture
def looking(qtbot: QtBot, microscope: Microscope) -> Iterator[MainWindow]:
    window = MainWindow(
        microscope.newest, lambda: microscope.state, newest_raw=microscope.newest_raw
    )
    qtbot.addWidget(window)
    window.show()
    yield window
    microscope.state = Status()


def waits(window: MainWindow) -> str:
    words = window.viewer.restored._waiting
    return "" if words.isHidden() else words.text()


def test_raw_is_shown_at_once_and_what_the_restored_frame_waits_for_is_said(
    looking: MainWindow, microscope: Microscope
) -> None:
    viewer = looking.viewer
    microscope.scan(100, time=0)
    microscope.state = Status(state=SessionState.STARTING, task="Waiting for 5 frames: 1")
    looking.pull_preview()
    looking.pull_status()
    assert viewer.raw.counts_at(3, 3) == 100
    assert "frame     0" in viewer.raw.details.text()
    assert viewer.restored.counts_at(3, 3) is None
    assert waits(looking) == "Waiting for 5 frames: 1"
    assert looking.shown is None
    # Before there is a restored image, the zoom is that of raw.
    percent = 100 * viewer.raw.devicePixelRatioF() / viewer.raw.lr_per_screen
    assert viewer.toolbar.zoom.text() == f"{percent:.0f} %"
    second = microscope.scan(200, time=1)
    looking.pull_preview()
    assert viewer.raw.counts_at(3, 3) == 200
    microscope.restore(second)
    looking.pull_preview()
    assert waits(looking) == ""
    assert looking.shown is not None
    # It is fitted like the other, though it came later.
    assert viewer.restored.view.viewRect() == viewer.raw.view.viewRect()


def test_while_restored_frames_follow_closely_raw_is_drawn_with_them(
    looking: MainWindow, microscope: Microscope
) -> None:
    first, second = (microscope.scan(level, time) for time, level in enumerate((100, 200)))
    microscope.restore(first)
    looking.pull_preview(raw_alone=False)
    assert looking.viewer.raw.counts_at(3, 3) == 200
    third = microscope.scan(300, time=2)
    looking.pull_preview(raw_alone=False)
    assert looking.viewer.raw.counts_at(3, 3) == 200
    assert microscope.raw == [third]
    microscope.restore(second)
    looking.pull_preview(raw_alone=False)
    assert looking.viewer.raw.counts_at(3, 3) == 300
    assert looking.viewer.restored.counts_at(3, 3) == 200


def test_the_restored_frame_carries_its_own_number_and_age(
    looking: MainWindow, microscope: Microscope
) -> None:
    viewer = looking.viewer
    frames = [microscope.scan(10 * time, time) for time in range(7)]
    microscope.restore(frames[4])
    looking.pull_preview()
    assert (viewer.raw.counts_at(3, 3), viewer.restored.counts_at(3, 3)) == (60, 40)
    assert "frame     6" in viewer.raw.details.text()
    assert "frame     4" in viewer.restored.details.text()
    assert viewer.restored.details.text().endswith("2 frames ago")
    microscope.restore(frames[5])
    looking.pull_preview()
    assert viewer.restored.details.text().endswith("1 frame ago")
    microscope.restore(frames[6])
    looking.pull_preview()
    assert "ago" not in viewer.restored.details.text()
    # An older one that comes late takes no newer one's place.
    looking.viewer.show_raw([frames[5]])
    assert viewer.raw.counts_at(3, 3) == 60


def test_where_both_are_compared_they_are_the_same_frame(
    looking: MainWindow, microscope: Microscope
) -> None:
    viewer = looking.viewer
    frames = [microscope.scan(10 * time, time) for time in range(7)]
    for frame in frames[:5]:
        microscope.restore(frame)
    looking.pull_preview()
    assert viewer.raw.counts_at(3, 3) == 60
    viewer.toolbar.lefts[LeftImage.MEAN].trigger()
    assert viewer.raw.counts_at(3, 3) == 40
    viewer.toolbar.lefts[LeftImage.RAW].trigger()
    assert viewer.raw.counts_at(3, 3) == 60
    viewer.time.slider.setValue(2)
    assert viewer.raw.counts_at(3, 3) == viewer.restored.counts_at(3, 3) == 20
    assert not viewer.wants_raw(StreamKey())
    viewer.time.go_live()
    assert viewer.raw.counts_at(3, 3) == 60
    # Under a curtain both are one frame, and nobody looks at newer ones.
    viewer.toolbar.arrangements[Arrangement.CURTAIN].trigger()
    assert not viewer.wants_raw(StreamKey())
    shown = viewer.restored.other._channels[0]._pixels
    assert shown is not None
    assert shown[0, 0] == 40


def test_of_a_stack_the_newest_raw_slice_is_followed_and_no_other_stands_beside_it(
    qtbot: QtBot, looking: MainWindow, microscope: Microscope
) -> None:
    microscope.axes = STACK
    viewer = looking.viewer
    stack = [microscope.scan(100 + 10 * c + z, 0, c, z) for c in (0, 1) for z in range(3)]
    looking.pull_preview()
    assert viewer.streams.slice.value() == 2
    assert viewer.raw.counts_at(3, 3) == 102
    microscope.restore(stack[2])
    looking.pull_preview()
    assert viewer.restored.counts_at(3, 3) == 102
    microscope.scan(50, 1, 0, 0)
    looking.pull_preview()
    assert viewer.raw.counts_at(3, 3) == 50
    # Nothing is restored of this slice yet.
    assert viewer.restored.counts_at(3, 3) is None
    assert waits(looking) == NO_FRAME
    qtbot.keyClick(looking, QtCore.Qt.Key.Key_PageUp)
    assert not viewer.wants_raw(StreamKey(0, 0, 0))
    assert viewer.wants_raw(StreamKey(0, 1, 1))
    assert viewer.raw.counts_at(3, 3) == 101


def test_an_image_that_is_back_is_seen_instead_of_words(
    looking: MainWindow, microscope: Microscope
) -> None:
    microscope.axes = Axes(channels=STACK.channels)
    microscope.restore(microscope.scan(100, 0, 0))
    microscope.scan(90, 0, 1)
    looking.pull_preview()
    streams = looking.viewer.streams
    streams.switches[0].click()
    assert waits(looking)
    streams.switches[0].click()
    assert waits(looking) == ""
