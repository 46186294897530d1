"""Draw docs/images/crappifiers.png: one HR frame through each crappifier.

    python tools/docs/crappifiers.py

Needs ``pip install -e ".[train]"``. The frame is the tests' crop of a COS-7 cell (instant SIM).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pssr_live.crappify import find_crappifier, read_hr, scaled

ROOT = Path(__file__).parents[2]
HR = ROOT / "tests" / "data" / "cos7_mitochondria.tif"
NAMES = (
    "no-noise",
    "poisson",
    "gaussian",
    "additive-gaussian",
    "salt-pepper",
    "salt-pepper+additive-gaussian",
    "detector",
    "gaussian-em",
    "additive-gaussian-em",
)

hr = scaled(read_hr(HR)).frames[2]
panels = {"HR": hr}
for name in NAMES:
    crappifier = find_crappifier(name)
    counts = crappifier.apply(hr, np.random.default_rng(0)).astype(float)
    panels[name] = (counts - crappifier.black) / (crappifier.white - crappifier.black)

figure = Figure(figsize=(10, 4.4), layout="constrained")
for axes, (name, image) in zip(figure.subplots(2, 5).flat, panels.items(), strict=True):
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(name.replace("+", "\n+ "), fontsize=9)
    axes.set_axis_off()
figure.savefig(ROOT / "docs" / "images" / "crappifiers.png", dpi=90)
