"""Looking at recordings: as recorded, frame by frame, without an engine."""

from __future__ import annotations

import csv
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot

from acquisition import Channel, StreamKey
from gui import ExportedImages, MarkedPlace, Preview, RecordingWindow, Tool, burn_in
from gui.qt import QtCore, QtGui, QtWidgets
from pssr_live.errors import UserError
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession
from pssr_live.window.recorded import RecordedFrame, RecordedFrames
from pssr_live.window.settings import WindowSettings
from pssr_live.window.verdict_words import verdict_words
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT, run
from tests.pssr_live.window.screen import TIMEOUT as TIMEOUT_MS
from tests.pssr_live.window.screen import MakeApp, shown_index

INDICES = [0, 1, 2, 3, 7, 8, 9]
KEYS = QtCore.Qt.Key
TWO = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")), slices=2)
LOST = TWO.streams[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording with a gap, of which one frame is red for its noise and one is green."""
    folder = tmp_path_factory.mktemp("recordings") / "cell"
    run(ScriptedSource(INDICES), engine="bilinear", save=folder)
    table = folder / "frames.csv"
    rows = csv.reader(table.read_text().splitlines())
    lines = [[cell.strip() for cell in row] for row in rows]
    header = lines[0]
    for name, value in (("light", "red"), ("cause", "noise"), ("noise", "0.75")):
        lines[6][header.index(name)] = value
    for name, value in (("light", "green"), ("cause", "")):
        lines[1][header.index(name)] = value
    table.write_text("".join(",".join(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def streams_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two channels of two slices, the second restored, with a frame lost in the last stream."""
    folder = tmp_path_factory.mktemp("recordings") / "two colours"
    script = [
        frame_of(100 * TWO.stream_number(stream) + index, stream, index)
        for index in range(5)
        for stream in TWO.streams
        if (stream, index) != (LOST, 2)
    ]
    engines = ChannelEngines("none", {"mCherry": "bilinear"})
    session = LiveSession(ScriptedSource(script, TWO), engines, save=folder)
    session.start()
    assert session.wait(TIMEOUT)
    return folder


@pytest.fixture
def no_engine_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an engine was opened")

    monkeypatch.setattr("pssr_live.restoring.engine_pool.EnginePool.open", refuse)


@pytest.fixture
def shown(
    qtbot: QtBot, make_app: MakeApp, folder: Path, no_engine_is_opened: None
) -> Iterator[RecordingWindow]:
    app = make_app("")
    app.drop(folder)
    (window,) = app.recordings.windows
    qtbot.waitExposed(window)
    yield window
    app.recordings.close_all()


def test_a_recording_that_is_dropped_shows_every_frame_as_recorded_by_the_slider(
    qtbot: QtBot, shown: RecordingWindow, folder: Path
) -> None:
    restored = tifffile.imread(folder / "restored.ome.tif")
    time = shown.viewer.time
    assert time.slider.maximum() == len(INDICES) - 1
    for place, index in enumerate(INDICES):
        preview = shown.viewer.shown
        assert preview is not None
        assert preview.index == index
        np.testing.assert_array_equal(preview.raw, pixels(index))
        np.testing.assert_array_equal(preview.restored, restored[place])
        assert f"{place + 1} of 7" in time.words.text()
        assert not shown.viewer.raw.notice.isVisible()
        qtbot.keyClick(shown, KEYS.Key_Right)
    qtbot.keyClick(shown, KEYS.Key_Home)
    assert shown.viewer.shown.index == 0


def test_each_frame_has_the_verdict_that_was_recorded(shown: RecordingWindow) -> None:
    shown.viewer.time.slider.setValue(5)
    assert shown.light.lamp.light == "red"
    assert "without any noise (noise 0.75)" in shown.light.reason.toolTip()
    shown.viewer.time.slider.setValue(0)
    assert shown.light.lamp.light == "green"
    assert "No problem found" in shown.light.reason.toolTip()
    assert "restored by bilinear" in shown.about.toolTip()


def test_a_recording_is_played_to_its_end(qtbot: QtBot, shown: RecordingWindow) -> None:
    qtbot.keyClick(shown, KEYS.Key_Space)
    time = shown.viewer.time
    qtbot.waitUntil(lambda: time.slider.value() == time.slider.maximum(), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: not time.play.isChecked(), timeout=TIMEOUT_MS)
    qtbot.keyClick(shown, KEYS.Key_Space)
    assert time.slider.value() == 0


def test_the_raw_frames_are_restored_again_by_another_engine(
    qtbot: QtBot, make_app: MakeApp, folder: Path, settings: WindowSettings
) -> None:
    app = make_app("")
    app.look_at(folder)
    (window,) = app.recordings.windows
    action = next(one for one in window.again.menu().actions() if one.text() == "rolling-mean")
    action.trigger()
    qtbot.waitUntil(lambda: shown_index(app) >= 0, timeout=TIMEOUT_MS)
    assert app.session.source.url == f"replay:{folder}"
    assert app.session.engine.selection.engine.name == "rolling-mean"
    assert settings.recent == [str(folder)]
    window.close()
    assert not app.recordings.windows


def test_what_is_no_recording_is_told_and_no_window_opens(
    make_app: MakeApp, tmp_path: Path
) -> None:
    app = make_app("")
    app.look_at(tmp_path)
    assert "session.json" in app.window.error.problem.text()
    assert not app.recordings.windows


def test_channels_and_slices_are_shown_by_time_point_with_the_nearest_for_what_was_lost(
    make_app: MakeApp, streams_folder: Path
) -> None:
    app = make_app("")
    app.look_at(streams_folder)
    (window,) = app.recordings.windows
    viewer = window.viewer
    assert not viewer.streams.newest.isVisible()
    assert [name.text() for name in viewer.streams.names] == ["GFP, raw only", "mCherry"]
    viewer.streams.choose(1)
    for z in (0, 1):
        viewer.streams.slice.setValue(z)
        assert viewer.time.slider.maximum() == (3 if z else 4)
        viewer.time.slider.setValue(2)
        time_point = 3 if z else 2
        assert viewer.shown.stream == StreamKey(0, 1, z)
        assert viewer.shown.time_point == time_point
        number = 100 * TWO.stream_number(StreamKey(0, 1, z)) + time_point
        np.testing.assert_array_equal(viewer.shown.raw, pixels(number))
        assert viewer.shown.restored.shape == (96, 128)
        assert viewer._frames[0].time_point == time_point
    viewer.streams.choose(0)
    assert viewer.shown.restored is None
    app.recordings.close_all()


def test_frames_that_the_table_or_the_restored_file_lacks_are_shown_all_the_same(
    folder: Path, tmp_path: Path
) -> None:
    for name in ("session.json", "raw.ome.tif"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    lines = (folder / "frames.csv").read_text().splitlines(keepends=True)
    (tmp_path / "frames.csv").write_text("".join(lines[:6]))
    told: list[UserError] = []
    frames = RecordedFrames(tmp_path, told.append)
    stream = frames.streams[StreamKey(0, 0, 0)]
    assert [one.index for one in stream] == [0, 1, 2, 3, 7, 8, 9]
    assert all(one.restored is None for one in stream)
    assert stream[6] is stream[6]
    assert stream.find(6) == 6
    assert stream.find(7) is None
    assert stream.at_time(6).index == 3
    assert told == []
    frames.close()


def test_a_damaged_frame_is_told_and_the_others_are_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[UserError] = []
    frames = RecordedFrames(folder, told.append)
    stream = frames.streams[StreamKey(0, 0, 0)]
    restored = frames.recording.restored

    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(restored._pages, "read_into", refuse)
        assert stream[3].restored is None
        np.testing.assert_array_equal(stream[3].raw, pixels(3))
    assert "is damaged: frame 4" in told[0].problem
    assert stream[4].restored is not None
    frames.close()


def test_a_recording_window_is_left_to_images(shown: RecordingWindow) -> None:
    shown.resize(900, 500)
    QtWidgets.QApplication.processEvents()
    assert shown.width() == 900
    assert shown.viewer.raw.graphics.height() > 200


@pytest.mark.parametrize(
    ("cause", "words"), [("", ""), ("row_shift", "Every second row"), ("new", "docs/trust.md")]
)
def test_verdicts_have_plain_words(cause: str, words: str) -> None:
    verdict = verdict_words("amber", cause)
    assert verdict is not None
    assert verdict.light == "amber"
    assert verdict.reason.startswith(words) or words in verdict.reason
    assert verdict_words("", "") is None


def movie_of(path: Path) -> tuple[tuple[int, int], float, int]:
    """Width and height, frames a second and frames of a movie, as ffmpeg decodes it."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    decode = [ffmpeg, "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    decoded = subprocess.run(decode, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    said = re.search(r"h264.* (\d+)x(\d+).* ([\d.]+) fps", decoded.stderr.decode())
    assert said is not None
    size = int(said[1]), int(said[2])
    return size, float(said[3]), len(decoded.stdout) // (3 * size[0] * size[1])


def test_a_movie_of_raw_and_restored_is_exported_with_every_frame(
    qtbot: QtBot, shown: RecordingWindow, tmp_path: Path
) -> None:
    pytest.importorskip("imageio_ffmpeg")
    shown.export.menu().actions()[0].trigger()
    dialog = shown.findChild(QtWidgets.QFileDialog)
    assert dialog.selectedFiles()[0].endswith("cell.mp4")
    path = tmp_path / "cell.mp4"
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    qtbot.waitUntil(lambda: "Movie: " in shown.about.toolTip(), timeout=TIMEOUT_MS)
    assert movie_of(path) == ((256, 96), 10.0, len(INDICES))
    assert list(tmp_path.glob(".*")) == []
    assert not shown.progress.isVisible()


def test_a_movie_that_is_given_up_leaves_nothing(
    qtbot: QtBot, shown: RecordingWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("imageio_ffmpeg")
    begun, go_on = threading.Event(), threading.Event()

    def draw(*arguments: object) -> object:
        begun.set()
        assert go_on.wait(TIMEOUT)
        return burn_in(*arguments)

    monkeypatch.setattr("pssr_live.window.movie.burn_in", draw)
    shown.movie_wanted.emit(ExportedImages.RAW, str(tmp_path / "cell.mp4"))
    assert begun.wait(TIMEOUT)
    assert shown.progress.isVisible()
    qtbot.mouseClick(shown.give_up, QtCore.Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(lambda: "cancelled" in shown.about.toolTip(), timeout=TIMEOUT_MS)
    assert list(tmp_path.glob("*.mp4")) == []


def test_a_picture_of_the_frame_shown_is_exported_and_what_fails_is_told(
    shown: RecordingWindow, tmp_path: Path
) -> None:
    shown.viewer.time.slider.setValue(2)
    shown.picture_wanted.emit(ExportedImages.BOTH, str(tmp_path / "frame.png"))
    image = QtGui.QImage(str(tmp_path / "frame.png"))
    assert (image.width(), image.height()) == (256, 96)
    assert "Picture: " in shown.about.toolTip()
    shown.picture_wanted.emit(ExportedImages.BOTH, str(tmp_path / "nowhere" / "frame.png"))
    assert "can't be written" in shown.error.problem.text()


def test_what_writes_movies_is_named_where_it_is_missing(
    shown: RecordingWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pssr_live.window.movie.find_spec", lambda _: None)
    shown.movie_wanted.emit(ExportedImages.BOTH, str(tmp_path / "cell.mp4"))
    assert "imageio-ffmpeg" in shown.error.problem.text()
    assert "pssr-live[movie]" in shown.error.fix.text()


def test_a_course_over_a_recording_is_read_beside_the_window_and_has_every_frame(
    qtbot: QtBot, shown: RecordingWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, go_on = threading.Event(), threading.Event()
    readers: set[threading.Thread] = set()
    read = RecordedFrames.read

    def read_late(frames: RecordedFrames, frame: RecordedFrame) -> Preview:
        readers.add(threading.current_thread())
        if frame.place == 2:
            waits.set()
            assert go_on.wait(TIMEOUT)
        return read(frames, frame)

    monkeypatch.setattr(RecordedFrames, "read", read_late)
    measuring = shown.viewer.measuring
    measuring.line.put(MarkedPlace(2, 2, 20, 12), finished=True)
    shown.viewer.toolbar.tools[Tool.KYMOGRAPH].trigger()
    assert waits.wait(TIMEOUT)
    qtbot.waitUntil(lambda: len(measuring.kymograph.images) == 2, timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: measuring.kymograph.images[0].shape[1] == 2, timeout=TIMEOUT_MS)
    assert "reading" in measuring.extent.text()
    assert not measuring.keep.isEnabled()

    go_on.set()
    qtbot.waitUntil(measuring.keep.isEnabled, timeout=TIMEOUT_MS)
    assert "reading" not in measuring.extent.text()
    assert [image.shape[1] for image in measuring.kymograph.images] == [len(INDICES)] * 2
    assert threading.main_thread() not in readers

    measuring.region.put(MarkedPlace(2, 2, 20, 12), finished=True)
    shown.viewer.toolbar.tools[Tool.TRACE].trigger()
    qtbot.waitUntil(measuring.keep.isEnabled, timeout=TIMEOUT_MS)
    expected = [pixels(index)[2:12, 2:20].mean() for index in INDICES]
    np.testing.assert_allclose(measuring.trace.course.raw, expected)


def test_another_line_and_closing_the_window_end_what_is_read(
    qtbot: QtBot, shown: RecordingWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = shown.viewer.measuring
    waits = threading.Event()
    read, places = RecordedFrames.read, []

    def read_until_it_is_ended(frames: RecordedFrames, frame: RecordedFrame) -> Preview:
        places.append(frame.place)
        if frame.place == 1:
            reading = measuring._reader._reading
            waits.set()
            assert reading.stopped.wait(TIMEOUT)
        return read(frames, frame)

    monkeypatch.setattr(RecordedFrames, "read", read_until_it_is_ended)
    shown.viewer.toolbar.tools[Tool.KYMOGRAPH].trigger()
    for place in (MarkedPlace(2, 2, 20, 12), MarkedPlace(5, 2, 20, 12)):
        waits.clear()
        measuring.line.put(place, finished=True)
        assert waits.wait(TIMEOUT)
    shown.close()
    assert places == [0, 1, 0, 1]
    assert not measuring._reader.reading


def test_a_table_of_what_is_measured_is_written_or_why_not_is_told(
    shown: RecordingWindow, tmp_path: Path
) -> None:
    shown.table_kept.emit(str(tmp_path / "profile.csv"), "channel,counts\n0,µ\n")
    assert (tmp_path / "profile.csv").read_text(encoding="utf-8") == "channel,counts\n0,µ\n"
    shown.table_kept.emit(str(tmp_path / "nowhere" / "profile.csv"), "")
    assert "can't be written" in shown.error.problem.text()
