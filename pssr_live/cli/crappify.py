"""The command ``pssr-live crappify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import (
    AllowPredictedOption,
    ChannelsOption,
    ForceOption,
    WindowAlongOption,
    ZOption,
    numbers_or_names,
)


def crappify(
    *,
    hr: Annotated[
        list[Path],
        typer.Argument(metavar="HR...", help="HR time-lapses, or folders of them: TIFF, CZI, ND2."),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder of the dataset; or one LR file, NAME.tif."),
    ],
    crappifier: Annotated[
        list[str] | None,
        typer.Option(
            "--crappifier",
            help="detector, a calibration's .json, no-noise, or the paper's noises joined by +: "
            "poisson, gaussian, additive-gaussian, salt-pepper (for EM: gaussian-em, "
            "additive-gaussian-em). Repeat it to mix several in a dataset. Default: detector, in "
            "a dataset mixed with salt-pepper+additive-gaussian.",
        ),
    ] = None,
    tile: Annotated[
        int | None, typer.Option("--tile", help="Side of the HR tiles in pixels; default 512.")
    ] = None,
    tiles: Annotated[
        int | None,
        typer.Option(
            "--tiles",
            min=1,
            help="Number of tiles; default: enough to cover the movies, 5000 at most.",
        ),
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option("--frames", min=1, max=5, help="LR frames of a tile: 5, or 1 as for EM."),
    ] = None,
    validation: Annotated[
        list[str] | None,
        typer.Option(
            "--validation",
            help="Part of the movies kept out of training, 0 for none (default 0.1); or an HR "
            "file, may be repeated.",
        ),
    ] = None,
    channel: ChannelsOption = None,
    z: ZOption = None,
    window_along: WindowAlongOption = "time",
    position: Annotated[
        int | None,
        typer.Option("--position", min=0, help="Position (scene) for one LR file; from 0."),
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option(
            "--pixel-size",
            min=1e-4,
            help="Pixel size of the HR files in µm, where they don't state it.",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", help="Licence of the HR files, for the manifest.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed gives the same noise.")
    ] = 0,
    allow_predicted: AllowPredictedOption = False,
    force: ForceOption = False,
) -> None:
    """Degrade HR time-lapses to what low-dose scans of them would look like: a training dataset.

    Stopped, or killed? The same command goes on where it was. With one HR file and an output that
    ends in .tif, that time-lapse alone is degraded. Of several channels, each makes a dataset in a
    folder of its own below the output, or a file named after it.

    Examples:

      pssr-live crappify monday/ --output datasets/mito

      pssr-live crappify cell1.czi cell2.czi --validation cell3.czi --crappifier detector.json
      --output datasets/mito

      pssr-live crappify em/ --frames 1 --crappifier additive-gaussian-em --output datasets/em

      pssr-live crappify airyscan.czi --output airyscan-lr.tif

      pssr-live crappify two-colours/ --channel GFP --channel mCherry --output datasets/cells
    """
    from pssr_live.terminal import Terminal

    with Terminal().status("Looking at the files"):
        from pssr_live.cli.crappify_command import CrappifyOptions, run_crappify

    options = CrappifyOptions(
        crappifiers=tuple(crappifier or ()),
        seed=seed,
        channels=numbers_or_names(channel) or (),
        z=z,
        window_along=window_along,
        allow_predicted=allow_predicted,
        pixel_size_um=pixel_size,
        frames=frames,
        tile=tile,
        tiles=tiles,
        validation=tuple(validation or ()),
        licence=licence,
        position=position,
        force=force,
    )
    run_crappify(hr, output, options)
