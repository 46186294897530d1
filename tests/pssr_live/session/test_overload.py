"""More frames than the engine, the viewer or the memory can take."""

from __future__ import annotations

import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rich.console import Console

from acquisition import Frame
from engines import Baseline
from pssr_live.recording import Recorder, SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, State, segment
from pssr_live.session.window_cursor import WindowCursor
from tests.pssr_live.scripted import ScriptedSource, pixels
from tests.pssr_live.sessions import (
    TIMEOUT,
    complete_recording,
    images,
    restore_file,
    restored_by_hand,
    run,
    slow_down,
)


@pytest.fixture(autouse=True)
def small_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames as small as these would all stay in memory; see that they can be read back."""
    monkeypatch.setattr(segment, "_RING_BYTES", 0)


def test_an_engine_too_slow_for_the_camera_loses_no_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore, caught_up = Baseline.restore, threading.Event()

    def slow(self: Baseline, *arguments: Any) -> Any:
        caught_up.wait(0.1)
        return restore(self, *arguments)

    monkeypatch.setattr(Baseline, "restore", slow)
    session = LiveSession(
        ScriptedSource(range(300), interval=0.002),
        EngineChoice("rolling-mean"),
        save=tmp_path / "r",
    )
    session.start()
    seen: list[int] = []
    while not session.wait(0.02):
        frame = session.newest.take(seen[-1] if seen else -1)
        if frame is not None:
            seen.append(frame.sequence)
            if frame.sequence - session.progress[0] > 20:
                # The preview was seen to be far ahead of the file; now it may be caught up with.
                caught_up.set()
    assert caught_up.is_set()
    assert session.faults == []
    assert seen == sorted(seen)
    windows = [[max(0, min(299, c + d)) for d in range(-2, 3)] for c in range(300)]
    monkeypatch.undo()
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), restored_by_hand(windows))
    np.testing.assert_array_equal(
        images(tmp_path / "r", "raw"), np.stack([pixels(n) for n in range(300)])
    )
    raw, offline = tmp_path / "r" / "raw.ome.tif", tmp_path / "offline.ome.tif"
    restore_file(raw, offline, "rolling-mean", "auto", Console(quiet=True), force=False)
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), tifffile.imread(offline))


def test_memory_does_not_grow_with_the_length_of_an_overloaded_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, 0.0025)
    peaks = []
    tracemalloc.start()
    # The first is for what is made once only.
    for count in (100, 100, 450):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        source = ScriptedSource(range(count), interval=0.0005)
        session = run(source, save=tmp_path / f"{len(peaks)}")
        assert session.faults == []
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    # 350 restored frames more would be 8 MB, raw ones half of one.
    assert peaks[2] - peaks[1] < 300_000


def test_an_engine_waits_for_a_source_that_would_lose_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "_LONGEST_COURTESY", TIMEOUT)
    source = ScriptedSource(range(40))
    source.urgent = True
    session = LiveSession(source, EngineChoice("rolling-mean"), save=tmp_path / "r")
    session.start()
    while session.statistics.received < 40:
        time.sleep(0.01)
    assert session.statistics.restored == 0
    source.urgent = False
    assert session.wait(TIMEOUT)
    assert len(images(tmp_path / "r", "restored")) == 40


def test_a_source_faster_than_the_threads_start_loses_no_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ring has gone round more than once before the restorer looks at its first frame."""
    make_restorer = segment.restorer_of_segment

    def late(engines: Any, cursor: WindowCursor, *others: Any, **options: Any) -> Any:
        while cursor.ring.written < 200:
            time.sleep(0.001)
        return make_restorer(engines, cursor, *others, **options)

    monkeypatch.setattr(segment, "restorer_of_segment", late)
    session = run(ScriptedSource(range(250)), save=tmp_path / "r")
    assert session.faults == []
    windows = [[max(0, min(249, c + d)) for d in range(-2, 3)] for c in range(250)]
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), restored_by_hand(windows))


def test_without_a_recording_the_preview_skips_to_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restore = Baseline.restore
    session = LiveSession(ScriptedSource(range(100)), EngineChoice("rolling-mean"))

    def late(self: Baseline, *arguments: Any) -> Any:
        # It is also tried once before the first frame.
        while session.state is State.LIVE and session.statistics.received < 90:
            time.sleep(0.001)
        return restore(self, *arguments)

    monkeypatch.setattr(Baseline, "restore", late)
    session.start()
    assert session.wait(TIMEOUT)
    now = session.statistics.snapshot()
    assert now.received == 100
    assert now.skipped > 0
    assert now.restored + now.skipped == 100
    frame = session.newest.take(-1)
    assert frame is not None


def test_finishing_can_be_stopped_and_taken_up_again_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore, abandoned, calls = Baseline.restore, threading.Event(), []

    def slow(self: Baseline, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) > 20:
            abandoned.wait(TIMEOUT)
        return restore(self, *arguments)

    monkeypatch.setattr(Baseline, "restore", slow)
    session = LiveSession(
        ScriptedSource([*range(80), *range(90, 120)]),
        EngineChoice("rolling-mean"),
        save=tmp_path / "r",
    )
    session.start()
    while session.state is not State.FINISHING:
        time.sleep(0.005)
    session.abandon()
    abandoned.set()
    assert session.wait(TIMEOUT)
    monkeypatch.undo()
    record = SessionRecord.read(tmp_path / "r")
    assert record.state == "raw only"
    assert record.raw_frames == 110
    assert record.restored_frames < 110
    assert complete_recording(tmp_path / "r", "mito-lite", "auto", Console(quiet=True)) == 110
    assert SessionRecord.read(tmp_path / "r").state == "complete"
    run(ScriptedSource([*range(80), *range(90, 120)]), save=tmp_path / "in-one-go")
    np.testing.assert_array_equal(
        images(tmp_path / "r", "restored"), images(tmp_path / "in-one-go", "restored")
    )


def test_a_restored_frame_is_written_after_every_raw_frame_it_was_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_raw, append_restored = Recorder.append_raw, Recorder.append_restored
    on_disk = []

    def slow(self: Recorder, frame: Frame) -> None:
        time.sleep(0.01)
        append_raw(self, frame)

    def watched(self: Recorder, restored: np.ndarray, acquired: float) -> None:
        on_disk.append((self.raw_written, self.restored_written))
        append_restored(self, restored, acquired)

    monkeypatch.setattr(Recorder, "append_raw", slow)
    monkeypatch.setattr(Recorder, "append_restored", watched)
    run(ScriptedSource(range(40)), save=tmp_path / "r")
    assert len(on_disk) == 40
    for raw, restored in on_disk:
        assert raw >= min(restored + 3, 40)
