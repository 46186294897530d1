"""Draw docs/images/motility.png: particles made up, seen well and seen badly.

python tools/docs/motility_picture.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from pssr_live.evaluation import run_motility

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "motility.png"


def movie(noise: float, seed: int) -> NDArray[np.uint16]:
    """Draw four particles on an axon: two that move, one that pauses on its way, one at rest."""
    rng = np.random.default_rng(seed)
    time = np.arange(60)
    ways = (
        20 + 2.5 * time,
        190 - 1.5 * time,
        60 + 1.5 * np.minimum(time, 20) + 1.5 * np.maximum(time - 40, 0),
        np.full(60, 170.0),
    )
    y, x = np.mgrid[:24, :220]
    frames = []
    for moment in time:
        image = 200.0 + sum(
            1000 * np.exp(-((x - way[moment]) ** 2 + (y - 12) ** 2) / 12) for way in ways
        )
        frames.append(image + rng.normal(0, noise, image.shape))
    return np.clip(np.stack(frames), 0, 65535).astype(np.uint16)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        groups = {"noisy": 220.0, "clear": 30.0}
        names = [(group, f"{group}-{seed}", seed) for group in groups for seed in (1, 2)]
        for group, name, seed in names:
            tifffile.imwrite(
                Path(folder, f"{name}.tif"),
                movie(groups[group], seed),
                imagej=True,
                resolution=(1 / 0.1, 1 / 0.1),
                metadata={"axes": "TYX", "unit": "um", "finterval": 0.5},
            )
        movies = [f"{group}={Path(folder, name)}.tif" for group, name, _ in names]
        run_motility(movies, ["12,2,12,217"], Path(folder, "out"), most_speed_um_s=1.5)
        shutil.copyfile(Path(folder, "out", "motility.png"), PICTURE)


if __name__ == "__main__":
    main()
