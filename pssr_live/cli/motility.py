"""The command ``pssr-live motility``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def motility(
    *,
    movie: Annotated[
        list[str],
        typer.Option(
            "--movie", metavar="GROUP=FILE", help="Time-lapse and its group; repeat for each."
        ),
    ],
    line: Annotated[
        list[str],
        typer.Option(
            "--line",
            metavar="Y0,X0,Y1,X1",
            help="Line along the axon, in pixels: one for all movies, or one for each, in order.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")],
    most_speed: Annotated[
        float,
        typer.Option(
            "--most-speed", min=0.01, metavar="UM/S", help="Fastest speed that counts as motion."
        ),
    ] = 3.0,
) -> None:
    """Track what moves along a line, and compare distance, speed and pauses between groups.

    Examples
    --------
      pssr-live motility --movie bilinear=b.ome.tif --movie PSSR=p.ome.tif --line 200,10,210,900
      --output motility
    """
    from pssr_live.terminal import Terminal

    with Terminal().status("Loading the motility analysis"):
        from pssr_live.evaluation import run_motility

    run_motility(movie, line, output, most_speed_um_s=most_speed)
