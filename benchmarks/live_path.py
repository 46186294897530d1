"""How fast the live path restores and saves, against the engine alone and the paper's budget.

Run: python benchmarks/live_path.py [ENGINE]

Frames of the simulated microscope are written to a file first, so that making them costs nothing
while the path is timed; then that file is replayed as fast as the path takes it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from acquisition import open_source
from engines.intensity import IntensityScale
from engines.selection import open_engine
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.live import LiveSession
from pssr_live.recording.session_file import SessionRecord

SIDE = 440
FRAMES = 120
PAPER_MS = 270.49


def simulated_frames() -> np.ndarray:
    source = open_source(f"simulated:height={SIDE},width={SIDE},frames=12", rate="max")
    source.open()
    frames = []
    while len(frames) < 12:
        frame = source.read(1.0)
        if frame is not None:
            frames.append(frame.pixels)
    source.close()
    return np.concatenate([np.stack(frames)] * (FRAMES // 12))


def engine_alone(name: str, frames: np.ndarray) -> tuple[str, np.ndarray]:
    """Milliseconds of the engine on each window, with nothing beside it."""
    engine = open_engine(name, height=SIDE, width=SIDE, dtype=frames.dtype).engine
    scale = IntensityScale.from_window(frames[:5])
    out = engine.restore(frames[:5], scale)
    times = []
    for position in range(FRAMES - 4):
        start = time.perf_counter()
        engine.restore(frames[position : position + 5], scale, out)
        times.append(1e3 * (time.perf_counter() - start))
    engine.close()
    return engine.backend, np.array(times)


def live_path(name: str, path: Path, folder: Path | None) -> tuple[float, LiveSession]:
    """Milliseconds a frame of a whole session, with or without saving both streams."""
    engines = EngineKeeper(name)
    source = open_source(f"replay:{path}", rate="max")
    engines.open(source.open())
    session = LiveSession(source, engines, save=folder)
    start = time.perf_counter()
    session.start()
    session.wait()
    seconds = time.perf_counter() - start
    if session.faults:
        raise session.faults[0]
    return 1e3 * seconds / FRAMES, session


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "mito-lite"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        frames = simulated_frames()
        tifffile.imwrite(folder / "lr.tif", frames, metadata={"axes": "TYX"})
        backend, alone = engine_alone(name, frames)
        saved, session = live_path(name, folder / "lr.tif", folder / "recording")
        record = SessionRecord.read(folder / "recording")
    print(f"{FRAMES} frames of {SIDE} x {SIDE}, {name} on {backend}, {os.cpu_count()} cores")
    print(f"engine alone             {np.median(alone):6.1f} ms a frame (median)")
    print(
        f"restored and saved       {saved:6.1f} ms a frame (whole session, start to closed files)"
    )
    print(f"  restored frames on disk {record.restored_frames} of {record.raw_frames}")
    for stage, (median, late) in session.statistics.latency_table().items():
        print(f"  {stage:<12} median {1e3 * median:8.1f} ms   99th percentile {1e3 * late:8.1f} ms")
    print(f"paper's interval / ours   {PAPER_MS / saved:5.1f}")
    print(f"live path / engine alone  {np.median(alone) / saved:5.2f} of its frames/s")


if __name__ == "__main__":
    main()
