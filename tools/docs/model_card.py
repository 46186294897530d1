"""Write a bundle's figures into its model card, between the two marks that stand there.

    python -m tools.docs.model_card engines/bundled/mito-lite docs/engines/mito-lite.md
        [--twin BUNDLE] [--consistency metrics.json ...]

The figures are those of the manifests, measured at the end of the trainings; |Δρ| comes from what
`pssr-live evaluate --output DIR` wrote.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

from engines import Manifest, ValidationFigure, load_bundle

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("card", type=Path)
    parser.add_argument("--twin", type=Path, help="The same network with one frame in.")
    parser.add_argument("--consistency", type=Path, nargs="*", default=[], help="metrics.json")
    given = parser.parse_args()
    manifest = load_bundle(given.bundle).manifest
    twin = load_bundle(given.twin).manifest if given.twin else None
    lines = [*series_table(manifest, twin), "", *gains_table(manifest, twin)]
    for path in given.consistency:
        lines += [*consistency_table(json.loads(path.read_text(encoding="utf-8")))]
    text = given.card.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    whole = "\n".join([before + BEGIN, *lines, END + after])
    given.card.write_text(whole, encoding="utf-8", newline="\n")


def series_table(manifest: Manifest, twin: Manifest | None) -> Iterator[str]:
    columns = ["recording", "crappifier", "bilinear", "rolling mean", manifest.name, "SSIM"]
    yield from _head(columns + (["single-frame twin"] if twin else []))
    for number, figure in enumerate(manifest.validation):
        cells = [figure.series, figure.crappifier]
        cells += [f"{psnr:.2f}" for psnr in (figure.bilinear, figure.rolling_mean, figure.engine)]
        cells += [f"{figure.engine_ssim:.3f}"]
        yield _row(cells + ([f"{twin.validation[number].engine:.2f}"] if twin else []))


def gains_table(manifest: Manifest, twin: Manifest | None) -> Iterator[str]:
    yield "Average gain in dB:"
    yield ""
    columns = ["crappifier", "over bilinear", "over rolling mean"]
    yield from _head(columns + (["over the single-frame twin"] if twin else []))
    for crappifier in dict.fromkeys(figure.crappifier for figure in manifest.validation):
        figures = _of(manifest, crappifier)
        gain = mean(figure.engine for figure in figures)
        others = [mean(f.bilinear for f in figures), mean(f.rolling_mean for f in figures)]
        others += [mean(f.engine for f in _of(twin, crappifier))] if twin else []
        yield _row([crappifier, *(f"{gain - other:.2f}" for other in others)])


def consistency_table(metrics: dict[str, Any]) -> Iterator[str]:
    for condition, results in metrics["summary"].items():
        yield ""
        yield f"Temporal consistency |Δρ|, {condition}, mean over {len(results['movies'])} movies:"
        yield ""
        methods = results["methods"]
        yield from _head(list(methods))
        yield _row([f"{figures['consistency']['mean']:.4f}" for figures in methods.values()])


def _of(manifest: Manifest, crappifier: str) -> list[ValidationFigure]:
    return [figure for figure in manifest.validation if figure.crappifier == crappifier]


def _head(columns: list[str]) -> list[str]:
    return [_row(columns), "|---" * len(columns) + "|"]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
