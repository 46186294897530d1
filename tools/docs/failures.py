"""Where an engine fails, as a picture: scenes whose truth is known, scanned coarsely and dimly.

python -m tools.docs.failures --engine mito-lite --output docs/images/mito-lite-failures.png
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engines import IntensityScale, open_engine
from pssr_live.crappify import Detector

SIDE = 256
TIMES = np.arange(5) - 2
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32)
Film = NDArray[np.float32]


def crowded_spots(rng: np.random.Generator) -> Film:
    """Spots of about one LR pixel, some ten LR pixels to each."""
    image = np.zeros((SIDE, SIDE), np.float32)
    for row, column in rng.uniform(0, SIDE, (420, 2)):
        image += np.exp(-((ROWS - row) ** 2 + (COLUMNS - column) ** 2) / (2 * 1.8**2))
    return np.repeat(np.clip(image, 0, 1)[None], 5, axis=0)


def fast_tubules(rng: np.random.Generator) -> Film:
    """Tubules that move by three LR pixels from frame to frame."""
    starts = rng.uniform(20, SIDE - 20, 5)
    return np.stack([_tubules(starts + 12 * time, 18) for time in TIMES])


def crossing_tubules(rng: np.random.Generator) -> Film:
    """Thin tubules that cross at a sharp angle, or run side by side one LR pixel apart."""
    starts = rng.uniform(30, SIDE - 30, 2)
    image = np.clip(
        _tubules(starts, 10)
        + _tubules(starts + 9, 10).T
        + _tubules(starts + 30, -10)
        + _tubules(starts + 35, -10),
        0,
        1,
    )
    return np.repeat(image[None], 5, axis=0)


SCENES: dict[str, tuple[Callable[[np.random.Generator], Film], float]] = {
    "crowded spots, 12 photons": (crowded_spots, 12.0),
    "moving by 3 LR pixels a frame, 12 photons": (fast_tubules, 12.0),
    "crossing and side by side, 4 photons": (crossing_tubules, 4.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="mito-lite")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    side = SIDE // 4
    engine = open_engine(given.engine, height=side, width=side, dtype=np.uint16).engine
    bilinear = open_engine("bilinear", height=side, width=side, dtype=np.uint16).engine
    figure = Figure(figsize=(8.0, 6.6), layout="constrained")
    axes = figure.subplots(len(SCENES), 4)
    for row, (title, (scene, photons)) in zip(axes, SCENES.items(), strict=True):
        rng = np.random.default_rng(3)
        hr = scene(rng)
        detector = Detector(photons=photons)
        lr = detector.apply(hr, rng)
        intensity = IntensityScale.from_window(lr)
        images = {
            "scanned": lr[2],
            "bilinear": bilinear.restore(lr, intensity),
            given.engine: engine.restore(lr, intensity),
            "truth": detector.black + (detector.white - detector.black) * hr[2],
        }
        for axis, (name, image) in zip(row, images.items(), strict=True):
            axis.imshow(image, cmap="gray", vmin=detector.black, vmax=0.9 * detector.white)
            axis.set_xticks([])
            axis.set_yticks([])
            axis.set_title(name, fontsize=9)
        row[0].set_ylabel(title.replace(", ", ",\n"), fontsize=8)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(given.output, dpi=110)


def _tubules(starts: NDArray[np.float64], swing: float) -> Film:
    image = np.zeros((SIDE, SIDE), np.float32)
    for start in starts:
        middle = start + swing * np.sin(COLUMNS / 37 + start)
        image += np.exp(-((ROWS - middle) ** 2) / (2 * 2.0**2))
    return np.clip(image, 0, 1)


if __name__ == "__main__":
    main()
