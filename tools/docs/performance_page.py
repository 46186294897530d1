"""All figures of docs/performance.md, measured anew and written into the page.

Run, on a computer with nothing else to do: python -m tools.docs.performance_page HR.tif ...
Some parts only: --only bench start growth soak peers

The HR time-lapses are those that `benchmarks.peers` judges by. Takes about half an hour; a part
that is done is written at once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools.docs.page import PERFORMANCE, write_between

# Each prints what goes into the page as it is.
PRINTED = {
    "bench": [
        *("pssr_live", "bench", "--frame-size", "512x512", "--rounds", "3", "--seconds", "1"),
        *("--engine", "mito-lite-fast", "--engine", "mito-lite"),
        *("--backend", "openvino-int8", "--backend", "openvino-bf16"),
    ],
    "start": ["benchmarks.start"],
    "soak": ["benchmarks.soak"],
}
# These write themselves, with a plot.
PLOTTED = {"growth": ["benchmarks.growth"], "peers": ["benchmarks.peers"]}
WIDTH = "100"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truths", type=Path, nargs="*", help="HR time-lapses, for the peers")
    parser.add_argument("--only", nargs="+", choices=[*PRINTED, *PLOTTED])
    given = parser.parse_args()
    parts = given.only or [*PRINTED, *PLOTTED]
    if "peers" in parts and not given.truths:
        parser.error("the peers are judged by HR time-lapses: name some, or leave peers out")
    for part in parts:
        print(f"{part} …", flush=True)
        if part in PRINTED:
            printed = run(PRINTED[part], capture=True)
            write_between(PERFORMANCE, part, f"```\n{printed.strip()}\n```\n")
        else:
            files = [str(path) for path in given.truths] if part == "peers" else []
            run([*PLOTTED[part], *files, "--write"], capture=False)


def run(arguments: list[str], *, capture: bool) -> str:
    found = subprocess.run(
        [sys.executable, "-m", *arguments],
        check=True,
        stdout=subprocess.PIPE if capture else None,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": WIDTH, "PYTHONIOENCODING": "utf-8"},
    )
    return found.stdout or ""


if __name__ == "__main__":
    main()
