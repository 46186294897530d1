"""How often the scanner's faults are noticed in raw frames: a table of docs/trust.md.

    python -m benchmarks.scanner_faults DATA

DATA holds the recordings of `pssr_live/training/recipes/mito-lite.toml`; those it does not train on
are crappified, and the simulated microscope scans two specimens. In a copy of the frames every
second row is shifted by one pixel, in another all is cut off at half of the range of brightness.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition.simulated import LR_PIXEL_UM, Scanner, ScanSettings, Specimen
from benchmarks.planted_faults import CHOSEN_ON, MEASURED_ON
from pssr_live.crappify import read_hr, scaled
from pssr_live.training import FIXED_SETTINGS
from pssr_live.trust import scanner_findings
from tools.docs.page import table, write_between

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"
DOSES = (4.0, 12.0, 50.0, 200.0)
SIDE = 128
# Taken as they are, with their own noise.
SCANNED = (
    "mito_yeast_3d/yeast_mito_z08.tif",
    "mito_yeast_3d/yeast_mito_mip.tif",
    "lysosome_confocal/lysosome_10.tif",
    "mito_isim_cos7/GFP_1_t052_x0062_y1270.tif",
    "isim_camera_background/GFP_3_t036_x1491_y0749.tif",
    "mito_pearling_gif/hela_latB.tif",
)
FRAMES_OF_EACH = 40

Counts = NDArray[np.uint8 | np.uint16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    titles = ["frames", "windows", "none: false alarms", "rows one pixel astray", "cut off at half"]
    rows = []
    for title, stacks in all_frames(data).items():
        found = np.array([flagged(window) for stack in stacks for window in windows(stack)])
        rows.append(
            [title, str(len(found)), *(f"{100 * part:.0f} %" for part in found.mean(axis=0))]
        )
    text = table(titles, rows)
    write_between(PAGE, "scanner", text)
    print(text)


def all_frames(data: Path) -> dict[str, list[Counts]]:
    """Stacks of raw frames, by what the table calls them."""
    found: dict[str, list[Counts]] = {}
    for photons in DOSES:
        found[f"simulated microscope, {photons:g} photons"] = [
            simulated(seed, photons) for seed in (1, 2)
        ]
    recordings = [scaled(read_hr(data / name)) for name in (*CHOSEN_ON, *MEASURED_ON)]
    for setting, crappifier in FIXED_SETTINGS.items():
        found[f"recordings, {setting}"] = [
            crappifier.apply(one.frames[:FRAMES_OF_EACH], np.random.default_rng(0))
            for one in recordings
        ]
    found["recordings with their own noise"] = [tifffile.imread(data / name) for name in SCANNED]
    return found


def simulated(seed: int, photons: float) -> Counts:
    specimen = Specimen(seed, SIDE * LR_PIXEL_UM, SIDE * LR_PIXEL_UM)
    settings = ScanSettings(height=SIDE, width=SIDE, photons=photons)
    scanner = Scanner(specimen, settings, seed)
    return np.stack([scanner.scan(index) for index in range(7)])


def windows(stack: Counts) -> Iterator[Counts]:
    """About ten windows of a recording, as they are."""
    for centre in range(2, len(stack) - 2, max(1, (len(stack) - 4) // 10)):
        yield stack[centre - 2 : centre + 3]


def flagged(window: Counts) -> tuple[bool, bool, bool]:
    """Whether anything is said of a window as it is, and of its faults when they are planted."""
    causes = [
        {finding.cause for finding in scanner_findings(one, 2)}
        for one in (window, astray(window), cut_off(window))
    ]
    return bool(causes[0]), "row_shift" in causes[1], "cut_off" in causes[2]


def astray(window: Counts) -> Counts:
    """Every second row lies one pixel to the right."""
    moved = window.copy()
    moved[:, 1::2] = np.roll(window[:, 1::2], 1, axis=-1)
    return moved


def cut_off(window: Counts) -> Counts:
    """Nothing is brighter than half way from the background to the brightest pixel."""
    dark = float(np.percentile(window, 5))
    return np.minimum(window, int(dark + (window.max() - dark) / 2)).astype(window.dtype)


if __name__ == "__main__":
    main()
