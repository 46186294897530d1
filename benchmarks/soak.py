"""An hour's worth of frames through the real live path, to see what grows, leaks or slows down.

Run: python -m benchmarks.soak [FRAMES] [FRAMES_PER_SECOND] [ENGINE]

Small frames, so that a hundred thousand take minutes; everything else is as in a session that
records: source, ring, engine, preview, both image files, frames.csv. A recording of 100 frames
comes first, to compare the time that closing takes.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from pssr_live.bench import FrameSize, PacedSource, format_of, make_frames
from pssr_live.recording import Recorder, SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession

SIZE = FrameSize(32, 32)
TENTHS = 10
_STAGES = ("queue_ms", "engine_ms", "trust_ms", "write_ms")


class TimedClose:
    """How long `Recorder.close` took, each time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        close = Recorder.close

        def timed(recorder: Recorder, ended_by: str) -> None:
            began = time.perf_counter()
            close(recorder, ended_by)
            self.seconds.append(time.perf_counter() - began)

        Recorder.close = timed  # type: ignore[method-assign]


def run(count: int, rate: float, engine: str, folder: Path) -> tuple[LiveSession, list[str]]:
    """Record so many frames; returns a line for each tenth of them."""
    source = PacedSource(make_frames(SIZE), format_of(SIZE), count=count, rate=rate)
    session = LiveSession(source, EngineChoice(engine), save=folder)
    process, seen, lines = psutil.Process(), -1, []
    session.start()
    began = time.perf_counter()
    while not session.wait(0.05):
        frame = session.newest.take(seen)
        seen = frame.sequence if frame is not None else seen
        received = session.statistics.received
        # Half a second early, or the last would come after the end.
        due = (len(lines) + 1) * count / TENTHS - rate / 2
        if received >= due and len(lines) < TENTHS:
            memory = process.memory_info().rss / 2**20
            files = process.num_handles() if os.name == "nt" else process.num_fds()
            seconds = time.perf_counter() - began
            threads = process.num_threads()
            lines.append(f"{received:>9,}  {seconds:7.0f}  {memory:8.1f}  {files:7}  {threads:7}")
    return session, lines


def latencies(folder: Path) -> np.ndarray:
    """Milliseconds from the arrival of a window's last frame to its restored frame in the file."""
    with (folder / "frames.csv").open(newline="", encoding="ascii") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        return np.array([sum(float(row[stage]) for stage in _STAGES) for row in rows])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 250.0
    engine = sys.argv[3] if len(sys.argv) > 3 else "mito-lite"
    closing = TimedClose()
    with tempfile.TemporaryDirectory() as temporary:
        run(100, rate, engine, Path(temporary) / "short")
        folder = Path(temporary) / "long"
        session, lines = run(count, rate, engine, folder)
        record = SessionRecord.read(folder)
        late = latencies(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{count:,} frames of {SIZE} at {rate:g}/s, {engine}, {os.cpu_count()} cores")
    print("                      memory     open           latency in ms, of this tenth")
    print("   frames  seconds        MB    files  threads   median     99 %  largest")
    for line, part in zip(lines, np.array_split(late, TENTHS), strict=True):
        median, high = np.percentile(part, [50, 99])
        print(f"{line}  {median:7.1f}  {high:7.1f}  {part.max():7.1f}")
    print(f"raw frames on disk       {record.raw_frames:,} of {count:,}")
    print(f"restored frames on disk  {record.restored_frames:,}, {1e-6 * size:,.0f} MB in all")
    print(f"lost                     {record.lost_frames}, faults {len(session.faults)}")
    short, long = closing.seconds
    print(
        f"closing                  {1e3 * short:.0f} ms after 100 frames, {1e3 * long:.0f} ms now"
    )


if __name__ == "__main__":
    main()
