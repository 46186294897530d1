"""What judging a frame costs beside restoring it, and of that the re-projection, in the same run.

Run: python -m benchmarks.trust_cost [ENGINE] [BACKEND]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from acquisition import FrameFormat, Window, open_source
from engines import IntensityScale
from pssr_live.restoring import EngineChoice, EnginePool, begin_judge
from pssr_live.trust import Reprojector

SIDES = (440, 512)
WINDOWS = 40


def simulated_frames(side: int) -> np.ndarray:
    source = open_source(f"simulated:height={side},width={side},frames=5", rate="max")
    source.open()
    frames = []
    while len(frames) < 5:
        frame = source.read(1.0)
        if frame is not None:
            frames.append(frame.pixels)
    source.close()
    return np.stack(frames)


@contextmanager
def timed(owner: type, name: str, taken: list[float]) -> Iterator[None]:
    """Note how long each call of a method takes."""
    method = getattr(owner, name)

    def call(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        result = method(*arguments, **options)
        taken.append(time.perf_counter() - began)
        return result

    setattr(owner, name, call)
    try:
        yield
    finally:
        setattr(owner, name, method)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "mito-lite"
    chosen = sys.argv[2] if len(sys.argv) > 2 else "auto"
    for side in SIDES:
        frames = simulated_frames(side)
        frame_format = FrameFormat(height=side, width=side, dtype=frames.dtype, significant_bits=12)
        pool = EnginePool()
        engine = pool.open(EngineChoice(name, chosen), frame_format)
        scale = IntensityScale.from_window(frames)
        judge = begin_judge(engine, frame_format, scale, first_frames=frames)
        assert judge is not None
        out = engine.new_buffer(frame_format)
        window = Window(
            pixels=frames,
            index=2,
            acquired=0.0,
            received=0.0,
            completed=0.0,
            sequence=2,
            first=0,
            last=4,
        )
        # In turn, so that whatever else the computer does slows both alike.
        times, compared = [], []
        with timed(Reprojector, "compare", compared):
            for _ in range(WINDOWS):
                began = time.perf_counter()
                engine.restore(frames, scale, out)
                restored = time.perf_counter()
                judge.look(window, out)
                times.append((restored - began, time.perf_counter() - restored))
        restoring, judging = 1e3 * np.median(times, axis=0)
        comparing = 1e3 * np.median(compared)
        backend = engine.selection.engine.backend
        print(
            f"{side} x {side}, {name} on {backend}, {os.cpu_count()} cores: restoring "
            f"{restoring:.1f} ms, judging {judging:.2f} ms, {100 * judging / restoring:.1f} %, "
            f"of that re-projection {comparing:.2f} ms, {100 * comparing / restoring:.1f} %"
        )
        pool.close()


if __name__ == "__main__":
    main()
