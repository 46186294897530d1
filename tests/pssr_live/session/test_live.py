"""The live session, with a real engine, a real ring and real files."""

from __future__ import annotations

import csv
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rich.console import Console

from acquisition import (
    ONE_STREAM,
    Channel,
    Frame,
    Missing,
    ReplaySource,
    StreamKey,
    open_source,
    read_rows,
)
from engines import Baseline, EngineError
from engines.bundle import BUNDLED
from pssr_live.recording import Recorder, SessionRecord, disk_patience
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from tests.places import DATA
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, unplugged
from tests.pssr_live.sessions import (
    TIMEOUT,
    complete_recording,
    images,
    restore_file,
    restored_by_hand,
    run,
    slow_down,
)


@pytest.mark.parametrize("name", ["hela_mitochondria", "cos7_mitochondria", "lysosomes"])
def test_a_real_time_lapse_is_recorded_frame_by_frame_and_restored_whole(
    tmp_path: Path, name: str
) -> None:
    source = ReplaySource(DATA / f"{name}.tif", rate="max")
    session = run(source, save=tmp_path / "r", engine="mito-lite")
    assert session.faults == []
    original = tifffile.imread(DATA / f"{name}.tif")
    np.testing.assert_array_equal(images(tmp_path / "r", "raw"), original)
    count, height, width = original.shape
    restored = images(tmp_path / "r", "restored")
    assert restored.shape == (count, 4 * height, 4 * width)
    assert restored.dtype == original.dtype
    # In raw units: the restored movie is as bright as the raw one.
    assert restored.mean() == pytest.approx(original.mean(), rel=0.1)
    record = SessionRecord.read(tmp_path / "r")
    assert (record.state, record.raw_frames, record.restored_frames) == ("complete", count, count)
    assert record.engine is not None
    assert record.engine.name == "mito-lite"
    assert len(record.engine.digest) == 64


def test_every_frame_is_restored_from_its_own_window_and_edges_are_repeated(tmp_path: Path) -> None:
    run(ScriptedSource(range(7)), save=tmp_path / "r")
    windows = [[max(0, min(6, c + d)) for d in range(-2, 3)] for c in range(7)]
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), restored_by_hand(windows))


def test_no_window_spans_a_gap_and_gaps_are_recorded(tmp_path: Path) -> None:
    numbers = [0, 1, 2, 3, 4, 5, 9, 10, 11, 40]
    session = run(ScriptedSource(numbers), save=tmp_path / "r")
    windows = [[max(0, min(5, c + d)) for d in range(-2, 3)] for c in range(6)]
    windows += [[max(9, min(11, c + d)) for d in range(-2, 3)] for c in range(9, 12)]
    windows += [[40] * 5]
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), restored_by_hand(windows))
    rows = list(read_rows(tmp_path / "r" / "frames.csv"))
    assert [row.index for row in rows] == numbers
    assert [row.lost_before for row in rows] == [0, 0, 0, 0, 0, 0, 3, 0, 0, 28]
    now = session.statistics.snapshot()
    assert (now.gaps, now.lost) == (2, 31)
    losses = SessionRecord.read(tmp_path / "r").losses
    assert [(loss.first, loss.last) for loss in losses] == [(6, 8), (12, 39)]


def test_what_is_missing_before_the_first_frame_is_recorded_and_what_became_of_it(
    tmp_path: Path,
) -> None:
    larger = replace(SMALL, height=30)
    script = [
        replace(frame_of(0, ONE_STREAM, 3), lost_to="overflow"),
        frame_of(1, ONE_STREAM, 4),
        replace(frame_of(2, ONE_STREAM, 7), lost_to="taken"),
        larger,
        frame_of(3, ONE_STREAM, 2, larger),
    ]
    source = ScriptedSource(script)
    source.first_index = 0
    session = run(source, save=tmp_path / "r")
    told = {
        name: [
            (row.index, row.lost_before, row.lost_to)
            for row in read_rows(tmp_path / name / "frames.csv")
        ]
        for name in ("r", "r-2")
    }
    assert told["r"] == [(3, 3, "overflow"), (4, 0, ""), (7, 2, "taken")]
    assert told["r-2"] == [(2, 2, "")]
    losses = SessionRecord.read(tmp_path / "r").losses
    assert [(loss.first, loss.last, loss.cause) for loss in losses] == [
        (0, 2, "overflow"),
        (5, 6, "taken"),
    ]
    lost = [SessionRecord.read(folder).lost_frames for folder in session.folders]
    assert (lost, session.statistics.lost) == ([5, 2], 7)


def test_what_is_missing_behind_the_last_frame_is_recorded_stream_by_stream(
    tmp_path: Path,
) -> None:
    two = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")), positions=("left", "right"))
    streams = [StreamKey(position, channel) for position in (0, 1) for channel in (0, 1)]
    source = ScriptedSource([frame_of(n, one, 0, two) for n, one in enumerate(streams)], two)
    source.missing_after = {
        StreamKey(0, 1): Missing(1, 7, "missed"),
        StreamKey(1, 0): Missing(1, 1, "missed"),
    }
    session = run(source, save=tmp_path / "r")
    told = {
        folder.name: [loss.model_dump() for loss in SessionRecord.read(folder).losses]
        for folder in session.folders
    }
    left, right = (
        {"first": 1, "last": last, "stream": name, "cause": "missed"}
        for last, name in ((7, "mCherry"), (1, "GFP"))
    )
    assert told == {"left": [left], "right": [right]}
    assert [SessionRecord.read(folder).lost_frames for folder in session.folders] == [7, 1]
    assert (session.statistics.lost, session.statistics.gaps) == (8, 2)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_recording_shorter_than_a_window_is_restored_too(tmp_path: Path, count: int) -> None:
    run(ScriptedSource(range(count)), save=tmp_path / "r")
    restored = images(tmp_path / "r", "restored").reshape(count, 96, 128)
    windows = [[max(0, min(count - 1, c + d)) for d in range(-2, 3)] for c in range(count)]
    np.testing.assert_array_equal(restored, restored_by_hand(windows))


def test_a_change_of_format_ends_the_segment_and_begins_another(tmp_path: Path) -> None:
    larger = replace(SMALL, height=30, significant_bits=16)
    script = [0, 1, 2, 3, 4, 5, larger, 0, 1, 2]
    session = run(ScriptedSource(script), save=tmp_path / "r")
    assert session.faults == []
    assert session.folders == [tmp_path / "r", tmp_path / "r-2"]
    assert images(tmp_path / "r", "raw").shape == (6, 24, 32)
    assert images(tmp_path / "r-2", "raw").shape == (3, 30, 32)
    assert images(tmp_path / "r-2", "restored").shape == (3, 120, 128)


def test_when_the_source_fails_what_came_before_is_saved(tmp_path: Path) -> None:
    source = ScriptedSource([0, 1, 2, 3, 4, 5, unplugged(), 7])
    session = run(source, save=tmp_path / "r")
    assert [str(fault) for fault in session.faults] == ["The microscope was unplugged. Plug it in."]
    assert source.closed
    record = SessionRecord.read(tmp_path / "r")
    assert (record.raw_frames, record.restored_frames) == (6, 6)
    assert "unplugged" in record.ended_by


def test_when_the_engine_fails_raw_frames_are_recorded_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = Baseline.restore
    calls = []

    def broken(self: Baseline, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) > 20:
            raise EngineError("It broke.", "Mend it.")
        return restore(self, *arguments)

    monkeypatch.setattr(Baseline, "restore", broken)
    session = run(ScriptedSource(range(200), interval=0.001), save=tmp_path / "r")
    assert [type(fault) for fault in session.faults] == [EngineError]
    assert images(tmp_path / "r", "raw").shape[0] == 200
    monkeypatch.setattr(Baseline, "restore", restore)
    assert complete_recording(tmp_path / "r", "mito-lite", "auto", Console(quiet=True)) == 200


def test_an_engine_that_does_not_exist_fails_before_the_first_frame(tmp_path: Path) -> None:
    session = run(ScriptedSource(range(9)), engine="no-such-engine", save=tmp_path / "r")
    assert isinstance(session.faults[0], EngineError)
    assert session.statistics.received == 0
    assert not (tmp_path / "r").exists()


def test_the_frame_limit_is_kept(tmp_path: Path) -> None:
    session = run(ScriptedSource(range(50)), save=tmp_path / "r", frame_limit=12)
    assert session.statistics.received == 12
    assert images(tmp_path / "r", "raw").shape[0] == 12


def test_latency_is_told_by_stage(tmp_path: Path) -> None:
    session = run(ScriptedSource(range(30), interval=0.005), save=tmp_path / "r")
    table = session.statistics.latency_table()
    assert list(table) == ["look_ahead", "queue", "engine", "trust", "write", "total"]
    median, late = table["look_ahead"]
    # Two frames at 5 ms or a little more.
    assert 0.009 < median <= late
    names, *rows = csv.reader((tmp_path / "r" / "frames.csv").read_text("ascii").splitlines())
    times = slice(0, 1 + [name.strip() for name in names].index("write_ms"))
    assert all(float(value) >= 0 for row in rows for value in row[times])


def test_a_session_that_got_no_frame_leaves_no_recording(tmp_path: Path) -> None:
    session = run(ScriptedSource([unplugged()]), save=tmp_path / "r")
    assert len(session.faults) == 1
    assert not (tmp_path / "r").exists()


def test_when_raw_frames_reach_the_disk_no_more_nothing_wrong_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_patience, "PATIENCE", 0.3)
    slow_down(monkeypatch, 0.005)
    append_raw = Recorder.append_raw

    def full(self: Recorder, frame: Frame) -> None:
        if frame.index == 150:
            raise OSError(5, "Input/output error")
        append_raw(self, frame)

    monkeypatch.setattr(Recorder, "append_raw", full)
    session = run(ScriptedSource(range(300), interval=0.002), save=tmp_path / "r")
    monkeypatch.undo()
    assert "Input/output error" in str(session.faults[0])
    record = SessionRecord.read(tmp_path / "r")
    assert record.raw_frames == 150
    assert record.restored_frames <= 148
    assert "Input/output error" in record.ended_by
    # The preview went on to the end.
    frame = session.newest.take(-1)
    assert frame is not None
    assert complete_recording(tmp_path / "r", "mito-lite", "auto", Console(quiet=True)) == 150
    windows = [[max(0, min(149, c + d)) for d in range(-2, 3)] for c in range(150)]
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), restored_by_hand(windows))


def test_a_shortened_table_is_not_taken_for_the_whole_recording(tmp_path: Path) -> None:
    run(ScriptedSource(range(20)), save=tmp_path / "r")
    table = tmp_path / "r" / "frames.csv"
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join(lines[:13]))
    (tmp_path / "r" / "restored.ome.tif").unlink()
    assert complete_recording(tmp_path / "r", "mito-lite", "auto", Console(quiet=True)) == 20
    record = SessionRecord.read(tmp_path / "r")
    assert (record.state, record.raw_frames) == ("complete", 20)


def test_a_recordings_raw_file_keeps_its_gaps_when_it_is_played_or_restored(
    tmp_path: Path,
) -> None:
    numbers = [*range(5), *range(50, 55)]
    run(ScriptedSource(numbers), save=tmp_path / "r")
    played = run(ReplaySource(tmp_path / "r", rate="max"), save=tmp_path / "played")
    assert played.statistics.snapshot().lost == 45
    output = tmp_path / "o.ome.tif"
    raw = tmp_path / "r" / "raw.ome.tif"
    restore_file(raw, output, "rolling-mean", "auto", Console(quiet=True), force=False)
    for restored in (images(tmp_path / "played", "restored"), tifffile.imread(output)):
        np.testing.assert_array_equal(restored, images(tmp_path / "r", "restored"))


def test_a_source_that_fails_to_close_leaves_nothing_open(tmp_path: Path) -> None:
    source = ScriptedSource(range(6))

    def close() -> None:
        raise OSError("it will not let go")

    source.close = close  # type: ignore[method-assign]
    session = run(source, save=tmp_path / "r")
    assert "let go" in str(session.faults[0])
    assert SessionRecord.read(tmp_path / "r").state == "complete"


def test_stopping_before_the_first_frame_is_no_failure() -> None:
    session = LiveSession(open_source("micromanager:1,wait=60"), EngineChoice("bilinear"))
    session.start()
    time.sleep(0.3)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []


def test_an_engine_that_has_moved_is_named_anew(tmp_path: Path) -> None:
    bundle = tmp_path / "mine"
    shutil.copytree(BUNDLED / "mito-lite", bundle)
    session = run(ScriptedSource(range(6)), save=tmp_path / "r", engine=str(bundle))
    assert session.faults == []
    (tmp_path / "r" / "restored.ome.tif").unlink()
    bundle.rename(tmp_path / "elsewhere")
    with pytest.raises(EngineError, match="no engine"):
        complete_recording(tmp_path / "r", "none", "auto", Console(quiet=True))
    engine = str(tmp_path / "elsewhere")
    assert complete_recording(tmp_path / "r", engine, "auto", Console(quiet=True)) == 6
