"""How often fine faults of a restored image are noticed: a table of docs/trust.md.

    python -m benchmarks.fine_faults DATA

A false bridge of 40 HR pixels, a copy of the image of 30 % moved aside, a checkerboard of 10 % of
the range of brightness, planted in what the bundled engine restores: of the recordings of which
DATA holds those that its training never saw, and of specimens of the simulated microscope. What
the gate says of pixel sizes and intervals is left out: it is said of every frame alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from acquisition.simulated import HR_PIXEL_UM, hr_movie
from benchmarks.planted_faults import CHOSEN_ON, MEASURED_ON, rate
from pssr_live.crappify import Detector, read_hr, scaled
from pssr_live.training import FIXED_SETTINGS
from tests.pssr_live.trust.faults import Field, Images, Rework, judged
from tools.docs.page import table, write_between

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"
ENGINE = "mito-lite"
DOSES = (4.0, 12.0, 50.0, 80.0)
SEEDS = (920, 921, 922)
SIDE = 512
FRAMES = 9
MOST = 6
BRIDGE_HALF_LENGTH = 20
BRIDGE_SIGMA = 2.2
CAUSES = ("line", "ghost", "pattern")
GHOST = 0.3
CHECKERBOARD = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    plants: Mapping[str, Rework | None] = {
        "none": None,
        "bridge": bridge,
        "ghost": ghost,
        "checkerboard": checkerboard,
    }
    rows = []
    for title, fields in all_fields(data).items():
        found = [
            [one for field in fields for one in judged(field, ENGINE, rework=rework, most=MOST)]
            for rework in plants.values()
        ]
        good = found[0]
        by_these = f"{100 * np.mean([one.cause in CAUSES for one in good]):.0f} %"
        rows.append([title, str(len(good)), rate(good), by_these, *map(rate, found[1:])])
        print(rows[-1], flush=True)
    titles = ["frames", "windows", "none: false alarms", "by these three", *list(plants)[1:]]
    text = table(titles, rows)
    write_between(PAGE, "fine", text)


def all_fields(data: Path) -> dict[str, list[Field]]:
    films = {seed: hr_movie(seed, FRAMES, SIDE, SIDE, pixel_size_um=HR_PIXEL_UM) for seed in SEEDS}
    found = {
        f"simulated microscope, {photons:g} photons": [
            Field(f"{seed}", film, HR_PIXEL_UM, 0.27, Detector(photons=photons, blur=2.0))
            for seed, film in films.items()
        ]
        for photons in DOSES
    }
    recordings = [scaled(read_hr(data / name)) for name in (*CHOSEN_ON, *MEASURED_ON)]
    for setting, crappifier in FIXED_SETTINGS.items():
        found[f"recordings, {setting}"] = [
            Field(one.name, one.frames[:40], None, None, crappifier) for one in recordings
        ]
    return found


def bridge(restored: Images, rng: np.random.Generator) -> Images:
    """A straight piece of tubule, as bright as those there are, where it is darkest."""
    smooth = gaussian_filter(restored, 3)
    steps = np.arange(-BRIDGE_HALF_LENGTH, BRIDGE_HALF_LENGTH + 1)
    margin = 2 * BRIDGE_HALF_LENGTH
    best = (np.inf, np.zeros(2), np.zeros(2))
    for _ in range(40):
        turn = rng.uniform(0, np.pi)
        along = np.array([np.sin(turn), np.cos(turn)])
        middle = np.array([rng.uniform(margin, side - margin) for side in restored.shape])
        at = (middle[:, None] + along[:, None] * steps).astype(int)
        best = min(best, (float(smooth[tuple(at)].mean()), middle, along), key=lambda one: one[0])
    _, middle, along = best
    y, x = np.indices(restored.shape, dtype=np.float32)
    down, right = y - np.float32(middle[0]), x - np.float32(middle[1])
    lengthwise = down * along[0] + right * along[1]
    across = right * along[0] - down * along[1]
    ridge = np.exp(-(across**2) / (2 * BRIDGE_SIGMA**2))
    ridge *= np.clip(BRIDGE_HALF_LENGTH + 0.5 - np.abs(lengthwise), 0, 1)
    dark, bright = np.percentile(restored, [5, 98])
    return np.maximum(restored, dark + (bright - dark) * ridge).astype(np.float32)


def ghost(restored: Images, _: np.random.Generator) -> Images:
    """The image once more, dimmer, six LR rows and nine columns aside."""
    light = restored - np.percentile(restored, 5)
    return (restored + GHOST * np.roll(light, (24, 36), (0, 1))).astype(np.float32)


def checkerboard(restored: Images, _: np.random.Generator) -> Images:
    """Every second restored pixel brighter, the others darker."""
    y, x = np.indices(restored.shape)
    low, high = np.percentile(restored, [5, 99.5])
    board = np.where((x + y) % 2, 0.5, -0.5) * CHECKERBOARD * (high - low)
    return (restored + board).astype(np.float32)


if __name__ == "__main__":
    main()
