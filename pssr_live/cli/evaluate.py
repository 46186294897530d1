"""The command ``pssr-live evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import (
    AllowPredictedOption,
    ChannelsOption,
    ForceOption,
    PositionOption,
    WindowAlongOption,
    ZOption,
    numbers_or_names,
)
from pssr_live.defaults import DEFAULT_ENGINE

DEFAULT_BASELINES = ("bilinear", "rolling-mean")


def evaluate(
    *,
    truth: Annotated[
        list[Path], typer.Option("--truth", help="HR time-lapses: TIFF, CZI or ND2; one or more.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for report.html and metrics.json.")
    ],
    lr: Annotated[
        list[Path] | None,
        typer.Option("--lr", help="LR scans of the same fields, one for each truth, in order."),
    ] = None,
    crappifier: Annotated[
        list[str] | None,
        typer.Option(
            "--crappifier",
            help="How LR frames are made from the truth; see pssr-live crappify. Default: the "
            "paper's and a detector.",
        ),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", help="Engines; the first is tested against all others."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline",
            help="bilinear, bicubic, rolling-mean, bm3d-before, bm3d-after, or rolling-mean:ENGINE "
            "for the mean of five frames it restored.",
        ),
    ] = None,
    movie: Annotated[
        list[str] | None,
        typer.Option(
            "--movie",
            metavar="PREFIX",
            help="Files whose names begin with this are parts of one movie and count once.",
        ),
    ] = None,
    channel: ChannelsOption = None,
    z: ZOption = None,
    position: PositionOption = None,
    window_along: WindowAlongOption = "time",
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            help="What runs the engines: one that pssr-live engines lists, fastest, or auto, the "
            "most precise that works.",
        ),
    ] = "auto",
    uncertainty: Annotated[
        bool,
        typer.Option(
            "--uncertainty",
            help="Also check how often the truth lies within an engine's predicted uncertainty.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same noise.")] = 0,
    allow_predicted: AllowPredictedOption = False,
    force: ForceOption = False,
) -> None:
    """Say how good an engine is on movies whose truth is known: table, report, figures.

    Of several channels, each has a section of its own in the report.

    Examples
    --------
      pssr-live evaluate --truth cell1.tif cell2.tif --output how-good

      pssr-live evaluate --truth cell1.tif --uncertainty --output how-good

      pssr-live evaluate --truth block.tif --window-along z --engine engines/em --output how-good

      pssr-live evaluate --truth two-colours.czi --channel GFP mCherry --output how-good

      pssr-live evaluate --truth airyscan.czi --lr confocal.czi --engine engines/mine mito-lite
      --baseline bilinear bicubic rolling-mean:engines/single --output how-good
    """
    from pssr_live.terminal import Terminal

    with Terminal().status("Loading the metrics"):
        from acquisition.images import StreamChoice
        from pssr_live.evaluation import run_evaluate

    run_evaluate(
        truth,
        lr or [],
        crappifier or [],
        engines=engine or [DEFAULT_ENGINE],
        baselines=DEFAULT_BASELINES if baseline is None else baseline,
        movies=movie or [],
        output=output,
        backend=backend,
        seed=seed,
        choice=StreamChoice(numbers_or_names(channel), z, position, window_along),
        allow_predicted=allow_predicted,
        uncertain=uncertainty,
        force=force,
    )
