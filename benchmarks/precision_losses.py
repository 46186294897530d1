"""What the arithmetic of each backend costs, in dB of PSNR, on recordings that an engine never saw.

    python -m benchmarks.precision_losses mito-lite --data DATA

The recordings are those that the recipe `mito-lite` sets aside for validation. They are degraded as
at the end of a training, restored by every backend that works here, and compared with float32 in
ONNX Runtime. Backends run as in a live session: counts in, counts out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines import BACKENDS, Engine, EngineError, IntensityScale, load_bundle, open_engine
from pssr_live.training import (
    SEED,
    WINDOWS_OF_A_SERIES,
    compose,
    load_series,
    measure_losses,
    validation_sets,
)

RECIPE = "mito-lite"
REFERENCE = "onnxruntime"
# Fine enough that rounding to whole counts plays no part.
COUNTS = IntensityScale(2000.0, 20000.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine")
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    manifest = load_bundle(given.engine).manifest
    series = [one for _, one in load_series(compose([], RECIPE), "validation", given.data)]
    tests = validation_sets(series, manifest.crappifiers, WINDOWS_OF_A_SERIES, seed=SEED)
    reference = opened(given.engine, REFERENCE)
    columns: dict[str, list[float]] = {}
    rows: list[tuple[str, str]] = []
    for backend in BACKENDS:
        try:
            engine = opened(given.engine, backend)
        except EngineError as error:
            print(error)
            continue
        losses = measure_losses(
            tests, restorer(reference), restorer(engine), report=lambda *_: None
        )
        rows = [(loss.series, loss.crappifier) for loss in losses]
        columns[engine.backend] = [loss.lost for loss in losses]
    print(f"| recording | crappifier | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 2) + "|")
    for number, row in enumerate(rows):
        print(f"| {' | '.join(row)} | {' | '.join(f'{c[number]:.3f}' for c in columns.values())} |")


def opened(name: str, backend: str) -> Engine:
    return open_engine(name, backend=backend, height=64, width=64, dtype=np.uint16).engine


def restorer(engine: Engine) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Restore windows of any size, in network units, by an engine that takes counts."""
    ready: list[tuple[int, ...]] = []

    def restore(window: NDArray[np.float32]) -> NDArray[np.float32]:
        if ready != [window.shape]:
            ready[:] = [window.shape]
            engine.warm_up(*window.shape[1:], np.uint16)
        counts = np.clip(window * COUNTS.gain + COUNTS.offset + 0.5, 0, 65535).astype(np.uint16)
        return COUNTS.to_network(engine.restore(counts, COUNTS).copy())

    return restore


if __name__ == "__main__":
    main()
