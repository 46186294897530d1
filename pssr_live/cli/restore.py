"""The command ``pssr-live restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import (
    CropBottomOption,
    ForceOption,
    IntervalOption,
    PositionOption,
    UncertaintyOption,
    WindowAlongOption,
)
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.recording import ImageFormat


def restore(
    *,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="TIFF, CZI, ND2, NDTiff or OME-Zarr time-lapses, recordings, or folders of them.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, .ome.tif or .ome.zarr, or a folder for several; default: a file "
            "ending in -restored.ome.tif beside each. A recording is completed in its own folder.",
        ),
    ] = None,
    image_format: Annotated[
        ImageFormat | None,
        typer.Option(
            "--format", help="Default: as the ending of --output, or the recording, says."
        ),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            "--engine",
            metavar="[CHANNEL=]ENGINE",
            help="A bundled engine, a baseline, or a bundle's folder; for one channel as in "
            "GFP=mito-lite, and GFP=none leaves it out; may be repeated. Default: what a recording "
            f"was started with, else {DEFAULT_ENGINE}.",
        ),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            help="What runs the engine: one that pssr-live engines lists; fastest, which times "
            "them all; or auto, the first that works in a fixed order, full precision first, so "
            "that a file gives the same pixels on any day.",
        ),
    ] = "auto",
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="[ADDRESS]",
            help="Restore on several processes, or on the cluster of a Dask scheduler.",
        ),
    ] = None,
    uncertainty: UncertaintyOption = False,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            "--channel",
            help="Channel, by its name or number from 0; may be repeated. Default: all.",
        ),
    ] = None,
    z: Annotated[
        int | None, typer.Option("--z", min=0, help="Which slice, from 0; default: all.")
    ] = None,
    position: PositionOption = None,
    window_along: WindowAlongOption = "time",
    crop_bottom: CropBottomOption = 0,
    interval: IntervalOption = None,
    figures: Annotated[
        bool,
        typer.Option(
            "--figures",
            help="Write the verdict on each frame and its figures into a table beside the file, "
            "NAME-figures.csv. A recording has it in its frames.csv.",
        ),
    ] = False,
    force: ForceOption = False,
) -> None:
    """Restore files, or complete recordings that were cut off, with the engine they began with.

    Stopped, or killed? The same command goes on where it was; what is done is left as it is.

    Examples
    --------
      pssr-live restore cells.tif --output cells-restored.ome.tif

      pssr-live restore cells.tif --output cells-restored.ome.zarr

      pssr-live restore cells.czi --channel GFP --z 4 --position 0

      pssr-live restore cells.czi --engine GFP=mito-lite --engine mCherry=engines/er

      pssr-live restore block.tif --engine engines/em --window-along z

      pssr-live restore monday/cell-3

      pssr-live restore monday/cell-3 --uncertainty

      pssr-live restore monday tuesday/*.tif --output restored

      pssr-live restore monday --dask

      pssr-live restore monday --dask tcp://scheduler:8786
    """
    from pssr_live.terminal import Terminal

    console = Terminal()
    with console.status("Looking at the files"):
        from acquisition.images import StreamChoice
        from pssr_live.cli.source_options import check_interval
        from pssr_live.offline import FileOptions, find_jobs, restore_on_dask, restore_one_by_one

        check_interval(interval)
        jobs = find_jobs(
            inputs,
            output,
            image_format,
            uncertain=uncertainty,
            options=FileOptions(
                stream=StreamChoice(
                    tuple(channel) if channel else None, z, position, window_along, crop_bottom
                ),
                interval_s=interval,
                figures=figures,
            ),
        )
    engines = tuple(engine or ())
    if dask is None:
        restore_one_by_one(jobs, console, engine=engines, backend=backend, force=force)
    else:
        restore_on_dask(jobs, dask, console, engine=engines, backend=backend, force=force)


def with_dask_address(words: list[str]) -> list[str]:
    """Let --dask stand without an address, for this computer."""
    following = [*words[1:], ""]
    return [
        "--dask=local" if word == "--dask" and "://" not in after else word
        for word, after in zip(words, following, strict=True)
    ]
