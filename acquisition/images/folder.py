"""Which movies there are among files and in folders: each once, and no predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from acquisition.errors import SourceError
from acquisition.images.opening import SUFFIXES, is_image_folder, open_images
from acquisition.images.provenance import named_as_predicted


class Movies(NamedTuple):
    """What was found.

    Attributes
    ----------
    paths : list of Path
        One for each movie: a file, the first of a set of files, or a folder that is an image.
    predicted : list of Path
        Those that are predictions of ours, left out.
    """

    paths: list[Path]
    predicted: list[Path]


def movies_among(paths: Sequence[Path]) -> Movies:
    """Sort files: those that belong together are one movie, predictions are none.

    Parameters
    ----------
    paths : sequence of Path
        Files, and folders that are images. What can't be opened stays, to be told of when it is
        read.
    """
    found = Movies([], [])
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            continue
        predicted, files = named_as_predicted(path), {path.resolve()}
        try:
            with open_images(path) as file:
                files |= {one.resolve() for one in file.files}
                predicted |= file.predicted
        except SourceError:
            pass
        # A file of a set by another's name; it may have been seen by that.
        if files & seen:
            seen |= files
            continue
        seen |= files
        (found.predicted if predicted else found.paths).append(path)
    return found


def files_in(folder: Path, *, deep: bool) -> Iterator[Path]:
    """Yield what may be an image in a folder, by its name or as an image of several files.

    Parameters
    ----------
    folder : Path
    deep : bool
        Search to the bottom.

    Yields
    ------
    Path
        In order of their names; a Mac's hidden files, left beside those that it copies, are not
        meant.
    """
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if is_image_folder(path):
                yield path
            elif deep:
                yield from files_in(path, deep=True)
        elif path.suffix.lower() in SUFFIXES:
            yield path
