"""Restored frames on their way to a recording."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import numpy as np

from acquisition import RingBuffer
from pssr_live.recording import (
    EngineRecord,
    RawWriter,
    Recorder,
    RecordingStart,
    RestoredItem,
    RestoredWriter,
)
from tests.pssr_live.scripted import SMALL, frame_of


def test_a_restored_frame_out_of_its_place_is_refused_and_never_written(tmp_path: Path) -> None:
    """Else every one after it would be taken for another."""
    folder = tmp_path / "cell"
    ring = RingBuffer(SMALL, 16)
    for number in range(6):
        ring.append(frame_of(number, SMALL.streams[0], number))
    ring.end()

    def begin() -> Recorder:
        return Recorder(folder, SMALL, source_url="scripted:", source_settings={})

    faults: list[Exception] = []
    start = RecordingStart.of(folder, begin, asked=True)
    raw_writer = RawWriter(ring, start, margin=8, on_fault=faults.append)
    raw_writer.start()
    raw_writer.join()
    recorder = start.recorder.result()
    recorder.notes.note_engine(
        EngineRecord(
            name="bilinear", path="", backend="", digest="", scale_factor=4, offset=0, gain=1
        )
    )
    recorder.begin_restored()
    written: list[object] = []
    writer = RestoredWriter(
        recorder, raw_writer, on_written=lambda *one: written.append(one), on_fault=faults.append
    )
    writer.start()
    for place in (0, 2, 3):
        window = ring.window(place)
        assert window is not None
        pixels = np.full((4 * SMALL.height, 4 * SMALL.width), place, np.uint16)
        item = RestoredItem(window, pixels, None, None, 0.0, 0.0, 0.0)
        judged: Future[RestoredItem] = Future()
        judged.set_result(item)
        assert writer.wait_for_room(60)
        writer.put(item, judged)
    writer.finish()
    assert writer.failed
    assert [str(fault) for fault in faults] == ["restored frame 2 came where 1 has its place"]
    recorder.close("the test")
    assert len(written) == recorder.restored_written == 1
