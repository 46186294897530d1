"""How few photons hide a gap that is there in one frame only: the table of docs/trust.md.

    python -m benchmarks.one_frame_gaps

Straight tubules with a gap of two LR pixels in the centre frame, and others without, as
`benchmarks.structure` draws and judges them: found where the ridge is darker in its middle than in
all but one in twenty tubules without a gap. Beside it the noise at the brightest structures, as the
light measures it. Two minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import structure_scenes as scenes
from benchmarks.structure import FALSE_BREAKS, Method, gap_depths, method_named
from engines import SCALE_FACTOR, IntensityScale, bundled_names
from pssr_live.trust import WindowMeter
from pssr_live.trust.resolvability import Resolvability
from tools.docs.page import table, write_between

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"
DOSES = (4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 30.0)
GAP = 2.0 * SCALE_FACTOR
WHOLE, BROKEN = [0.0] * 5, [0.0, 0.0, GAP, 0.0, 0.0]
SEEDS = range(4)


def main() -> None:
    methods = [method_named(name) for name in (*sorted(bundled_names()), "bilinear")]
    rows = [row(methods, photons) for photons in DOSES]
    titles = ["photons", "noise", "light", *(f"found in {one.name}" for one in methods[:-1])]
    text = table([*titles, "in the raw frame"], rows)
    write_between(PAGE, "one frame", text)
    print(text)


def row(methods: Sequence[Method], photons: float) -> list[str]:
    noise, light = noise_and_light(photons)
    return [f"{photons:g}", f"{noise:.2f}", light, *found(methods, photons)]


def found(methods: Sequence[Method], photons: float) -> list[str]:
    whole, broken = (
        [gap_depths(methods, widths, photons, 100 * number + seed) for seed in SEEDS]
        for number, widths in enumerate((WHOLE, BROKEN))
    )
    rates = []
    for method in methods:
        unbroken, gaps = (
            np.concatenate([depths[method.name] for depths in films]) for films in (whole, broken)
        )
        rates.append(float(np.mean(gaps > np.quantile(unbroken, 1 - FALSE_BREAKS))))
    return [f"{rate:.2f}" for rate in rates]


def noise_and_light(photons: float) -> tuple[float, str]:
    """Median of the noise at the brightest structures, in parts of their height, and the light."""
    figures, too_dim = [], []
    for seed in SEEDS:
        rng = np.random.default_rng([71, seed, int(photons)])
        film = scenes.tubules(scenes.in_cells(rng, scenes.CELL), np.array(WHOLE))
        window, _ = scenes.scan(film, photons, rng)
        scale = IntensityScale.from_window(window)
        meter = WindowMeter((window.shape[1], window.shape[2]))
        measured, noise = meter.measure(window, 2, scale)
        ends = (scale.offset + scale.gain * part for part in (measured.black, measured.white))
        figures.append(measured.noise)
        too_dim.append(Resolvability.of(noise, *ends).nowhere)
    assert len(set(too_dim)) == 1, f"the light differs from seed to seed at {photons:g} photons"
    return float(np.median(figures)), "amber" if too_dim[0] else "green"


if __name__ == "__main__":
    main()
