"""Movies under names that tell nothing, for people to count events in, and what they counted."""

from __future__ import annotations

import csv
import io
import json
import math
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import DTypeLike

from acquisition import TimeLapse
from engines import write_whole
from pssr_live.errors import UserError
from pssr_live.evaluation.events import TRUTH, names_of_movies, of_whole_lr_pixels
from pssr_live.evaluation.regression import Regression, regress

FOLDER, KEY_FILE, COUNTS_FILE = "blinded", "key.json", "counts.csv"
COUNTERS = ("counter 1", "counter 2")


def export_blinded(
    truths: Sequence[Path], methods: Mapping[str, Sequence[Path]], output: Path
) -> int:
    """Write all movies under drawn names, in a drawn order, with a table for two people to fill in.

    As plain ImageJ stacks: what a file says of the engine that made it would tell its method. So
    would the truth's size, where that is no multiple of 4, and its type of pixels.

    Parameters
    ----------
    truths : sequence of Path
    methods : mapping of str to sequence of Path
        What each method made of every truth, in their order.
    output : Path
        Gets the folder `FOLDER`, to be handed on, and beside it `KEY_FILE`, to be kept.

    Returns
    -------
    int
        Movies.

    Raises
    ------
    UserError
        If there is such an export already, since its key would be lost.
    SourceError
        If a movie can't be read; then nothing is written.
    OSError
        If it can't be written.
    """
    if (output / KEY_FILE).exists() or (output / FOLDER).exists():
        raise UserError(
            f"There is a blinded export in {output} already.", "Name another folder with --output."
        )
    movies = {
        (name, condition): path
        for condition, paths in {TRUTH: truths, **methods}.items()
        for name, path in zip(names_of_movies(truths), paths, strict=True)
    }
    types = []
    for path in movies.values():
        with closing(TimeLapse(path)) as movie:
            types.append(movie.format.dtype)
    dtype = np.result_type(*types)
    key = {
        f"{secrets.token_hex(8)}.tif": {"movie": movie, "method": condition}
        for movie, condition in movies
    }
    (output / FOLDER).mkdir(parents=True)
    try:
        # In the order of their names: nor do the files' dates tell anything.
        for name, said in sorted(key.items()):
            _write_plain(output / FOLDER / name, movies[said["movie"], said["method"]], dtype)
        _write_tables(output, key)
    except BaseException:
        shutil.rmtree(output / FOLDER, ignore_errors=True)
        raise
    return len(key)


def _write_plain(path: Path, movie: Path, dtype: DTypeLike) -> None:
    with closing(TimeLapse(movie)) as source:
        about = source.format
        said: dict[str, Any] = {"metadata": {"axes": "TYX"}}
        if about.pixel_size_um:
            said["resolution"] = (1 / about.pixel_size_um, 1 / about.pixel_size_um)
            said["metadata"]["unit"] = "um"
        if about.interval_s:
            said["metadata"]["finterval"] = about.interval_s
        frames = (of_whole_lr_pixels(source.frame(n)) for n in range(source.frame_count))
        first = next(frames)
        tifffile.imwrite(
            path,
            (frame.astype(dtype) for frame in chain([first], frames)),
            shape=(source.frame_count, *first.shape),
            dtype=dtype,
            imagej=True,
            **said,
        )


def _write_tables(output: Path, key: Mapping[str, Mapping[str, str]]) -> None:
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(("file", *COUNTERS))
    table.writerows((name, "", "") for name in sorted(key))
    write_whole(output / FOLDER / COUNTS_FILE, lines.getvalue())
    write_whole(output / KEY_FILE, json.dumps(key, indent=1))


def unblind(counts: Path, key: Path) -> dict[str, Regression | None]:
    """Regress what two people counted: methods against the truth, and the two with one another.

    Parameters
    ----------
    counts : Path
        The table, filled in.
    key : Path
        Written with it.

    Returns
    -------
    dict of str to Regression
        By what is compared, in words.

    Raises
    ------
    UserError
        If a count is missing, or the two don't belong together.
    """
    try:
        names = json.loads(key.read_text(encoding="utf-8"))
        with counts.open(newline="", encoding="utf-8-sig") as file:
            rows = {
                row["file"]: [_count(row[one]) for one in COUNTERS] for row in csv.DictReader(file)
            }
        by_place = {
            (one["method"], one["movie"]): rows.get(name, []) for name, one in names.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The counts in {counts} can't be read ({error}).",
            f"Fill in every line of {COUNTS_FILE}, and keep {KEY_FILE} where it was made.",
        ) from error
    if rows.keys() != names.keys():
        raise UserError(
            f"{counts} and {key} are not of the same export.", "Give two files of the same export."
        )
    movies = sorted({movie for method, movie in by_place if method == TRUTH})
    methods = dict.fromkeys(method for method, _ in by_place if method != TRUTH)
    found: dict[str, Regression | None] = {}
    for number, counter in enumerate(COUNTERS):
        truth = [by_place[TRUTH, movie][number] for movie in movies]
        for method in methods:
            counted = [by_place[method, movie][number] for movie in movies]
            found[f"{method} against {TRUTH}, {counter}"] = regress(truth, counted)
    for method in (TRUTH, *methods):
        first, second = zip(*(by_place[method, movie] for movie in movies), strict=True)
        found[f"{COUNTERS[1]} against {COUNTERS[0]}, {method}"] = regress(first, second)
    return found


def _count(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{text} is not a count")
    return number
