"""What grows with the work: time with the frame's area, memory with the ring, closing with frames.

Run: python -m benchmarks.growth [--write]

Prints three tables; with --write they, and the plots, go into docs/performance.md. A line of slope
one in the plots is drawn through the largest work measured.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from acquisition import Frame, FrameFormat, RingBuffer
from engines import Baseline, IntensityScale
from pssr_live.bench import FrameSize, format_of, make_frames, path, repeat, restorer
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.recording import Flusher, Recorder, StageTimes, record_engine
from pssr_live.restoring import EngineChoice, EnginePool
from tools.docs.page import IMAGES, PERFORMANCE, save_small, table, write_between

SIDES = (64, 128, 256, 512, 1024)
RINGS = (64, 128, 256, 512, 1024)
RING_FRAME = FrameSize(440, 440)
COUNTS = (100, 1_000, 10_000, 100_000)
SMALL = FrameSize(16, 16)

Rows = list[tuple[float, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default=DEFAULT_ENGINE)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    # First: later there is memory that was given back and not yet taken again.
    rings = by_ring()
    with tempfile.TemporaryDirectory() as folder:
        areas, backend = by_area(given.engine, given.backend, given.seconds, Path(folder))
        closes = by_frames(Path(folder))
    text = as_text(areas, rings, closes, f"{given.engine} on {backend}, {os.cpu_count()} cores")
    print(text)
    if given.write:
        write_between(PERFORMANCE, "growth", text)
        draw(areas, rings, closes)


def by_area(engine: str, backend: str, seconds: float, folder: Path) -> tuple[Rows, str]:
    """LR side, milliseconds of the engine alone, and of the path with both streams saved."""
    rows, used = [], ""
    for side in SIDES:
        frames = make_frames(FrameSize(side, side))
        with EnginePool() as pool:
            choice = EngineChoice(engine, backend)
            shared = pool.open(choice, format_of(FrameSize(side, side)))
            used = shared.selection.engine.backend
            alone = repeat(restorer(shared, frames), seconds)
            lent = path.BenchEngine(choice, pool)
            rate = path.frames_per_second(lent, frames, path.BOTH, seconds=seconds, folder=folder)
        rows.append((side, 1e3 * float(np.median(alone)), 1e3 / rate))
    return rows, used


def by_ring() -> Rows:
    """Frames in the ring, and MB of memory that it takes once all of them are in use."""
    rows = []
    frame = make_frames(RING_FRAME)[0]
    for capacity in RINGS:
        before = psutil.Process().memory_info().rss
        ring = RingBuffer(format_of(RING_FRAME), capacity)
        for number in range(capacity):
            ring.append(Frame(pixels=frame, index=number, acquired=0.0, received=0.0))
        rows.append((capacity, 1e-6 * (psutil.Process().memory_info().rss - before)))
        # Else its memory would be given back in the middle of the next one's turn.
        del ring
    return rows


def by_frames(folder: Path) -> Rows:
    """Frames recorded, milliseconds for each, and milliseconds to close the recording."""
    raw = make_frames(SMALL)[0]
    restored = np.tile(raw, (4, 4))
    engine = Baseline("bilinear")
    frame_format = FrameFormat(
        height=SMALL[0], width=SMALL[1], dtype=raw.dtype, significant_bits=12
    )
    rows = []
    for count in COUNTS:
        recorder = Recorder(
            folder / f"of {count}", frame_format, source_url="benchmark:", source_settings={}
        )
        recorder.notes.note_engine(record_engine(engine, engine.name, IntensityScale(0.0, 1.0)))
        recorder.begin_restored()
        flusher = Flusher(recorder.growing_files, lambda error: print(error))
        began = time.perf_counter()
        for number in range(count):
            recorder.append_raw(
                Frame(pixels=raw, index=number, acquired=float(number), received=0.0)
            )
            recorder.append_restored(restored, float(number))
            recorder.complete_row(number, StageTimes(*[0.0] * len(StageTimes._fields)), None)
        written = time.perf_counter()
        flusher.stop()
        recorder.close("the benchmark's last frame")
        closed = time.perf_counter()
        rows.append((count, 1e3 * (written - began) / count, 1e3 * (closed - written)))
    return rows


def as_text(areas: Rows, rings: Rows, closes: Rows, words: str) -> str:
    per_pixel = [
        [f"{side} x {side}", f"{alone:.1f}", f"{path_ms:.1f}", f"{1e6 * alone / side**2:.0f}"]
        for side, alone, path_ms in areas
    ]
    return (
        table(
            ["LR frame", "engine, ms", "raw and restored saved, ms", "engine, ns a pixel"],
            per_pixel,
        )
        + f"\n{words}.\n\n"
        + table(
            [f"frames of {RING_FRAME} in the ring", "MB"],
            [[f"{count:.0f}", f"{memory:.0f}"] for count, memory in rings],
        )
        + "\n"
        + table(
            [f"frames of {SMALL} recorded", "ms for each", "closing, ms"],
            [[f"{count:,.0f}", f"{each:.3f}", f"{close:.0f}"] for count, each, close in closes],
        )
    )


def draw(areas: Rows, rings: Rows, closes: Rows) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    pixels = np.array([side**2 for side, *_ in areas])
    for column, words in ((1, "engine alone"), (2, "raw and restored saved")):
        left.loglog(pixels, [row[column] for row in areas], "o-", label=words)
    left.loglog(pixels, areas[-1][1] * pixels / pixels[-1], ":", color="0.5", label="slope 1")
    left.set_xlabel("pixels of an LR frame")
    left.set_ylabel("ms a frame")
    lengths = np.array([row[0] for row in rings])
    middle.plot(lengths, [row[1] for row in rings], "o-")
    middle.set_xlabel(f"frames of {RING_FRAME} in the ring")
    middle.set_ylabel("MB")
    right.semilogx([row[0] for row in closes], [row[2] for row in closes], "o-")
    right.set_ylim(bottom=0)
    right.set_xlabel("frames in the recording")
    right.set_ylabel("closing, ms")
    left.legend(fontsize=8)
    save_small(figure, IMAGES / "growth.png")


if __name__ == "__main__":
    main()
