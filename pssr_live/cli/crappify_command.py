"""``pssr-live crappify``: one LR time-lapse, or a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from acquisition import printable, readable
from acquisition.images import WindowAlong, is_image_folder
from engines import SCALE_FACTOR, quoted, replacing, why_refused
from pssr_live.crappify import (
    CRAPPIFIERS,
    HRFile,
    channel_names,
    find_crappifier,
    in_units,
    levels,
    one_position,
    outputs_of_channels,
)
from pssr_live.errors import UserError
from pssr_live.terminal import ProgressBar, Terminal
from pssr_live.training import (
    MANIFEST,
    DatasetManifest,
    DatasetSettings,
    ReportProgress,
    plan_dataset,
    write_dataset,
)

SINGLE_SUFFIXES = (".tif", ".tiff")
DEFAULT_CRAPPIFIER = "detector"
DEFAULT_TILE = 512
SMALLEST_TILE = 32
DEFAULT_VALIDATION = 0.1
MOST_ROWS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CrappifyOptions:
    """What the command line says; None where it says nothing.

    Attributes
    ----------
    channels
        Each that was named; none where files have one.
    tile, tiles, validation, licence
        For a dataset.
    position, force
        For a single file.
    """

    crappifiers: tuple[str, ...] = ()
    seed: int = 0
    channels: tuple[int | str, ...] = ()
    z: int | None = None
    window_along: WindowAlong = "time"
    allow_predicted: bool = False
    pixel_size_um: float | None = None
    frames: int | None = None
    tile: int | None = None
    tiles: int | None = None
    validation: tuple[str, ...] = ()
    licence: str | None = None
    position: int | None = None
    force: bool = False


def run_crappify(inputs: Sequence[Path], output: Path, options: CrappifyOptions) -> None:
    """Degrade one HR time-lapse to an LR file, or HR time-lapses to a dataset.

    Of several channels, each to an LR file or a dataset of its own.

    Raises
    ------
    UserError
        If the files, the options or the output won't do, before any work.
    """
    if output.suffix.lower() in SINGLE_SUFFIXES:
        _run_single(inputs, output, options)
    else:
        _run_dataset(inputs, output, options)


def crappify_file(hr: Path, output: Path, options: CrappifyOptions | None = None) -> Crappified:
    """Write the LR version of an HR time-lapse, with pixel size x 4 and interval kept.

    The crappifier's default setting is used. HR is scaled so that the 0.5 and 99.9 percentiles
    of the whole recording are 0 and 1.

    Returns
    -------
    Crappified

    Raises
    ------
    UserError
        If there is no such file or crappifier, or `output` exists and is not to be replaced.
    """
    options = options or CrappifyOptions()
    names = options.crappifiers or (DEFAULT_CRAPPIFIER,)
    if len(names) > 1:
        raise UserError(
            "One LR file is made by one crappifier.",
            "Join noises by +, or make a dataset: name a folder as --output.",
        )
    setting = find_crappifier(names[0])
    file = _looked_into(hr, output, options)
    counts = file.counts()
    frames = in_units(counts, *levels(counts, file.title))
    lr = setting.apply(frames, np.random.default_rng(options.seed))
    metadata: dict[str, Any] = {"axes": "ZYX" if file.frames_are_slices else "TYX"}
    if file.z_step_um:
        metadata |= {"PhysicalSizeZ": file.z_step_um, "PhysicalSizeZUnit": "µm"}
    if pixel_size := options.pixel_size_um or file.pixel_size_um:
        size = pixel_size * SCALE_FACTOR
        metadata |= {"PhysicalSizeX": size, "PhysicalSizeXUnit": "µm"}
        metadata |= {"PhysicalSizeY": size, "PhysicalSizeYUnit": "µm"}
    if file.missing and file.times_s is not None:
        metadata["Plane"] = _plane_times(file.times_s)
    elif file.interval_s:
        metadata |= {"TimeIncrement": file.interval_s, "TimeIncrementUnit": "s"}
    try:
        with replacing(output) as temporary:
            tifffile.imwrite(temporary, lr, ome=True, photometric="minisblack", metadata=metadata)
    except OSError as error:
        raise UserError(
            f"{output} can't be written: {why_refused(error, output)}.",
            "Free some space, or name a file on another disk.",
        ) from error
    number, height, width = lr.shape
    return Crappified(number, height, width, file.missing)


def _looked_into(hr: Path, output: Path, options: CrappifyOptions) -> HRFile:
    """Look into an HR file, and whether its LR file may be written."""
    if output.exists() and not options.force:
        raise UserError(f"{output} exists already.", "Name another file, or add --force.")
    if len(options.channels) > 1:
        raise UserError(
            "One LR file is of one channel.", "Make a file for each channel, or name one channel."
        )
    file = one_position(
        hr,
        options.channels[0] if options.channels else None,
        options.position,
        z=options.z,
        depth_as_frames=options.frames == 1,
        window_along=options.window_along,
        allow_predicted=options.allow_predicted,
    )
    if min(file.shape[1:]) < SCALE_FACTOR:
        raise UserError(f"{hr} is smaller than one LR pixel.", "Use larger HR images.")
    return file


class Crappified(NamedTuple):
    """What was written.

    Attributes
    ----------
    frames, height, width : int
    missing : str
        Which frames the HR file does not hold, in words; empty where it holds all.
    """

    frames: int
    height: int
    width: int
    missing: str


def _plane_times(times_s: Sequence[float]) -> dict[str, list[Any]]:
    """When each frame was acquired, where some between them are missing."""
    return {"DeltaT": list(times_s), "DeltaTUnit": ["s"] * len(times_s)}


def dataset_settings(options: CrappifyOptions) -> DatasetSettings:
    """Check the options of a dataset of one channel, and fill in what was not said.

    Raises
    ------
    UserError
        If one won't do.
    """
    if options.position is not None:
        raise UserError(
            "--position is for a single LR file; of a dataset each position is a movie.",
            "Leave it out.",
        )
    if options.force:
        raise UserError(
            "A dataset is never written over: --force is for a single LR file.",
            "Leave it out to go on with a dataset, or name a new folder with --output.",
        )
    if options.frames not in (None, 1, 5):
        raise UserError(
            f"No network takes stacks of {options.frames} frames.",
            "Use five, --frames 5, or single frames, --frames 1.",
        )
    names = options.crappifiers or tuple(CRAPPIFIERS)
    for name in names:
        find_crappifier(name)
    tile = DEFAULT_TILE if options.tile is None else options.tile
    if tile < SMALLEST_TILE or tile % SCALE_FACTOR:
        raise UserError(
            f"A tile can't have a side of {tile} pixels.",
            f"Use a multiple of {SCALE_FACTOR}, {SMALLEST_TILE} or more: --tile {DEFAULT_TILE}.",
        )
    return DatasetSettings(
        frames=1 if options.frames == 1 else 5,
        tile=tile,
        tiles=options.tiles or 0,
        crappifiers=names,
        validation=_validation(options.validation),
        channel=options.channels[0] if options.channels else None,
        z=options.z,
        window_along=options.window_along,
        allow_predicted=options.allow_predicted,
        pixel_size_um=options.pixel_size_um,
        seed=options.seed,
        licence=options.licence or "not stated",
    )


def _run_single(inputs: Sequence[Path], output: Path, options: CrappifyOptions) -> None:
    if len(inputs) > 1 or (inputs[0].is_dir() and not is_image_folder(inputs[0])):
        raise UserError(
            f"{output} is one LR file; several HR files make a dataset, which is a folder.",
            f"Give one HR file, or name a folder: --output {quoted(output.with_suffix(''))}",
        )
    for_datasets = (options.tile, options.tiles, options.licence)
    if options.validation or any(option is not None for option in for_datasets):
        raise UserError(
            "--tile, --tiles, --validation and --licence are for a dataset, which is a folder.",
            f"Leave them out, or name a folder: --output {quoted(output.with_suffix(''))}",
        )
    outputs = outputs_of_channels(output, options.channels)
    each = _for_each_channel(options)
    for file, of_channel in zip(outputs, each, strict=True):
        _looked_into(inputs[0], file, of_channel)
    console = Terminal()
    for file, of_channel in zip(outputs, each, strict=True):
        with console.status(f"Degrading {escape(printable(str(inputs[0])))}"):
            made = crappify_file(inputs[0], file, of_channel)
        _print(console, f"{file}: {made.frames} frames of {made.height} x {made.width}")
        if made.missing:
            _print(console, f"{made.missing}.")


def _for_each_channel(options: CrappifyOptions) -> list[CrappifyOptions]:
    """Split what is said of several channels, so that each has its own."""
    if len(options.channels) <= 1:
        return [options]
    return [replace(options, channels=(channel,)) for channel in options.channels]


def _run_dataset(inputs: Sequence[Path], output: Path, options: CrappifyOptions) -> None:
    settings = [dataset_settings(one) for one in _for_each_channel(options)]
    folders = [output]
    if len(settings) > 1:
        _check_folder_of_channels(output)
        folders = [output / name for name in channel_names(options.channels)]
    console = Terminal()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with ProgressBar(*columns, TimeRemainingColumn(), console=console) as progress:
        # All before anything is written: a channel that won't do is told at once.
        plans = [
            plan_dataset(inputs, one, folder, report=_bar(progress))
            for one, folder in zip(settings, folders, strict=True)
        ]
        for plan, folder in zip(plans, folders, strict=True):
            console.print(_table(plan.manifest))
            for note in (*plan.notes, *_notes(plan.manifest)):
                _print(console, note)
            try:
                write_dataset(plan, folder, _bar(progress))
            except KeyboardInterrupt:
                progress.stop()
                console.print("Stopped. Nothing is lost: the same command goes on.")
                raise
    for plan, folder in zip(plans, folders, strict=True):
        tiles = plan.manifest.settings.tiles
        _print(
            console,
            f"{folder}: {tiles} tiles, each in lr/ and hr/, and {MANIFEST}.\n"
            f"Train on it: pssr-live train {quoted(folder)} --output RUN",
        )


def _check_folder_of_channels(output: Path) -> None:
    """Refuse a folder that is a dataset itself, and a file."""
    if output.exists() and not output.is_dir():
        raise UserError(f"{output} is a file.", "Name a folder with --output.")
    if (output / MANIFEST).exists():
        raise UserError(
            f"{output} is a dataset of one channel.",
            "Name a new folder with --output: each channel makes a dataset below it.",
        )


def _print(console: Console, words: str) -> None:
    """Print words as they are, brackets in names of files too."""
    console.print(printable(words), highlight=False, markup=False, soft_wrap=True)


def _bar(progress: Progress) -> ReportProgress:
    """Show a bar from the first report on."""
    task = progress.add_task("", total=None, visible=False)

    def report(done: int, total: int, text: str) -> None:
        progress.update(task, completed=done, total=total, description=text, visible=True)

    return report


def _validation(said: Sequence[str]) -> float | tuple[str, ...]:
    """Read a part of the movies, or files."""
    if not said:
        return DEFAULT_VALIDATION
    numbers = [number for number in map(_number, said) if number is not None]
    if not numbers:
        return tuple(str(Path(path).resolve()) for path in said)
    if len(said) > 1 or not 0 <= numbers[0] < 1:
        raise UserError(
            f"--validation {' '.join(said)} does not say what to validate on.",
            "Give a part of the movies, from 0 to below 1, such as --validation 0.1, or HR files.",
        )
    return numbers[0]


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None


def _table(manifest: DatasetManifest) -> Table:
    """Show the movies, where they go and how many tiles each gives."""
    table = Table(title="Movies", title_justify="left")
    for heading in ("file", "frames", "pixels", "pixel size", "part", "tiles"):
        table.add_column(heading)
    for number, source in enumerate(manifest.sources[:MOST_ROWS]):
        tiles = sum(tile.source == number for tile in manifest.tiles)
        table.add_row(
            escape(readable(source.name)),
            str(source.frames),
            f"{source.height} x {source.width}",
            f"{source.pixel_size_um:.4g} µm" if source.pixel_size_um else "not stated",
            source.split,
            str(tiles),
        )
    if len(manifest.sources) > MOST_ROWS:
        table.add_row(f"and {len(manifest.sources) - MOST_ROWS} more")
    return table


def _notes(manifest: DatasetManifest) -> list[str]:
    """What a user should know before the work."""
    notes = []
    sources, tile = manifest.sources, manifest.settings.tile
    smallest = min(min(source.height, source.width) for source in sources)
    if smallest < tile:
        notes.append(
            f"Some frames are smaller than a tile and are mirrored out to {tile} pixels; "
            f"with --tile {smallest - smallest % SCALE_FACTOR} none would be."
        )
    unknown = [source.name for source in sources if not source.pixel_size_um]
    if unknown:
        notes.append(f"Without a pixel size: {', '.join(unknown)}. Give it with --pixel-size.")
    if not any(source.split == "validation" for source in sources):
        notes.append("Without validation movies nothing shows how good an engine trained on it is.")
    return notes
