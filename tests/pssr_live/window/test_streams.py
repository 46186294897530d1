"""Several channels and slices of a running session in the window."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import chain, repeat, takewhile

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot

from acquisition import Channel, StreamKey
from gui.qt import QtGui, QtWidgets
from pssr_live.session.standing import light_reason, stream_words
from pssr_live.session.statistics import Statistics
from pssr_live.window.screenshot import Screenshot
from pssr_live.window.settings import WindowSettings
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.window.screen import LEFT, TIMEOUT, MakeApp, shown_index, state


def test_channels_and_slices_of_a_session_are_shown_each_and_a_snapshot_is_of_the_chosen_one(
    qtbot: QtBot, make_app: MakeApp, settings: WindowSettings
) -> None:
    app = make_app("simulated:channels=2,slices=2,height=48,width=56,interval=0.1,frames=10")
    viewer = app.window.viewer
    app.start()
    qtbot.waitUntil(lambda: state(app) == "Stopped", timeout=TIMEOUT)
    newest = app.session.newest
    qtbot.waitUntil(lambda: newest.take_each(app.window._last_serial) == [], timeout=TIMEOUT)
    assert app.session.faults == []
    assert "2 channels, 2 slices" in app.window.news.message.toolTip()
    assert "any more" not in app.window.news.message.toolTip()
    names = [channel.name for channel in app.session.format.channels]
    assert [name.text() for name in viewer.streams.names] == names
    assert "raw only" not in viewer.raw.details.text()
    seen = {}
    for channel in (0, 1):
        qtbot.mouseClick(viewer.streams.names[channel], LEFT)
        for z in (0, 1):
            viewer.streams.slice.setValue(z)
            shown = app.window.shown
            assert shown.stream == StreamKey(0, channel, z)
            assert shown.restored.shape == (192, 224)
            seen[channel, z] = shown.raw
    qtbot.mouseClick(viewer.streams.projected, LEFT)
    np.testing.assert_array_equal(app.window.shown.raw, np.maximum(seen[1, 0], seen[1, 1]))
    qtbot.mouseClick(app.window.controls.snapshot, LEFT)
    qtbot.waitUntil(lambda: "Snapshot" in app.window.news.message.toolTip(), timeout=TIMEOUT)
    path = next((settings.folder / "snapshots").glob("*-restored.ome.tif"))
    with tifffile.TiffFile(path) as tiff:
        np.testing.assert_array_equal(tiff.asarray(), app.window.shown.restored)
        assert f'<M K="channel">{names[1]}</M>' in tiff.ome_metadata
        assert '<M K="slice">maximum of all</M>' in tiff.ome_metadata


def test_each_channel_has_an_engine_to_choose_in_the_menu(
    qtbot: QtBot, make_app: MakeApp, settings: WindowSettings
) -> None:
    app = make_app("simulated:channels=2,height=48,width=56,interval=0.05")
    app.start()
    menu = app.window.choices.engine.menu()
    qtbot.waitUntil(lambda: "mitochondria: bilinear" in titles(menu), timeout=TIMEOUT)
    assert titles(menu)[:3] == ["mitochondria: bilinear", "ER: bilinear", "All channels"]
    first = app.session
    entry(entry(menu, "ER: bilinear").menu(), "none: raw only").trigger()
    qtbot.waitUntil(lambda: app.session is not first, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: "ER: none" in titles(menu), timeout=TIMEOUT)
    name = app.window.viewer.streams.names
    qtbot.waitUntil(lambda: len(name) == 2 and "raw only" in name[1].toolTip(), timeout=TIMEOUT)
    assert "raw only" not in name[0].toolTip()
    qtbot.waitUntil(lambda: settings.engine == "bilinear; ER=none", timeout=TIMEOUT)
    # Another source has other channels, and the engine of all.
    app.choose_source("simulated:height=48,width=56")
    qtbot.waitUntil(lambda: "bilinear" in titles(menu), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: settings.engine == "bilinear", timeout=TIMEOUT)


def titles(menu: QtWidgets.QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def entry(menu: QtWidgets.QMenu, words: str) -> QtGui.QAction:
    return next(action for action in menu.actions() if action.text() == words)


def test_while_fewer_than_five_frames_are_there_it_is_said(
    qtbot: QtBot, make_app: MakeApp, sources: list[ScriptedSource]
) -> None:
    enough = threading.Event()
    script = chain(range(3), takewhile(lambda _: not enough.is_set(), repeat(None)), range(3, 9))
    sources.insert(0, ScriptedSource(script, interval=0.01))
    app = make_app("scripted:")
    app.choose_engine("mito-lite")
    words = app.window.news.message
    qtbot.waitUntil(lambda: "Waiting for 5 frames: 3" in words.toolTip(), timeout=TIMEOUT)
    viewer = app.window.viewer
    # Raw is there already, and beside it what is waited for.
    qtbot.waitUntil(lambda: "frame     2" in viewer.raw.details.text(), timeout=TIMEOUT)
    assert viewer.raw.counts_at(3, 3) == pixels(2)[3, 3]
    assert "Waiting for 5 frames: 3" in viewer.restored._waiting.text()
    assert app.window.shown is None
    enough.set()
    qtbot.waitUntil(lambda: shown_index(app) >= 0, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: "Waiting" not in words.toolTip(), timeout=TIMEOUT)


def test_a_stream_that_has_stopped_and_the_channel_of_the_light_are_named() -> None:
    two = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")))
    statistics = Statistics()
    for time in range(12):
        statistics.frame_received(time, StreamKey(channel=0), time)
        if time < 3:
            statistics.frame_received(time, StreamKey(channel=1), time)
    counts = statistics.snapshot().streams
    assert stream_words(two, counts) == "2 channels · No frames any more of mCherry"
    assert stream_words(replace(two, slices=3), counts).startswith("2 channels, 3 slices · ")
    assert stream_words(SMALL, counts) == ""
    now = replace(statistics.snapshot(), light_reason="Too dim.", light_channel=1)
    assert light_reason(two, now) == "mCherry: Too dim."
    assert light_reason(SMALL, now) == "Too dim."


@pytest.mark.parametrize("drawn_meanwhile", [True, False])
def test_a_picture_of_a_session_is_taken_with_an_image_of_every_channel(
    qtbot: QtBot, make_app: MakeApp, drawn_meanwhile: bool
) -> None:
    app = make_app("simulated:channels=2,height=48,width=56,interval=0.1,frames=10")
    screenshot = Screenshot(app, 20)
    seen: list[set[int]] = []
    take = app.window.picture

    def picture() -> bytes:
        seen.append(set(app.window.viewer._frames))
        return take()

    app.window.picture = picture
    if not drawn_meanwhile:
        # As on a computer that finds no time for it.
        app.window._preview_timer.stop()
    app.start()
    qtbot.waitUntil(lambda: screenshot.taken, timeout=TIMEOUT)
    assert seen
    assert all(channels == {0, 1} for channels in seen)


def test_frames_of_every_position_of_a_session_reach_the_window(
    qtbot: QtBot, make_app: MakeApp, sources: list[ScriptedSource]
) -> None:
    two = replace(SMALL, positions=("cell 1", "cell 2"))
    frames = [
        frame_of(10 * k + p, StreamKey(position=p), k, two) for k in range(20) for p in (0, 1)
    ]
    sources.insert(0, ScriptedSource(frames, two, interval=0.01))
    app = make_app("scripted:")
    app.start()
    position = app.window.viewer.streams.position
    for number, name in enumerate(two.positions):
        qtbot.waitUntil(lambda name=name: position.findText(name) >= 0, timeout=TIMEOUT)
        position.setCurrentText(name)
        qtbot.waitUntil(lambda: app.window.shown is not None, timeout=TIMEOUT)
        assert app.window.shown.stream.position == number
