"""How far predicted uncertainty can be believed: the tables of docs/trust.md, made anew.

    python -m benchmarks.uncertainty DATA [ENGINE ...]

On the recordings that the recipe `mito-lite` sets aside for validation, degraded as at the end of a
training. The coverage is the manifest's: each recording was left out of the calibration that it
was counted by. The rank correlation (Spearman's) is over the LR pixels of a frame, between the
half-width of the interval and the mean error |restored - truth| of the restored pixels in it;
beside it stands that of restored brightness and error, which needs no second output. "Where the
sample is" are the three tenths of a frame's LR pixels where the truth is brightest.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from scipy.stats import spearmanr

from engines import INPUT, OUTPUT, UNCERTAINTY, Bundle, Coverage, load_bundle
from pssr_live.training import (
    WINDOWS_TO_STATE,
    ValidationSet,
    compose,
    load_series,
    validation_sets,
)
from tools.docs.page import table, write_between

PAGE = Path(__file__).parents[1] / "docs" / "trust.md"
RECIPE = "mito-lite"
ENGINES = ("mito-lite", "mito-lite-fast")
TITLES = (
    "recording",
    "LR frames",
    "inside, %",
    "of the brightest tenth, %",
    "half-width, % of a unit",
    "rank correlation with the error: half-width",
    "brightness",
    "where the sample is: half-width",
    "brightness",
)
# Part of the LR pixels that are darker than what counts as the sample.
STRUCTURES = 0.7

Units = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("engines", nargs="*", default=ENGINES)
    given = parser.parse_args()
    recipe = compose([], RECIPE)
    series = [one for _, one in load_series(recipe, "validation", given.data)]
    bundles = [load_bundle(name) for name in given.engines]
    text = "\n".join(of_engine(bundle, series) for bundle in bundles)
    write_between(PAGE, "uncertainty", text)
    print(text)


def of_engine(bundle: Bundle, series: Sequence) -> str:
    """Table of one engine, and the means below it."""
    stated = bundle.manifest.uncertainty
    assert stated is not None, f"{bundle.manifest.name} predicts no uncertainty"
    counted = {(one.series, one.crappifier): one for one in stated.coverage}
    predict = predictor(bundle)
    tests = validation_sets(series, bundle.manifest.crappifiers, WINDOWS_TO_STATE, seed=stated.seed)
    rows = np.array([row_of(test, counted, predict) for test in tests])
    lines = [cells(test.series, test.setting, row) for test, row in zip(tests, rows, strict=True)]
    lines.append(cells("mean", "", rows.mean(axis=0)))
    return f"{bundle.manifest.name}, {stated.level:.0%} promised:\n\n{table(TITLES, lines)}"


def row_of(
    validation_set: ValidationSet,
    counted: Mapping[tuple[str, str], Coverage],
    predict: Callable[[Units], tuple[Units, Units]],
) -> list[float]:
    one = counted[validation_set.series, validation_set.setting]
    return [one.inside, one.inside_brightest, *figures(validation_set, predict)]


def cells(series: str, setting: str, row: Sequence[float]) -> list[str]:
    parts, ranks = row[:3], row[3:]
    return [series, setting, *(f"{100 * p:.0f}" for p in parts), *(f"{r:.2f}" for r in ranks)]


def predictor(bundle: Bundle) -> Callable[[Units], tuple[Units, Units]]:
    """Make a function from a window to restored pixels and half-widths, in network units."""
    session = onnxruntime.InferenceSession(
        bundle.model_with_uncertainty(), providers=["CPUExecutionProvider"]
    )
    seen = bundle.manifest.seen

    def predict(window: Units) -> tuple[Units, Units]:
        units = np.ascontiguousarray(window[seen][None])
        restored, half_width = session.run([OUTPUT, UNCERTAINTY], {INPUT: units})
        return restored[0, 0], half_width[0, 0]

    return predict


def figures(
    validation_set: ValidationSet, predict: Callable[[Units], tuple[Units, Units]]
) -> NDArray[np.float64]:
    """Mean half-width, and how well it and brightness rank the errors, everywhere and in light."""
    found = []
    for window, truth in zip(validation_set.windows, validation_set.truths, strict=True):
        restored, half_width = predict(window)
        error, light = in_lr_pixels(np.abs(restored - truth)), in_lr_pixels(truth)
        lit = light > np.quantile(light, STRUCTURES)
        ranks = [
            spearmanr(one[where], error[where]).statistic
            for where in (np.ones_like(lit), lit)
            for one in (half_width, in_lr_pixels(restored))
        ]
        found.append((half_width.mean(), *ranks))
    return np.mean(found, axis=0)


def in_lr_pixels(restored: Units) -> Units:
    """Average over the restored pixels of each LR pixel."""
    height, width = (side // 4 for side in restored.shape)
    return restored.reshape(height, 4, width, 4).mean(axis=(1, 3))


if __name__ == "__main__":
    main()
