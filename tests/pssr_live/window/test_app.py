"""The window on a running session, driven by its buttons."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, repeat, takewhile

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot

from acquisition import FrameFormat
from engines import Baseline
from gui.qt import QtGui
from pssr_live.recording import SessionRecord
from pssr_live.session import State
from pssr_live.window import WindowApp
from pssr_live.window.settings import WindowSettings
from tests.pssr_live.scripted import SMALL, ScriptedSource, pixels, unplugged
from tests.pssr_live.window.screen import LEFT, TIMEOUT, MakeApp, shown_index, state


def test_frames_appear_after_start_and_stop_after_stop(qtbot: QtBot, app: WindowApp) -> None:
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 10, timeout=TIMEOUT)
    shown = app.window.shown
    assert shown is not None
    np.testing.assert_array_equal(shown.raw, pixels(shown.index))
    assert shown.restored.shape == (96, 128)
    qtbot.mouseClick(app.window.controls.run, LEFT)
    assert app.session is not None
    qtbot.waitUntil(lambda: state(app) == "Stopped", timeout=TIMEOUT)
    first, last_shown = app.session, app.window.shown
    qtbot.mouseClick(app.window.controls.run, LEFT)
    qtbot.waitUntil(lambda: app.session is not first, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: app.window.shown is not last_shown, timeout=TIMEOUT)


def test_record_button_records_under_the_name_what_comes_while_it_is_down(
    qtbot: QtBot, app: WindowApp, settings: WindowSettings
) -> None:
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    qtbot.keyClicks(app.window.controls.name, "cell 3.")
    for folder in ("cell 3", "cell 3-2"):
        app.window.pull_status()
        qtbot.mouseClick(app.window.controls.record, LEFT)
        qtbot.waitUntil(lambda: state(app) == "● Recording", timeout=TIMEOUT)
        # What is shown may be from long before the recording.
        begun = app.session.statistics.received
        qtbot.waitUntil(lambda: shown_index(app) > begun + 15, timeout=TIMEOUT)  # noqa: B023
        assert app.session.recording == settings.folder / folder
        app.window.pull_status()
        qtbot.mouseClick(app.window.controls.record, LEFT)
        qtbot.waitUntil(lambda: app.session.recording is None, timeout=TIMEOUT)
    app.stop()
    assert app.session.wait(TIMEOUT / 1000)
    for folder in app.session.folders:
        record = SessionRecord.read(folder)
        assert record.state == "complete"
        assert len(tifffile.imread(folder / "raw.ome.tif")) == record.raw_frames > 10


def test_a_recording_ends_by_itself_at_the_limit_that_was_typed(
    qtbot: QtBot, app: WindowApp, settings: WindowSettings
) -> None:
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    app.window.pull_status()
    limit, record = app.window.controls.limit, app.window.controls.record
    qtbot.keyClicks(limit.typed, "two cells")
    qtbot.mouseClick(record, LEFT)
    assert "can't be limited" in app.window.error.problem.text()
    assert not record.isChecked()
    limit.typed.setText("6 frames")
    assert "6 frames" in limit.button.toolTip()
    qtbot.mouseClick(record, LEFT)
    qtbot.waitUntil(lambda: bool(app.session.folders), timeout=TIMEOUT)
    qtbot.waitUntil(
        lambda: app.session.wanted is None and app.session.recording is None, timeout=TIMEOUT
    )
    # It may have been over before the window asked for the first time.
    app.tick()
    app.window.pull_status()
    assert not record.isChecked()
    assert record.text() == "Record"
    app.stop()
    assert app.session.wait(TIMEOUT / 1000)
    assert SessionRecord.read(app.session.folders[0]).raw_frames == 6


def test_an_error_is_shown_in_the_window_with_its_fix(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    sources.insert(0, ScriptedSource([0, 1, 2, unplugged()]))
    app.start()
    qtbot.waitUntil(lambda: app.window.error.isVisible(), timeout=TIMEOUT)
    text = app.window.error.problem.text() + app.window.error.fix.text()
    assert "The microscope was unplugged." in text
    assert "Plug it in." in text
    qtbot.waitUntil(lambda: state(app) == "Failed", timeout=TIMEOUT)


def test_to_ask_how_it_is_going_changes_nothing(
    app: WindowApp, sources: list[ScriptedSource], settings: WindowSettings
) -> None:
    sources.insert(0, ScriptedSource([0, 1, 2, unplugged()]))
    app.start()
    assert app.session is not None
    assert app.session.wait(TIMEOUT / 1000)
    # A rate falls with time, whoever asks.
    first, second = (replace(app.status(), frames_per_second=None) for _ in range(2))
    assert first == second
    assert app.status().state == "failed"
    assert not app.window.error.isVisible()
    assert settings.source == ""
    app.tick()
    assert app.window.error.problem.text() == "The microscope was unplugged."
    assert settings.source == "scripted:"
    app.tick()
    assert app.window.error.dismiss.text() == "Dismiss"


def test_a_new_pixel_size_reaches_the_scale_bar(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    zoomed = replace(SMALL, pixel_size_um=0.049)
    seen, old_is_gone = threading.Event(), threading.Event()

    def script() -> Iterator[int | FrameFormat | None]:
        yield from takewhile(lambda _: not seen.is_set(), count())
        yield zoomed
        yield from takewhile(lambda _: not old_is_gone.is_set(), repeat(None))
        yield from count()

    sources.insert(0, ScriptedSource(script(), interval=0.01))
    app.start()
    bar = app.window.viewer.raw.scale_bar
    qtbot.waitUntil(lambda: bar._pixel_size_um == SMALL.pixel_size_um, timeout=TIMEOUT)
    seen.set()
    # Frames of the new size are still to come: the old image is none of theirs.
    qtbot.waitUntil(lambda: app.window.shown is None, timeout=TIMEOUT)
    old_is_gone.set()
    qtbot.waitUntil(lambda: bar._pixel_size_um == 0.049, timeout=TIMEOUT)


def test_a_microscope_that_is_lost_is_shown_as_such_with_what_it_says(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    source = sources[0]
    app.start()
    qtbot.waitUntil(lambda: state(app) == "Live", timeout=TIMEOUT)
    source.status, source.connected = "Micro-Manager has gone. Trying again in 2 s.", False
    qtbot.waitUntil(lambda: state(app) == "Disconnected", timeout=TIMEOUT)
    assert app.window.news.message.toolTip() == source.status
    assert app.window.status_line.rate.number.text().strip() == "0.0"
    source.status, source.connected = "", True
    qtbot.waitUntil(lambda: state(app) == "Live", timeout=TIMEOUT)


def test_frames_that_do_not_come_are_not_called_live(
    qtbot: QtBot, app: WindowApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pssr_live.session.silence._SILENCE_S", 0.0)
    monkeypatch.setattr("pssr_live.session.silence._SILENCE_INTERVALS", 0.0)
    app.start()
    qtbot.waitUntil(lambda: state(app) == "No frames", timeout=TIMEOUT)


def test_frames_that_are_not_due_yet_are_waited_for_in_words(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pssr_live.session.silence._SILENCE_S", 0.0)
    monkeypatch.setattr("pssr_live.session.silence._SILENCE_INTERVALS", 0.0)
    source = sources[0]
    source.next_frame_s = 71.25
    app.start()
    qtbot.waitUntil(lambda: state(app) == "Live", timeout=TIMEOUT)
    words = "Next frame in 1 min 11 s"
    qtbot.waitUntil(lambda: app.window.news.message.toolTip() == words, timeout=TIMEOUT)
    source.next_frame_s = None
    qtbot.waitUntil(lambda: state(app) == "No frames", timeout=TIMEOUT)


def test_frames_that_a_file_lacks_are_told_while_it_is_played(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource]
) -> None:
    sources[0].settings = {"missing": "5 of 12 frames missing (frames 3-7)"}
    app.start()
    words = "5 of 12 frames missing (frames 3-7)"
    qtbot.waitUntil(lambda: app.window.news.message.toolTip() == words, timeout=TIMEOUT)


def test_latency_is_split_into_stages_up_to_the_screen(qtbot: QtBot, app: WindowApp) -> None:
    app.start()
    plot = app.window.status_line.plot
    qtbot.waitUntil(lambda: not any("–" in words for words in plot.words), timeout=TIMEOUT)
    room = app.window.status_line.room.number
    qtbot.waitUntil(lambda: "–" not in room.text(), timeout=TIMEOUT)


def test_opening_an_engine_is_told_while_the_window_goes_on(
    qtbot: QtBot, app: WindowApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()
    warm_up = Baseline.warm_up

    def slow(self: Baseline, *arguments: object) -> None:
        opened.wait(TIMEOUT / 1000)
        warm_up(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Baseline, "warm_up", slow)
    try:
        app.start()
        news = app.window.news
        qtbot.waitUntil(lambda: "Opening the engine bilinear" in news.message.toolTip())
        assert news.progress.isVisible()
        assert state(app) == "Starting"
    finally:
        opened.set()
    qtbot.waitUntil(lambda: shown_index(app) > 0, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: not news.progress.isVisible(), timeout=TIMEOUT)


def test_closing_the_window_shows_the_finishing_and_saves_everything(
    qtbot: QtBot, app: WindowApp, settings: WindowSettings
) -> None:
    app.window.controls.name.setText("last")
    taken = settings.folder / "last"
    taken.mkdir(parents=True)
    (taken / "session.json").write_text("{}", encoding="utf-8")
    app.record(True)
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 5, timeout=TIMEOUT)
    app.window.close()
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=TIMEOUT)
    assert app.session is not None
    assert app.session.state is State.STOPPED
    assert app.session.folders == [settings.folder / "last-2"]
    record = SessionRecord.read(settings.folder / "last-2")
    assert record.state == "complete"
    assert record.ended_by == "the user"


def test_a_recording_that_is_refused_is_not_promised(
    qtbot: QtBot, app: WindowApp, settings: WindowSettings
) -> None:
    settings.folder.write_text("no folder", encoding="utf-8")
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    record = app.window.controls.record
    qtbot.mouseClick(record, LEFT)
    qtbot.waitUntil(lambda: app.window.error.isVisible(), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: record.text() == "Record", timeout=TIMEOUT)
    qtbot.waitUntil(lambda: state(app) == "Live", timeout=TIMEOUT)


def test_a_snapshot_keeps_window_and_images_with_where_they_come_from(
    qtbot: QtBot, make_app: MakeApp, settings: WindowSettings
) -> None:
    app = make_app("simulated:height=48,width=56,interval=0.02,frames=30")
    qtbot.mouseClick(app.window.controls.snapshot, LEFT)
    assert "no image" in app.window.error.problem.text()
    app.choose_engine("mito-lite")
    qtbot.waitUntil(lambda: state(app) == "Stopped", timeout=TIMEOUT)
    # Frames and states are asked for in turns: the last frame may still be to come.
    newest = app.session.newest
    qtbot.waitUntil(lambda: app.window.shown is not None, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: newest.take(app.window.shown.sequence) is None, timeout=TIMEOUT)
    app.window.controls.name.setText("cell 7")
    shown = app.window.shown
    qtbot.mouseClick(app.window.controls.snapshot, LEFT)
    qtbot.waitUntil(lambda: "Snapshot" in app.window.news.message.toolTip(), timeout=TIMEOUT)

    folder = settings.folder / "snapshots"
    names = ["cell 7-raw.ome.tif", "cell 7-restored.ome.tif", "cell 7.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert not QtGui.QImage(str(folder / "cell 7.png")).isNull()
    np.testing.assert_array_equal(tifffile.imread(folder / names[0]), shown.raw)
    with tifffile.TiffFile(folder / names[1]) as tiff:
        np.testing.assert_array_equal(tiff.asarray(), shown.restored)
        xml = tiff.ome_metadata
    engine = app.session.engine.selection.engine
    for words in (
        "restored by mito-lite (predicted)",
        "pixels predicted from neighbouring raw frames",
        engine.digest,
        f'<M K="frame">{shown.index}</M>',
        'PhysicalSizeX="0.049"',
    ):
        assert words in xml, words

    # However soon one follows another.
    for _ in range(3):
        app.snapshot()
    app.finish()
    assert len(list(folder.glob("cell 7*.png"))) == 4


def test_a_snapshot_that_can_not_be_written_is_told_with_a_fix(
    qtbot: QtBot, app: WindowApp, settings: WindowSettings
) -> None:
    settings.folder.write_text("no folder", encoding="utf-8")
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    app.snapshot()
    qtbot.waitUntil(lambda: app.window.error.isVisible(), timeout=TIMEOUT)
    assert "can't be saved" in app.window.error.problem.text()
    assert app.window.error.fix.text() == "Choose another folder."
