"""``pssr-live events``: fission and fusion in movies that are restored already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.markup import escape

from acquisition import TimeLapse, readable
from engines import quoted, why_refused
from pssr_live.errors import UserError
from pssr_live.evaluation.blinding import COUNTS_FILE, FOLDER, KEY_FILE, export_blinded, unblind
from pssr_live.evaluation.libraries import need
from pssr_live.evaluation.wording import SAVED
from pssr_live.terminal import Terminal

PICTURE, TABLE = "events.png", "events.csv"


def run_events(
    truths: Sequence[Path], methods: Sequence[str], output: Path, *, blind: bool = False
) -> None:
    """Count events in movies, or make them ready to be counted by people.

    Parameters
    ----------
    truths : sequence of Path
        HR movies.
    methods : sequence of str
        ``NAME=FILE``, for each truth in turn.
    output : Path
        Folder for the results.
    blind : bool
        Export the movies under names that tell nothing, and count nothing.

    Raises
    ------
    UserError, SourceError
        With the fix.
    """
    need("matplotlib", "scipy", "skimage")
    files = _by_method(methods, len(truths))
    console = Terminal()
    with _writing(output):
        output.mkdir(parents=True, exist_ok=True)
        if blind:
            with console.status("Writing the movies under other names"):
                count = export_blinded(truths, files, output)
            console.print(
                f"{count} movies in {output / FOLDER}. Hand that folder to two people, keep "
                f"{KEY_FILE}, and give their counts back: pssr-live events --counts "
                f"{quoted(output / FOLDER / COUNTS_FILE)} --output {quoted(output)}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
            return
        _count(truths, files, output, console=console)


def run_counts(counts: Path, output: Path) -> None:
    """Say how far the counts of two people agree with the truth's, and with one another's."""
    need("scipy")
    console = Terminal()
    with console.status("Comparing the counts"):
        lines = unblind(counts, output / KEY_FILE)
    for words, line in lines.items():
        said = line if line is not None else "too few movies, or no spread, for a line"
        console.print(f"{words}: {said}", highlight=False, markup=False, soft_wrap=True)
    console.print(SAVED, highlight=False, markup=False, soft_wrap=True)


def _count(
    truths: Sequence[Path], files: Mapping[str, list[Path]], output: Path, *, console: Terminal
) -> None:
    with console.status("Looking at the movies") as status:
        from pssr_live.evaluation.events import (
            find_events,
            names_of_movies,
            regressions,
            write_table,
        )
        from pssr_live.evaluation.events_picture import draw_events

        found = []
        names = names_of_movies(truths)
        for number, path in enumerate(truths):
            status.update(f"Counting in {escape(names[number])}")
            truth = _frames(path, console)
            restored = {method: _frames(paths[number], console) for method, paths in files.items()}
            for method, frames in restored.items():
                if frames.shape != truth.shape:
                    raise UserError(
                        f"{files[method][number]} has the shape {frames.shape}, the truth "
                        f"{path.name} {truth.shape}.",
                        "Give movies of the same size and length; enlarge LR ones: pssr-live "
                        "restore lr.tif --engine bilinear",
                    )
            try:
                found += find_events(names[number], truth, restored)
            except ValueError as error:
                raise UserError(f"{path.name}: {error}.", "Leave the movie out.") from error
        status.update("Drawing the picture")
        write_table(output / TABLE, found)
        draw_events(output / PICTURE, found)
        lines = regressions(found)
    for one in found:
        console.print(
            f"{one.movie}, {one.method}: {one.fissions} fissions, {one.fusions} fusions; "
            f"{one.breaks:.2f} false breaks and {one.merges:.2f} false merges a frame",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    for method, line in lines.items():
        if line is not None:
            console.print(f"fissions, {method} against HR: {line}", highlight=False, markup=False)
    console.print(SAVED, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Picture: {output / PICTURE}", highlight=False, markup=False, soft_wrap=True)


def _frames(path: Path, console: Terminal) -> NDArray[Any]:
    from pssr_live.evaluation.events import of_whole_lr_pixels

    with closing(TimeLapse(path)) as movie:
        if movie.missing:
            words = f"{readable(path)}: {movie.missing}; events across a gap count as one frame's"
            console.print(words, style="yellow", highlight=False, markup=False, soft_wrap=True)
        frames = (movie.frame(number) for number in range(movie.frame_count))
        return np.stack([of_whole_lr_pixels(frame) for frame in frames])


def _by_method(methods: Sequence[str], movies: int) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {}
    for text in methods:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise UserError(
                f"--method {text} does not say which method made the file.",
                "Give it as in PSSR=restored.tif",
            )
        files.setdefault(name, []).append(Path(path))
    for name, paths in files.items():
        if len(paths) != movies:
            raise UserError(
                f"{name} has {len(paths)} movies, the truth {movies}.",
                "Give one for each --truth, in their order.",
            )
    if not files:
        raise UserError("There is nothing to compare.", "Give --method PSSR=restored.tif")
    return files


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The results can't be written to {output}: {why_refused(error, output)}.",
            "Name another folder with --output.",
        ) from error
