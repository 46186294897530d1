"""Writing a dataset's tiles: whole files, and only those that are not there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from engines import SCALE_FACTOR, remove_leftovers, replacing, why_refused, write_whole
from pssr_live.crappify import in_units
from pssr_live.errors import UserError
from pssr_live.training.data.datasets.manifest import (
    MANIFEST,
    DatasetMovie,
    DatasetSettings,
    TileFiles,
    stored_type,
    tile_files,
)
from pssr_live.training.data.datasets.plan import Cut, cut_out, degrade
from pssr_live.training.data.datasets.survey import DatasetPlan
from pssr_live.training.data.pool import ReportProgress


def write_dataset(plan: DatasetPlan, output: Path, report: ReportProgress) -> None:
    """Write a dataset, or what is missing of it; stopped at any moment, it can be gone on with.

    All is decided by the plan: interrupted or not, the folder holds the same bytes in the end.

    Parameters
    ----------
    plan : DatasetPlan
    output : Path
        Folder that `plan_dataset` was asked about.
    report : callable
        Called with (done, total, text) as tiles are written.

    Raises
    ------
    UserError
        If the disk is full, or fails.
    """
    manifest, settings = plan.manifest, plan.manifest.settings
    places = {tile.number: tile_files(output, manifest, tile) for tile in manifest.tiles}
    try:
        _prepare(output, plan, {file.parent for files in places.values() for file in files})
        missing = {number for number, files in places.items() if not _are_whole(files, settings)}
        report(len(places) - len(missing), len(places), "tiles")
        for movie in plan.movies:
            cuts = [cut for cut in movie.cuts if cut.number in missing]
            counts = movie.file.counts() if cuts else np.empty(0)
            for cut in cuts:
                _write_tile(places[cut.number], cut, counts, source=movie.source, settings=settings)
                missing.remove(cut.number)
                report(len(places) - len(missing), len(places), "tiles")
    except OSError as error:
        raise UserError(
            f"{output} can't be written: {why_refused(error, output)}.",
            "Free some space, or name another folder with --output; the same command goes on.",
        ) from error


def _prepare(output: Path, plan: DatasetPlan, folders: set[Path]) -> None:
    """Make the folders, and write the manifest first of all."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
    if not (output / MANIFEST).exists():
        write_whole(output / MANIFEST, plan.manifest.text())


def _write_tile(
    files: TileFiles,
    cut: Cut,
    counts: NDArray[Any],
    *,
    source: DatasetMovie,
    settings: DatasetSettings,
) -> None:
    stack = counts[cut.first_frame : cut.first_frame + settings.frames]
    stack = cut_out(stack, cut.y, cut.x, tile=settings.tile)
    lr = degrade(cut, in_units(stack, source.black, source.white), settings.seed)
    hr = stack[settings.frames // 2]
    size = source.pixel_size_um
    _write_tiff(files.hr, hr.astype(stored_type(hr.dtype), copy=False), size, interval_s=None)
    _write_tiff(files.lr, lr, SCALE_FACTOR * size if size else None, interval_s=source.interval_s)


def _write_tiff(
    path: Path, pixels: NDArray[Any], pixel_size_um: float | None, *, interval_s: float | None
) -> None:
    """Write an image, or a stack over time, as ImageJ does."""
    metadata: dict[str, Any] = {"axes": "TYX"[-pixels.ndim :]}
    resolution = None
    if pixel_size_um:
        resolution = (1 / pixel_size_um, 1 / pixel_size_um)
        metadata["unit"] = "um"
    if interval_s:
        metadata["finterval"] = interval_s
    with replacing(path) as temporary:
        tifffile.imwrite(temporary, pixels, imagej=True, resolution=resolution, metadata=metadata)


def _are_whole(files: TileFiles, settings: DatasetSettings) -> bool:
    """Whether both files are there, and no power cut has taken their pixels."""
    lr_pixels = settings.frames * (settings.tile // SCALE_FACTOR) ** 2
    fewest = (lr_pixels, settings.tile**2)
    return all(
        file.is_file() and file.stat().st_size > size
        for file, size in zip(files, fewest, strict=True)
    )
