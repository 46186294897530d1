"""MDA sequences of pymmcore-plus on a real core, restored and recorded beside the script."""

from __future__ import annotations

import gc
import json
import logging
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import useq
from pymmcore_plus import CMMCorePlus

from acquisition import FrameFormat, PushedSource, StreamKey
from pssr_live import LiveRestorer
from pssr_live.errors import UserError
from pssr_live.pymmcore import connect
from pssr_live.restoring import Restored

SEQUENCE = useq.MDASequence(
    channels=["DAPI", "FITC"],
    z_plan={"range": 1.5, "step": 1.5},
    time_plan={"interval": 0.05, "loops": 6},
)


class Seen:
    """What another listener was given: copies, by channel and slice."""

    def __init__(self, mmcore: CMMCorePlus) -> None:
        self.images: dict[tuple[int, ...], list[np.ndarray]] = defaultdict(list)
        mmcore.mda.events.frameReady.connect(self._keep)

    def _keep(self, image: np.ndarray, event: useq.MDAEvent, meta: dict[str, Any]) -> None:
        key = event.index.get("p", 0), event.index.get("c", 0), event.index.get("z", 0)
        self.images[key].append(image.copy())


def pages_of(folder: Path, name: str) -> np.ndarray:
    """The frames of a file as (T, C, Z, Y, X)."""
    with tifffile.TiffFile(folder / f"{name}.ome.tif") as file:
        series = file.series[0]
        pixels, axes = series.asarray(squeeze=False), series.get_axes(squeeze=False)
    order = [axes.index(axis) for axis in "TCZYX"]
    rest = tuple(n for n in range(pixels.ndim) if n not in order)
    return np.squeeze(pixels.transpose(*rest, *order), tuple(range(len(rest))))


def check(recorded: np.ndarray, restored: list[Restored]) -> None:
    for one in restored:
        place = recorded[one.index, one.stream.channel, one.stream.z]
        np.testing.assert_array_equal(place, one.pixels)


def test_every_frame_of_an_experiment_is_recorded_in_its_place_and_restored(
    mmcore: CMMCorePlus, tmp_path: Path
) -> None:
    seen = Seen(mmcore)
    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.run(SEQUENCE)
        assert connection.wait()
        session = connection.session
        assert session is not None
        assert (session.statistics.received, session.statistics.lost) == (24, 0)
        assert session.failure is None
    raw = pages_of(tmp_path / "cell", "raw")
    assert raw.shape == (6, 2, 2, 48, 64)
    for (_, channel, z), images in seen.images.items():
        np.testing.assert_array_equal(raw[:, channel, z], np.stack(images))
    restored = pages_of(tmp_path / "cell", "restored")
    assert restored.shape == (6, 2, 2, 192, 256)
    with LiveRestorer(session.format, "rolling-mean") as restorer:
        for time_point in range(6):
            for (_, channel, z), images in seen.images.items():
                one = restorer.add(images[time_point], stream=StreamKey(channel=channel, z=z))
                check(restored, ([] if one is None else [one]) + restorer.ready())
        check(restored, restorer.finish())
    said = json.loads((tmp_path / "cell" / "session.json").read_text(encoding="utf-8"))
    assert said["state"] == "complete"
    text = json.dumps(said)
    assert "DAPI" in text
    assert "FITC" in text


def test_names_step_and_interval_of_the_plan_are_recorded(
    mmcore: CMMCorePlus, tmp_path: Path
) -> None:
    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.run(SEQUENCE)
        session = connection.session
        assert session is not None
    frame_format = session.format
    assert frame_format is not None
    assert [channel.name for channel in frame_format.channels] == ["DAPI", "FITC"]
    assert (frame_format.slices, frame_format.z_step_um) == (2, 1.5)
    assert frame_format.interval_s == pytest.approx(0.05)
    assert frame_format.pixel_size_um == 1.0
    assert frame_format.camera == "Camera"


def test_the_newest_frame_of_each_stream_can_be_shown(mmcore: CMMCorePlus) -> None:
    with connect(mmcore, engine=["rolling-mean", "DAPI=none"]) as connection:
        mmcore.mda.run(SEQUENCE)
        assert connection.wait()
        assert connection.session is not None
        newest = {frame.stream: frame for frame in connection.session.newest.take_each(0)}
    assert len(newest) == 4
    for stream, frame in newest.items():
        assert frame.raw.shape == (48, 64)
        if stream.channel == 0:
            assert frame.restored is None
        else:
            assert frame.restored is not None
            assert frame.restored.shape == (192, 256)
            assert frame.trust is not None


def test_each_position_has_its_folder_and_each_sequence_its_own(
    mmcore: CMMCorePlus, tmp_path: Path
) -> None:
    seen = Seen(mmcore)
    sequence = useq.MDASequence(
        stage_positions=[{"x": 0, "y": 0, "name": "left"}, {"x": 9, "y": 0}],
        time_plan={"interval": 0, "loops": 5},
    )
    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.run(sequence)
        mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0, "loops": 3}))
        assert connection.wait()
    folders = "cell/left", "cell/position-1", "cell-2"
    for folder, frames in zip(folders, (5, 5, 3), strict=True):
        raw = pages_of(tmp_path / folder, "raw")
        assert raw.shape == (frames, 1, 1, 48, 64)
        assert pages_of(tmp_path / folder, "restored").shape == (frames, 1, 1, 192, 256)
    np.testing.assert_array_equal(
        pages_of(tmp_path / "cell/position-1", "raw")[:, 0, 0], np.stack(seen.images[1, 0, 0])
    )


def test_each_tile_of_a_grid_is_a_position(mmcore: CMMCorePlus, tmp_path: Path) -> None:
    sequence = useq.MDASequence(
        grid_plan={"rows": 1, "columns": 2, "fov_width": 9, "fov_height": 9},
        time_plan={"interval": 0, "loops": 3},
    )
    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.run(sequence)
        assert connection.wait()
    for tile in ("tile 0", "tile 1"):
        raw = pages_of(tmp_path / "cell" / tile.replace(" ", "-"), "raw")
        assert raw.shape == (3, 1, 1, 48, 64)


def test_each_camera_of_several_is_a_channel(mmcore: CMMCorePlus, tmp_path: Path) -> None:
    mmcore.loadDevice("Second", "DemoCamera", "DCam")
    mmcore.loadDevice("Both", "Utilities", "Multi Camera")
    for label in ("Second", "Both"):
        mmcore.initializeDevice(label)
    first = mmcore.getCameraDevice()
    for label in (first, "Second"):
        mmcore.setROI(label, 0, 0, 64, 48)
        mmcore.setProperty(label, "PixelType", "16bit")
    mmcore.setProperty("Both", "Physical Camera 1", first)
    mmcore.setProperty("Both", "Physical Camera 2", "Second")
    mmcore.setCameraDevice("Both")
    sequence = useq.MDASequence(channels=["DAPI"], time_plan={"interval": 0, "loops": 5})
    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.run(sequence)
        assert connection.wait()
        assert connection.session is not None
        assert connection.session.format is not None
        names = [channel.name for channel in connection.session.format.channels]
    assert names == ["DAPI camera 0", "DAPI camera 1"]
    assert pages_of(tmp_path / "cell", "raw").shape == (5, 2, 1, 48, 64)
    assert pages_of(tmp_path / "cell", "restored").shape == (5, 2, 1, 192, 256)


def test_a_channel_taken_at_every_second_time_point_has_no_gaps(mmcore: CMMCorePlus) -> None:
    sequence = useq.MDASequence(
        channels=["DAPI", {"config": "FITC", "acquire_every": 2}],
        time_plan={"interval": 0, "loops": 6},
    )
    with connect(mmcore, engine="rolling-mean") as connection:
        mmcore.mda.run(sequence)
        session = connection.session
    assert session is not None
    counts = session.statistics.snapshot().streams
    assert counts[StreamKey(channel=1)].received == 3
    assert counts[StreamKey(channel=1)].last_time_point == 4
    assert session.statistics.lost == 0


def test_a_sequence_that_is_made_up_as_it_goes_is_followed(
    mmcore: CMMCorePlus, tmp_path: Path
) -> None:
    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.run([useq.MDAEvent(channel="DAPI") for _ in range(5)])
        session = connection.session
    assert session is not None
    assert session.format is not None
    assert session.format.channels[0].name == "DAPI"
    assert pages_of(tmp_path / "cell", "restored").shape == (5, 1, 1, 192, 256)


def test_a_sequence_that_is_stopped_leaves_complete_files(
    mmcore: CMMCorePlus, tmp_path: Path
) -> None:
    def stop_after_two(image: np.ndarray, event: useq.MDAEvent, meta: dict[str, Any]) -> None:
        if event.index["t"] == 1:
            mmcore.mda.cancel()

    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.events.frameReady.connect(stop_after_two)
        mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0.1, "loops": 50}))
        assert connection.wait()
    raw = pages_of(tmp_path / "cell", "raw")
    assert 2 <= len(raw) < 50
    assert len(pages_of(tmp_path / "cell", "restored")) == len(raw)


def test_who_connects_while_a_sequence_runs_gets_the_rest(mmcore: CMMCorePlus) -> None:
    connections = []

    def connect_late(image: np.ndarray, event: useq.MDAEvent, meta: dict[str, Any]) -> None:
        if event.index["t"] == 1:
            connections.append(connect(mmcore, engine="rolling-mean"))

    mmcore.mda.events.frameReady.connect(connect_late)
    mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0.02, "loops": 6}))
    (connection,) = connections
    connection.close()
    assert connection.session.statistics.received in (4, 5)
    assert connection.session.statistics.lost == 0


def test_the_experiment_is_not_held_up_and_lost_frames_are_told_by_number(
    mmcore: CMMCorePlus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read_now = threading.Event()

    class SlowToBegin(PushedSource):
        def __init__(self, frame_format: FrameFormat, **options: Any) -> None:
            super().__init__(frame_format, room=3, **options)

        def open(self) -> FrameFormat:
            read_now.wait()
            return super().open()

    monkeypatch.setattr("pssr_live.scripting.scripted_run.PushedSource", SlowToBegin)
    seen = Seen(mmcore)
    with connect(mmcore, engine="rolling-mean") as connection:
        mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0, "loops": 6}))
        assert len(seen.images[0, 0, 0]) == 6
        read_now.set()
        assert connection.wait()
        assert connection.session is not None
        assert connection.session.statistics.received == 3
    assert "3 frames were lost" in caplog.text
    assert "frame 3, frame 4, frame 5" in caplog.text


def test_what_fails_here_fails_nothing_of_the_experiment(
    mmcore: CMMCorePlus, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen(mmcore)
    with connect(mmcore, engine=["rolling-mean", "GFP=none"]) as connection:
        mmcore.mda.run(SEQUENCE)
        assert connection.wait()
    assert sum(map(len, seen.images.values())) == 24
    assert "There is no channel GFP. Name one of these" in caplog.text


def test_images_that_are_no_counts_are_told_once_and_left_alone(
    mmcore: CMMCorePlus, caplog: pytest.LogCaptureFixture
) -> None:
    mmcore.setProperty("Camera", "PixelType", "32bitRGB")
    with connect(mmcore, engine="rolling-mean") as connection:
        mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0, "loops": 3}))
        assert connection.session is None
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len([one for one in told if "neither restored nor recorded" in one.message]) == 1


def test_frames_of_another_size_get_a_recording_of_their_own(
    mmcore: CMMCorePlus, tmp_path: Path
) -> None:
    def smaller(image: np.ndarray, event: useq.MDAEvent, meta: dict[str, Any]) -> None:
        if event.index["t"] == 2:
            mmcore.setROI(0, 0, 48, 48)

    with connect(mmcore, engine="rolling-mean", save=tmp_path / "cell") as connection:
        mmcore.mda.events.frameReady.connect(smaller)
        mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0.02, "loops": 6}))
        assert connection.wait()
    assert pages_of(tmp_path / "cell", "raw").shape == (3, 1, 1, 48, 64)
    assert pages_of(tmp_path / "cell-2", "restored").shape == (3, 1, 1, 192, 192)


@pytest.mark.parametrize("binding", ["PySide6", "PyQt6"])
def test_in_a_qt_application_no_frame_waits_for_the_main_thread(
    mmcore: CMMCorePlus, monkeypatch: pytest.MonkeyPatch, binding: str
) -> None:
    core = pytest.importorskip(f"{binding}.QtCore")
    new_signal = core.Signal if binding == "PySide6" else core.pyqtSignal

    # As those that pymmcore-plus has where there is a QApplication.
    signals = {
        "sequenceStarted": new_signal(object, dict),
        "sequencePauseToggled": new_signal(bool),
        "sequenceCanceled": new_signal(object),
        "sequenceFinished": new_signal(object),
        "frameReady": new_signal(object, object, dict),
        "awaitingEvent": new_signal(object, float),
        "eventStarted": new_signal(object),
    }
    qt_signals = type("QtSignals", (core.QObject,), signals)()
    monkeypatch.setattr(mmcore.mda, "_signals", qt_signals)
    with connect(mmcore, engine="rolling-mean") as connection:
        thread = threading.Thread(
            target=mmcore.mda.run,
            args=(useq.MDASequence(time_plan={"interval": 0, "loops": 5}),),
        )
        thread.start()
        # The main thread is busy with this, and runs no loop of Qt's.
        thread.join()
        assert connection.wait()
        assert connection.session is not None
        assert connection.session.statistics.received == 5


def test_a_script_need_not_keep_the_connection(mmcore: CMMCorePlus, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    connect(mmcore, engine="rolling-mean", save=tmp_path / "cell")
    gc.collect()
    mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0, "loops": 5}))
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert len(pages_of(tmp_path / "cell", "restored")) == 5


def test_a_frame_on_its_way_while_it_is_closed_begins_nothing(mmcore: CMMCorePlus) -> None:
    connection = connect(mmcore, engine="rolling-mean")
    on_its_way = connection._on_frame
    connection.close()
    on_its_way(np.zeros((48, 64), np.uint16), useq.MDAEvent(), {})
    assert connection.session is None


def test_nothing_is_taken_after_it_was_closed(mmcore: CMMCorePlus) -> None:
    connection = connect(mmcore, engine="rolling-mean")
    connection.close()
    connection.close()
    mmcore.mda.run(useq.MDASequence(time_plan={"interval": 0, "loops": 2}))
    assert connection.session is None


def test_what_is_missing_is_said_with_the_command(
    mmcore: CMMCorePlus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="from pymmcore_plus import CMMCorePlus"):
        connect(object())  # type: ignore[arg-type]
    (tmp_path / "session.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="recording"):
        connect(mmcore, save=tmp_path)
    monkeypatch.setitem(sys.modules, "pymmcore_plus", None)
    with pytest.raises(UserError, match=r'pip install "pssr-live\[mda\]"'):
        connect(mmcore)
