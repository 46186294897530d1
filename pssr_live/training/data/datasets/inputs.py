"""Which HR files a dataset is made of, checked together before any work, and split by movie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from acquisition import readable
from acquisition.images import Movies, WindowAlong, files_in, is_image_folder, movies_among
from pssr_live.crappify import HRFile, look_into
from pssr_live.errors import UserError

SMALLEST_SIDE = 64
# Files of one microscope and zoom may differ by so much: a network learns one scale.
PIXEL_SIZE_TOLERANCE = 0.1


def find_movies(paths: Sequence[Path], output: Path, *, allow_predicted: bool = False) -> Movies:
    """List the HR movies among paths and below folders, each once, and the predictions left out.

    Parameters
    ----------
    paths : sequence of Path
        Files, and folders that are searched to the bottom for images.
    output : Path
        Folder that is left out: the dataset itself may lie among its sources.
    allow_predicted : bool
        Whether predictions of ours in folders are taken too; those that are named are listed in any
        case, to be refused.

    Raises
    ------
    UserError
        If a path is not there, or a folder holds no such file.
    """
    named: list[Path] = []
    found: list[Path] = []
    for path in paths:
        if path.is_dir() and not is_image_folder(path):
            inside = [
                file
                for file in files_in(path, deep=True)
                if not file.resolve().is_relative_to(output.resolve())
            ]
            if not inside:
                raise UserError(
                    f"There is no TIFF, CZI or ND2 in the folder {readable(path)}.",
                    "Check the path.",
                )
            found += inside
        elif path.exists():
            named.append(path)
            found.append(path)
        else:
            raise UserError(f"There is no file or folder {readable(path)}.", "Check the path.")
    movies = movies_among(found)
    kept = {*movies.paths, *(movies.predicted if allow_predicted else named)}
    once = [path for path in dict.fromkeys(found) if path in kept]
    taken = [path for path in once if path in movies.paths or path in movies.predicted]
    left_out = [path for path in movies.predicted if path not in taken]
    if not taken:
        raise UserError(
            f"There is nothing but restored files in {readable(paths[0])}.",
            "Name the files that they were made of.",
        )
    return Movies(taken, left_out)


def find_files(paths: Sequence[Path], output: Path) -> list[Path]:
    """List the HR movies among paths and below folders; see `find_movies`."""
    return find_movies(paths, output).paths


def look_into_all(
    paths: Sequence[Path],
    channel: int | str | None,
    frames: int,
    *,
    pixel_size_um: float | None,
    z: int | None = None,
    window_along: WindowAlong = "time",
    allow_predicted: bool = False,
) -> list[HRFile]:
    """Look into all files, and check that they make one dataset.

    Parameters
    ----------
    paths : sequence of Path
    channel : int or str, optional
        Its number or name, where files have several.
    frames : int
        In a stack: 1 or 5. With 1, planes in z count as images of their own.
    pixel_size_um : float, optional
        That of all files, whatever they say.
    z : int, optional
        Slice, where files have several at each time.
    window_along : {"time", "z"}
        Whether the slices of a stack are the frames.
    allow_predicted : bool
        Whether predictions of ours are taken.

    Returns
    -------
    list of HRFile
        Each position is one.

    Raises
    ------
    UserError
        If one can't be read, has too few frames or pixels, or two have different pixel sizes.
    """
    files = [
        file
        for path in paths
        for file in look_into(
            path,
            channel,
            z=z,
            depth_as_frames=frames == 1,
            window_along=window_along,
            allow_predicted=allow_predicted,
        )
    ]
    for file in files:
        _check_size(file, frames)
    if pixel_size_um is None:
        _check_pixel_sizes(files)
    return files


def choose_validation(
    files: Sequence[HRFile], validation: float | Sequence[Path], seed: int
) -> set[int]:
    """Choose the movies that are kept for validation.

    Parameters
    ----------
    files : sequence of HRFile
    validation : float or sequence of Path
        Part of the movies, at least one unless it is 0; or which.
    seed : int

    Returns
    -------
    set of int
        Places in `files`.

    Raises
    ------
    UserError
        If nothing would be left to train on, or there is a single movie to be split.
    """
    if not isinstance(validation, float):
        named = {path.resolve() for path in validation}
        chosen = {number for number, file in enumerate(files) if file.path.resolve() in named}
        if len(chosen) == len(files):
            raise UserError(
                "All movies are named for validation: there is nothing to train on.",
                "Give more HR files, or name fewer with --validation.",
            )
        return chosen
    if validation == 0:
        return set()
    if len(files) < 2:
        raise UserError(
            f"{files[0].title} is a single movie, and one movie can't be split: the network would "
            "be judged on the cells it learnt from.",
            "Give more HR files, name one with --validation FILE, "
            "or do without validation: --validation 0.",
        )
    count = min(max(1, math.floor(validation * len(files) + 0.5)), len(files) - 1)
    # A spawn key of its own, apart from those of the tiles.
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    return {int(number) for number in random.permutation(len(files))[:count]}


def _check_size(file: HRFile, frames: int) -> None:
    count, height, width = file.shape
    if count >= frames and not len(file.starts(frames)):
        raise UserError(
            f"{file.title} has no {frames} frames that follow one another: {file.missing}.",
            "Leave it out, or put the files of its set together in one folder.",
        )
    if count < frames:
        raise UserError(
            f"{file.title} has {count} frame{'s' if count > 1 else ''}; a stack needs {frames}.",
            "Leave it out, or make a dataset of single frames: --frames 1.",
        )
    if min(height, width) < SMALLEST_SIDE:
        raise UserError(
            f"{file.title} is {height} x {width}: too small to learn from.",
            f"Use HR images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels.",
        )


def _check_pixel_sizes(files: Sequence[HRFile]) -> None:
    known = [(file.pixel_size_um, file.title) for file in files if file.pixel_size_um]
    if not known:
        return
    (smallest, one), (largest, other) = min(known), max(known)
    if largest > smallest * (1 + PIXEL_SIZE_TOLERANCE):
        raise UserError(
            f"Pixel sizes are mixed: {smallest:.4g} µm in {one}, {largest:.4g} µm in {other}.",
            "Make a dataset of each size; or, if a file states it wrongly, give the true size of "
            f"all: --pixel-size {smallest:.4g}.",
        )
