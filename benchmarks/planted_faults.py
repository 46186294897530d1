"""How often planted faults are flagged, and how often good frames are: the table of docs/trust.md.

Run: python -m benchmarks.planted_faults DATA --other-engine engines/nuclei

DATA holds the recordings of `pssr_live/training/recipes/mito-lite.toml`. Limits are looked at on
one half of those that were not trained on, rates measured on the other half. The other engine:
pssr-live train --recipe benchmarks/nuclei.toml --data DATA --output runs/nuclei \
    --export engines/nuclei
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pssr_live.crappify import Crappifier, read_hr, scaled
from pssr_live.training import FIXED_SETTINGS
from pssr_live.trust import BLOCK, Light, Trust, judge, peak_of_noise
from tests.pssr_live.trust import faults
from tests.pssr_live.trust.faults import Field, Images, judged

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"
# The light's cause where nothing is wrong, but there were too few photons to trust a single frame.
TOO_DIM = "resolvability"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
ENGINE = "mito-lite"
CHOSEN_ON = (
    "mito_isim_cos7/GFP_1_t013_x1173_y0739.tif",
    "lysosome_confocal/lysosome_07.tif",
    "golgi_confocal/xyt__golgi_bfa_sum_projection.tif",
)
MEASURED_ON = (
    "mito_isim_cos7/GFP_1_t052_x0062_y1270.tif",
    "mito_pearling_gif/hela_ck666.tif",
    "lysosome_confocal/lysosome_10.tif",
)
# Frames with real noise, taken as they are.
SCANNED = "mito_yeast_3d/yeast_mito_z08.tif"
Verdicts = Callable[[Field], Iterator[Trust]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--other-engine", required=True)
    parser.add_argument("--page", type=Path, default=PAGE, help="to write the table into")
    arguments = parser.parse_args()
    halves = [fields(arguments.data, names) for names in (CHOSEN_ON, MEASURED_ON)]
    donors = [restored(field) for half in halves for field in half["detector, 80 photons"]]
    cases = all_cases(donors, arguments.other_engine)
    good = [list(judged(field, ENGINE)) for half in halves[0].values() for field in half]
    limits = limits_told(good)
    print(limits)
    lines = ["| fault | " + " | ".join(halves[1]) + " | told by |", "|---" * 6 + "|"]
    for title, verdicts in cases.items():
        cells, causes = [], Counter[str]()
        for setting in halves[1].values():
            found = [trust for field in setting for trust in verdicts(field)]
            cells.append(rate(found))
            causes.update(one.cause for one in found if one.cause not in ("", TOO_DIM))
        told = ", ".join(name for name, count in causes.most_common(3))
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {told} |")
        print(lines[-1], flush=True)
    real = list(judged(scanned(arguments.data), ENGINE))
    pasted = list(judged(scanned(arguments.data), ENGINE, rework=faults.pasted(32, donors)))
    words = (
        f"Frames of yeast mitochondria with their own noise, which stand for scanned ones: "
        f"{rate(real)} flagged as they are, {rate(pasted)} with wrong structure of 8 LR pixels."
    )
    print(words)
    text = arguments.page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    text = before + BEGIN + "\n".join([*lines, "", words, "", limits]) + "\n" + END
    text += rest.partition(END)[2]
    arguments.page.write_text(text, encoding="utf-8", newline="\n")


def all_cases(donors: list[Images], other: str) -> Mapping[str, Verdicts]:
    """All that is planted, by what the table calls it."""
    cases: dict[str, Verdicts] = {"none: false alarms": partial(judged, engine=ENGINE)}
    for side in (16, 32, 48):
        rework = faults.pasted(side, donors)
        title = f"wrong structure pasted in, {side // 4} LR pixels wide"
        cases[title] = partial(judged, engine=ENGINE, rework=rework)
    cases["brightest structure left out, 8 LR pixels wide"] = partial(
        judged, engine=ENGINE, rework=faults.erased(32)
    )
    cases |= {
        "engine for nuclei": partial(judged, engine=other),
        "focus lost after the start": partial(judged, engine=ENGINE, scans=faults.defocused),
        "out of focus from the start": partial(
            judged, engine=ENGINE, scans=faults.defocused, sharp_start=False
        ),
        "overexposed three times": partial(
            judged, engine=ENGINE, scans=faults.overexposed, sharp_start=False
        ),
        "frames of the window shuffled": partial(judged, engine=ENGINE, shuffled=True),
        "drift of four LR pixels a frame": partial(
            judged, engine=ENGINE, scans=faults.too_fast, sharp_start=False
        ),
    }
    return cases


def fields(data: Path, names: tuple[str, ...]) -> dict[str, list[Field]]:
    """The recordings, by the setting they are scanned with."""
    found: dict[str, list[Field]] = {setting: [] for setting in FIXED_SETTINGS}
    for name in names:
        series = scaled(read_hr(data / name))
        for setting, crappifier in FIXED_SETTINGS.items():
            size, interval = series.pixel_size_um, series.interval_s
            field = Field(series.name, series.frames, size, interval, crappifier)
            found[setting].append(field)
    return found


class AsItIs(Crappifier):
    """Frames that were scanned: nothing is done to them."""

    name, black, white = "scanned", 0.0, 1.0

    def draw(self, _: np.random.Generator) -> Crappifier:
        """Return itself."""
        return self

    def apply(self, hr: Images, _: np.random.Generator) -> NDArray[np.uint16]:
        """Return the frames."""
        return hr.astype(np.uint16)


def scanned(data: Path) -> Field:
    series = read_hr(data / SCANNED)
    size = series.pixel_size_um / 4 if series.pixel_size_um else None
    return Field(series.name, series.frames, size, series.interval_s, AsItIs())


def restored(field: Field) -> Images:
    """What the engine makes of a recording's middle, in network units: structure to plant."""
    kept: list[Images] = []

    def keep(image: Images, _: np.random.Generator) -> Images:
        kept.append(image.copy())
        return image

    middle = len(field.hr) // 2
    short = replace(field, hr=field.hr[max(middle - 3, 0) : middle + 4])
    list(judged(short, ENGINE, rework=keep, most=1))
    return kept[0]


def rate(found: list[Trust]) -> str:
    flagged = np.mean([trust.light > Light.GREEN and trust.cause != TOO_DIM for trust in found])
    red = np.mean([trust.light is Light.RED for trust in found])
    return f"{100 * flagged:.0f} % ({100 * red:.0f})"


def limits_told(good: list[list[Trust]]) -> str:
    """What good frames of the first half reach, by recording, beside the limits in use."""
    every = [trust for recording in good for trust in recording]
    peaks = [
        one.agreement.peak - peak_of_noise([BLOCK * side for side in one.agreement.residual.shape])
        for one in every
    ]
    widths = [
        one.figures.width / recording[0].figures.width for recording in good for one in recording
    ]
    found = {
        "peak beyond that of noise": (peaks, judge.PEAK_LIMITS),
        "`rse_relative`": ([one.agreement.rse_relative for one in every], judge.RSE_LIMITS),
        "width over that at the start": (widths, judge.WIDTH_LIMITS),
    }
    parts = []
    for title, (values, limits) in found.items():
        known = np.array(values)[np.isfinite(values)]
        parts.append(
            f"{title}: {np.percentile(known, 99):.2f}, limits {limits[Light.AMBER]:g} (amber) and "
            f"{limits[Light.RED]:g} (red)"
        )
    return (
        f"Of {len(every)} good frames of the first half 99 % stay below: " + "; ".join(parts) + "."
    )


if __name__ == "__main__":
    main()
