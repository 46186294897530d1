"""What a provisional frame costs in PSNR: restored before the two frames after it are there.

Run: python benchmarks/provisional.py HR.tif ... [--engine mito-lite]

Crappifies HR time-lapses as `pssr-live evaluate` does, restores every frame twice, from its whole
window and from one in which the frame itself stands for those to come, and prints a table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from acquisition import WINDOW_LENGTH, window_positions
from engines import IntensityScale, open_engine
from pssr_live.evaluation import EvaluationMovie, find_sources, load
from pssr_live.metrics import psnr_fit

CONDITIONS = ("salt-pepper+additive-gaussian", "detector")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("truths", nargs="+", type=Path)
    options.add_argument("--engine", default="mito-lite")
    asked = options.parse_args()
    print("| recording | LR frames | whole window, dB | provisional, dB | costs, dB |")
    print("|---|---|---|---|---|")
    costs = []
    for condition in CONDITIONS:
        for source in find_sources(asked.truths, [], []):
            movie = load(source, condition, seed=0)
            whole, provisional = psnrs(movie, asked.engine)
            costs.append(whole - provisional)
            print(
                f"| {movie.name} | {condition} | {whole:.2f} | {provisional:.2f} "
                f"| {costs[-1]:.2f} |",
                flush=True,
            )
    print(f"\nMean of {len(costs)}: {np.mean(costs):.2f} dB, at most {np.max(costs):.2f} dB.")


def psnrs(movie: EvaluationMovie, engine_name: str) -> tuple[float, float]:
    """Mean PSNR over the frames that have both neighbours to come, whole and provisional."""
    count, height, width = movie.lr.shape
    engine = open_engine(engine_name, height=height, width=width, dtype=movie.lr.dtype).engine
    intensity = IntensityScale.from_window(movie.lr[:WINDOW_LENGTH])
    look_ahead = WINDOW_LENGTH // 2
    found: dict[str, list[float]] = {"whole": [], "provisional": []}
    for frame in range(look_ahead, count - look_ahead):
        stops = {"whole": count, "provisional": frame + 1}
        for kind, stop in stops.items():
            window = movie.lr[window_positions(frame, 0, stop)]
            restored = engine.restore(np.ascontiguousarray(window), intensity).astype(np.float32)
            found[kind].append(psnr_fit(restored, movie.truth[frame]))
    engine.close()
    return float(np.mean(found["whole"])), float(np.mean(found["provisional"]))


if __name__ == "__main__":
    main()
