"""One stretch of frames: to viewer and files, with real engines and real files."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition import Frame, FrameFormat, PixelType, RingBuffer, read_rows
from engines import EngineError
from pssr_live.recording import Recorder, RecordingStart, SessionRecord
from pssr_live.recording.tiff_pages import BigTiffPages
from pssr_live.restoring import EngineChoice, EnginePool, SharedEngine
from pssr_live.session import Newest
from pssr_live.session import segment as segments
from pssr_live.session.segment import Segment
from pssr_live.session.session_parts import SessionParts
from pssr_live.session.statistics import Statistics
from pssr_live.trust import Judge
from tests.pssr_live.scripted import SMALL, pixels
from tests.pssr_live.sessions import TIMEOUT, images, restored_by_hand


@pytest.fixture(autouse=True)
def small_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_RING_BYTES", 0)


class Session:
    """What stands round a segment: an engine, somebody who looks, a list of faults."""

    def __init__(self, *, save_restored: bool = True) -> None:
        self.faults: list[Exception] = []
        self.no_engine: list[Exception] = []
        self.newest = Newest()
        self.statistics = Statistics()
        self._pool = EnginePool()
        self._parts = SessionParts(
            lacks_engine=lambda _: [False],
            open_engines=self.open_engines,
            newest=self.newest,
            statistics=self.statistics,
            source_is_urgent=lambda: False,
            on_fault=self.faults.append,
            on_no_engine=self.no_engine.append,
            save_restored=save_restored,
        )

    def open_engines(self, frame_format: FrameFormat) -> list[SharedEngine | None]:
        return [self._pool.open(EngineChoice("rolling-mean"), frame_format)]

    def segment(self, folder: Path | None = None, first_sequence: int = 0) -> Segment:
        start = begin(folder) if folder is not None else None
        segment = Segment(self._parts, SMALL, number=3, first_sequence=first_sequence, start=start)
        segment.start()
        return segment


def begin(folder: Path) -> RecordingStart:
    def recorder() -> Recorder:
        return Recorder(folder, SMALL, source_url="test:", source_settings={})

    return RecordingStart.of(folder, recorder, asked=True)


def feed(segment: Segment, numbers: Iterable[int]) -> None:
    for number in numbers:
        segment.append(
            Frame(
                pixels=pixels(number),
                index=number,
                acquired=0.1 * number,
                received=time.perf_counter(),
            )
        )


def finish(segment: Segment) -> None:
    segment.end("the test's end")
    segment.join()
    assert segment.finished


def windows_of(count: int) -> list[list[int]]:
    return [[max(0, min(count - 1, c + d)) for d in range(-2, 3)] for c in range(count)]


def test_every_frame_of_a_recorded_segment_is_written_restored_and_counted(tmp_path: Path) -> None:
    session = Session()
    segment = session.segment(tmp_path / "r")
    feed(segment, range(100))
    finish(segment)
    assert session.faults == []
    assert (segment.received, segment.restored) == (100, 100)
    assert session.statistics.restored == 100
    record = SessionRecord.read(tmp_path / "r")
    assert (record.state, record.ended_by) == ("complete", "the test's end")
    np.testing.assert_array_equal(
        images(tmp_path / "r", "restored"), restored_by_hand(windows_of(100))
    )


def test_a_segment_without_a_recording_shows_the_newest_with_its_place_in_the_session() -> None:
    session = Session()
    segment = session.segment(first_sequence=1000)
    feed(segment, range(5))
    frame = session.newest.wait(-1, TIMEOUT)
    assert frame is not None
    assert (frame.sequence - frame.index, frame.origin.segment) == (1000, 3)
    finish(segment)
    now = session.statistics.snapshot()
    assert now.restored + now.skipped == 5


def test_of_a_segment_of_raw_frames_only_the_newest_is_shown(tmp_path: Path) -> None:
    session = Session(save_restored=False)
    segment = session.segment(tmp_path / "r")
    feed(segment, range(100))
    assert session.newest.wait(-1, TIMEOUT) is not None
    finish(segment)
    assert not (tmp_path / "r" / "restored.ome.tif").exists()
    assert len(images(tmp_path / "r", "raw")) == 100


def test_an_abandoned_segment_writes_its_raw_frames_to_the_last(tmp_path: Path) -> None:
    session = Session()
    segment = session.segment(tmp_path / "r")
    segment.abandon()
    feed(segment, range(100))
    finish(segment)
    assert len(images(tmp_path / "r", "raw")) == 100
    assert SessionRecord.read(tmp_path / "r").state == "raw only"


def test_without_an_engine_raw_frames_are_written_to_the_last(tmp_path: Path) -> None:
    session = Session()

    def refuse(_: FrameFormat) -> SharedEngine:
        raise EngineError("It does not fit.", "Take another.")

    object.__setattr__(session._parts, "open_engines", refuse)
    segment = session.segment(tmp_path / "r")
    feed(segment, range(100))
    finish(segment)
    assert [str(error) for error in session.no_engine] == ["It does not fit. Take another."]
    assert session.faults == []
    assert len(images(tmp_path / "r", "raw")) == 100


def test_a_segment_without_a_frame_leaves_no_folder(tmp_path: Path) -> None:
    session = Session()
    finish(session.segment(tmp_path / "r"))
    assert session.faults == []
    assert not (tmp_path / "r").exists()


def test_a_verdict_and_a_read_that_come_late_cost_no_restored_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window is overwritten while it is judged, and the disk answers only after a while."""
    overwritten, asked_twice = threading.Event(), threading.Event()
    look, read_into = Judge.look, BigTiffPages.read_into
    reads = []

    def late_look(self: Judge, *arguments: Any) -> Any:
        overwritten.wait(TIMEOUT)
        return look(self, *arguments)

    def late_read(self: BigTiffPages, position: int, out: NDArray[PixelType]) -> None:
        reads.append(position)
        if len(reads) == 1:
            # Longer than one question waits for its answer.
            asked_twice.wait(0.6)
        read_into(self, position, out)

    monkeypatch.setattr(Judge, "look", late_look)
    monkeypatch.setattr(BigTiffPages, "read_into", late_read)
    session = Session()
    segment = session.segment(tmp_path / "r")
    feed(segment, range(300))
    overwritten.set()
    finish(segment)
    assert session.faults == []
    assert reads != [], (segment.restored, session.no_engine)
    assert session.faults == []
    assert session.statistics.restored == 300
    rows = (tmp_path / "r" / "frames.csv").read_text("ascii").splitlines()
    verdicts = {row["light"].strip() for row in csv.DictReader(rows, skipinitialspace=True)}
    assert verdicts <= {"green", "amber", "red"}
    np.testing.assert_array_equal(
        images(tmp_path / "r", "restored"), restored_by_hand(windows_of(300))
    )


def test_what_reached_no_disk_is_handed_over_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_raw = Recorder.append_raw

    def refuse(self: Recorder, frame: Frame) -> None:
        if frame.index == 30 and self.folder.name == "r":
            raise PermissionError(13, "Permission denied")
        append_raw(self, frame)

    monkeypatch.setattr(Recorder, "append_raw", refuse)
    session = Session()
    segment = session.segment(tmp_path / "r", first_sequence=7)
    feed(segment, range(60))
    assert segment.recording is not None
    segment.recording.raw_writer.join()
    assert segment.recording.failed
    place, frames = segment.recording.hand_over()
    following = session.segment(tmp_path / "r-2", first_sequence=7 + place)
    for frame in frames:
        following.append(frame)
    finish(segment)
    finish(following)
    assert place == 30
    assert [row.index for row in read_rows(tmp_path / "r-2" / "frames.csv")] == list(range(30, 60))
    assert session.statistics.losses() == []


def test_the_ring_of_large_frames_holds_few_of_them() -> None:
    large = FrameFormat(height=1024, width=1024, dtype=np.dtype(np.uint16), significant_bits=12)
    assert segments._ring_capacity(large, 1) == 64
    assert segments._ring_capacity(SMALL, 1) == 64
    assert RingBuffer(SMALL, segments._ring_capacity(SMALL, 1)).capacity == 64
