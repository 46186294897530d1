"""What would make a training fail late, looked at before it begins."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil
from torch import nn

from acquisition import readable
from engines import bytes_in_words, why_refused
from pssr_live.crappify import HRSeries
from pssr_live.errors import UserError
from pssr_live.training.data.pool import pool_bytes
from pssr_live.training.recipe import Recipe, Series

LARGEST_RATIO = 1.5
# A state holds the network, its average and two moments of Adam, and is written beside the last.
COPIES_ON_DISK = 2 * 4 + 1
# For what is read and computed beside the pool.
PART_FOR_POOL = 0.8


def check_before(recipe: Recipe, network: nn.Module, output: Path, *, processes: int = 1) -> None:
    """Look at all that needs no data: see the checks below.

    Raises
    ------
    UserError
        If anything won't do.
    """
    check_recipe(recipe)
    check_memory(recipe, processes)
    check_disk(network, output)


def check_recipe(recipe: Recipe) -> None:
    """See that there is something to train on, and that none of it is judged by.

    Raises
    ------
    UserError
        If not.
    """
    if not (recipe.having("training") or recipe.drawn or recipe.simulated):
        raise UserError(
            f"The recipe {recipe.name} names nothing to train on.",
            f"Give your HR files: pssr-live train HR.tif --recipe {recipe.name} --output RUN",
        )
    learnt = recipe.having("training")
    for judged in (*recipe.having("selection"), *recipe.having("validation")):
        if any(judged.shows_what(series) for series in learnt):
            raise UserError(
                f"{judged.path} is trained on and judged by: the figures would be of what the "
                "network has seen.",
                "Name it once, or judge by another file: --validation HR.tif",
            )


def check_memory(recipe: Recipe, processes: int = 1) -> None:
    """See that the pool of HR films, of which each process has one, fits into the free memory.

    Raises
    ------
    UserError
        If it doesn't.
    """
    needed, free = processes * pool_bytes(recipe), psutil.virtual_memory().available
    if needed > PART_FOR_POOL * free:
        fitting = int(recipe.schedule.tiles * PART_FOR_POOL * free / needed)
        raise UserError(
            f"The pool of {recipe.schedule.tiles} HR films takes {bytes_in_words(needed)} of "
            f"memory; {bytes_in_words(free)} are free.",
            f"Use fewer films: --films {max(1, fitting)}",
        )


def check_disk(network: nn.Module, output: Path) -> None:
    """See that a run's folder can be made, and that its files will fit.

    Raises
    ------
    UserError
        If not.
    """
    whole = output.absolute()
    place = next((folder for folder in (whole, *whole.parents) if folder.is_dir()), whole)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise UserError(
            f"{output} can't be written: {why_refused(error, place)}.",
            "Fix that, or name another folder with --output.",
        ) from error
    weights = sum(weight.numel() for weight in network.parameters())
    # What a run to go on with has there is replaced.
    held = sum(path.stat().st_size for path in output.glob("*.safetensors"))
    needed, free = max(0, 4 * COPIES_ON_DISK * weights - held), shutil.disk_usage(place).free
    if needed > free:
        raise UserError(
            f"A run of this network takes {bytes_in_words(needed)}; {bytes_in_words(free)} are "
            f"free at {place}.",
            "Free some space, or name a folder on another disk with --output.",
        )


def check_export(folder: Path | None) -> None:
    """See that the folder of the bundle to be made is free.

    Raises
    ------
    UserError
        If something is there.
    """
    if folder is not None and folder.exists():
        raise UserError(f"{folder} exists already.", "Name another folder with --export.")


def check_pixel_sizes(recipe: Recipe, series: Sequence[tuple[Series, HRSeries]]) -> None:
    """See that the series' pixels are about equally large, as far as the files say.

    Raises
    ------
    UserError
        If not, and the recipe does not allow it.
    """
    known = [(images.pixel_size_um, entry.path) for entry, images in series if images.pixel_size_um]
    if recipe.mixed_pixel_sizes or len(known) < 2:
        return
    (finest, fine), (coarsest, coarse) = min(known), max(known)
    if coarsest > LARGEST_RATIO * finest:
        raise UserError(
            f"Pixels of {fine} are {finest:.3g} µm, those of {coarse} {coarsest:.3g} µm: "
            "what a network learns from one is wrong for the other.",
            "Train on files that are alike, bring one to the other's pixel size, or allow it "
            "in a recipe: mixed_pixel_sizes = true",
        )


def check_content(
    learnt: Sequence[tuple[Series, HRSeries]], judged: Sequence[tuple[Series, HRSeries]]
) -> None:
    """See that no frame that is judged by is learnt from, however its file is called or stored.

    Raises
    ------
    UserError
        If one is.
    """
    for entry, images in judged:
        for other, shown in learnt:
            if images.prints & shown.prints:
                raise UserError(
                    f"{readable(entry.path)} has frames of {readable(other.path)}, which is "
                    "trained on: the figures would be of what the network has seen.",
                    "Judge by another file: --validation HR.tif",
                )
