"""What a second output costs in time: the model that has it against the one that does not.

    python -m benchmarks.uncertainty_cost [ENGINE] [BACKEND]

In turn, frame by frame, so that whatever else the computer does slows both alike.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from benchmarks.trust_cost import SIDES, simulated_frames
from engines import IntensityScale, open_engine

RUNS = 40


def main() -> None:
    given = dict(enumerate(sys.argv[1:]))
    name, backend = given.get(0, "mito-lite"), given.get(1, "openvino-bf16")
    for side in SIDES:
        frames = simulated_frames(side)
        scale = IntensityScale.from_window(frames)
        engines = [
            open_engine(
                name,
                backend=backend,
                height=side,
                width=side,
                dtype=frames.dtype,
                uncertain=uncertain,
            ).engine
            for uncertain in (False, True)
        ]
        out = np.empty((side * engines[0].scale_factor,) * 2, frames.dtype)
        times = []
        for _ in range(RUNS):
            for engine in engines:
                began = time.perf_counter()
                engine.restore(frames, scale, out)
                times.append(time.perf_counter() - began)
        plain, beside = 1e3 * np.median(np.reshape(times, (-1, 2)), axis=0)
        print(
            f"{side} x {side}, {name} on {engines[0].backend}, {os.cpu_count()} cores: "
            f"{plain:.1f} ms, with uncertainty {beside:.1f} ms, {beside / plain:.2f} times"
        )
        for engine in engines:
            engine.close()


if __name__ == "__main__":
    main()
