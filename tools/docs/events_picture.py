"""Draw docs/images/events.png: moving lines made up, of which a method breaks some.

python tools/docs/events_picture.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pssr_live.evaluation import MovieEvents, draw_events, find_events

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "events.png"
FRAMES, SIDE = 12, 160


def movie(seed: int, *, lost: float, noise: float) -> NDArray[np.float64]:
    """Draw lines that bend; one more is cut in every other frame, and some cuts are a method's."""
    rng, own = np.random.default_rng(seed), np.random.default_rng((seed, int(1000 * lost)))
    y, x = np.mgrid[:SIDE, :SIDE]
    bends = rng.uniform(-6, 6, 7)
    phases = rng.uniform(0, 6, 7)
    cuts = rng.uniform(20, SIDE - 20, 7)
    broken = rng.permutation(7)[: rng.integers(1, 6)]
    frames = []
    for time in range(FRAMES):
        image = np.zeros((SIDE, SIDE))
        for line in range(7):
            middle = 14 + 22 * line + bends[line] * np.sin(x / 25 + phases[line] + time / 8)
            shown = np.exp(-(((y - middle) / 2.2) ** 2))
            if line in broken and time > 2 * list(broken).index(line):
                shown = shown * (abs(x - cuts[line]) > 6)
            if own.random() < lost:
                shown = shown * (abs(x - own.uniform(20, SIDE - 20)) > 5)
            image += shown
        frames.append(image + own.normal(0, noise, image.shape))
    return np.stack(frames)


def main() -> None:
    found: list[MovieEvents] = []
    for seed in range(5):
        truth = movie(seed, lost=0.0, noise=0.02)
        methods = {
            "bilinear": movie(seed, lost=0.3, noise=0.12),
            "restored": movie(seed, lost=0.04, noise=0.04),
        }
        found += find_events(f"movie {seed + 1}", truth, methods)
    draw_events(PICTURE, found)


if __name__ == "__main__":
    main()
