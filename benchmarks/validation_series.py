"""Restored against bilinear and rolling mean, through the commands a user types.

Run: python benchmarks/validation_series.py HR.tif ...

Each HR time-lapse is crappified, replayed through ``pssr-live live`` and restored by the baselines;
PSNR after the affine fit and SSIM are means over all frames. Prints a table in Markdown.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile

from pssr_live.evaluation.metrics import psnr_fit, ssim_fit

CRAPPIFIERS = ("salt-pepper+additive-gaussian", "detector")
ENGINE = "mito-lite"
BASELINES = ("bilinear", "rolling-mean")


def pssr_live(*arguments: object) -> None:
    command = [sys.executable, "-m", "pssr_live.cli", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def figures(restored: Path, truth: np.ndarray) -> tuple[float, float]:
    images = tifffile.imread(restored)
    height, width = images.shape[1:]
    pairs = list(zip(images, truth[:, :height, :width], strict=True))
    psnr = np.mean([psnr_fit(image, hr) for image, hr in pairs])
    return float(psnr), float(np.mean([ssim_fit(image, hr) for image, hr in pairs]))


def row(hr: Path, crappifier: str, folder: Path) -> str:
    lr = folder / "lr.tif"
    pssr_live("crappify", hr, "--output", lr, "--crappifier", crappifier, "--seed", 7)
    recording = folder / "recording"
    replay = ("--source", f"replay:{lr}", "--rate", "max", "--headless", "--save", recording)
    pssr_live("live", *replay, "--engine", ENGINE)
    restored = {ENGINE: recording / "restored.ome.tif"}
    for name in BASELINES:
        restored[name] = folder / f"{name}.ome.tif"
        pssr_live("restore", lr, "--output", restored[name], "--engine", name)
    truth = tifffile.imread(hr)
    cells = [f"{p:.2f} / {s:.3f}" for p, s in (figures(restored[n], truth) for n in restored)]
    return f"| {hr.stem} | {crappifier} | " + " | ".join(cells) + " |"


def main() -> None:
    print("| series | crappifier | " + " | ".join((ENGINE, *BASELINES)) + " |")
    print("|---|---|" + "---|" * (1 + len(BASELINES)))
    for path in map(Path, sys.argv[1:]):
        for crappifier in CRAPPIFIERS:
            with tempfile.TemporaryDirectory() as temporary:
                print(row(path, crappifier, Path(temporary)), flush=True)


if __name__ == "__main__":
    main()
