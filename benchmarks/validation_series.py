"""The tables of docs/evaluate.md, made anew through the command a user types.

Run: python benchmarks/validation_series.py HR.tif ... [-- further options of pssr-live evaluate]

Evaluates the bundled engine on HR time-lapses that its training never saw, keeps report and
figures in ``evaluation/`` below the current folder, and writes the tables into the page.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "evaluate.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
OUTPUT = Path("evaluation")
COLUMNS = ("psnr_fit", "ssim_fit", "rsp", "rse", "frc_truth", "consistency", "flicker_structure")


def main() -> None:
    arguments = sys.argv[1:]
    if "--" not in arguments:
        arguments.append("--")
    split = arguments.index("--")
    files, options = arguments[:split], arguments[split + 1 :]
    command = [sys.executable, "-m", "pssr_live.cli.main", "evaluate", "--truth", *files]
    subprocess.run([*command, "--output", str(OUTPUT), "--force", *options], check=True)
    found = json.loads((OUTPUT / "metrics.json").read_text(encoding="utf-8"))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = (means(found), movies(found), made_with(found))
    text = before + BEGIN + "\n".join(tables) + END + after
    PAGE.write_text(text, encoding="utf-8", newline="\n")


def means(found: dict[str, Any]) -> str:
    """Mean ± s.e.m. over movies, and p of the first method's PSNR against each."""
    titles = [cell_title(found["figures"][name]) for name in COLUMNS]
    lines = [table_row("LR frames", "method", *titles, "p (t-test)", "p (Wilcoxon)")]
    lines.append("|---" * (len(titles) + 4) + "|")
    for condition, rows in found["summary"].items():
        for method, row in rows["methods"].items():
            cells = [value(row[name], found["figures"][name]["digits"]) for name in COLUMNS]
            test = next((row["psnr_fit"][k] for k in row["psnr_fit"] if "against" in k), None)
            ps = [f"{test[name]:.2g}" if test else "" for name in ("t_test", "wilcoxon")]
            lines.append(table_row(condition, method, *cells, *ps))
    return "\n".join(lines) + "\n"


def movies(found: dict[str, Any]) -> str:
    """PSNR and SSIM of each recording."""
    methods = list(found["recordings"][0]["methods"])
    lines = [table_row("recording", "LR frames", "SNR of the LR frame", *methods)]
    lines.append("|---" * (len(methods) + 3) + "|")
    for recording in found["recordings"]:
        figures = [recording["methods"][method]["figures"] for method in methods]
        cells = [f"{row['psnr_fit']:.2f} / {row['ssim_fit']:.3f}" for row in figures]
        snr = f"{recording['lr_snr']:.0f}"
        lines.append(table_row(recording["name"], recording["condition"], snr, *cells))
    return "\n".join(lines) + "\n"


def made_with(found: dict[str, Any]) -> str:
    """Which model, run by what."""
    engine = next(iter(found["recordings"][0]["methods"]))
    facts = found["provenance"]
    return f"{engine}: {facts[engine]}; {facts['software']}, seed {facts['seed']}.\n"


def cell_title(figure: dict[str, Any]) -> str:
    return f"{figure['title']} {figure['unit']}".strip().replace("|", "\\|")


def value(summary: dict[str, Any] | None, digits: int) -> str:
    if summary is None:
        return "–"
    error = "" if summary["sem"] is None else f" ± {summary['sem']:.{digits}f}"
    return f"{summary['mean']:.{digits}f}{error}"


def table_row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
