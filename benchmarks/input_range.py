"""What the windows of a finished training were like, measured again and put into its engine.

Run: python benchmarks/input_range.py runs/mito-lite DATA engines/bundled/mito-lite

The films, and the windows drawn of them, are decided by the recipe and its seed alone. A training
does the same at its end; this is for engines that are older than what is measured now.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engines import MANIFEST_FILE, InputRange, load_bundle
from pssr_live.training import find_training_data, load_network


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path, help="folder of the finished training")
    parser.add_argument("data", type=Path, help="folder that its recipe's paths begin at")
    parser.add_argument("engine", type=Path, help="bundle to bring up to date")
    arguments = parser.parse_args()
    manifest = load_bundle(arguments.engine).manifest
    _, recipe = load_network(arguments.run)
    if (manifest.name, manifest.version) != (recipe.name, recipe.version):
        raise SystemExit(f"{arguments.engine} is not the engine that {arguments.run} trained.")
    sources = find_training_data(recipe, arguments.data).sources(told)
    measured = sources.training.input_range()
    # Drawn with every pair of the training, which is not repeated here.
    measured = measured.model_copy(update={"photons_at_peak": manifest.input_range.photons_at_peak})
    if measured.pixel_size_um != manifest.input_range.pixel_size_um:
        raise SystemExit(f"{arguments.data} does not hold what {arguments.run} was trained on.")
    path = arguments.engine / MANIFEST_FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    content["input_range"] = json.loads(InputRange.model_dump_json(measured))
    path.write_text(
        json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    load_bundle(arguments.engine)
    print(json.dumps(content["input_range"], indent=2))


def told(done: int, total: int, text: str) -> None:
    if done % 500 == 0:
        print(f"{text}: {done} of {total}", flush=True)


if __name__ == "__main__":
    main()
