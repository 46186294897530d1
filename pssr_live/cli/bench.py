"""The command ``pssr-live bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import sides


def bench(
    *,
    frame_size: Annotated[
        list[str] | None,
        typer.Option(
            "--frame-size",
            metavar="HxW",
            help="Size of an LR frame in pixels; may be repeated. Default: 512x512",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures into this file too.")
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            "--engine", help="A bundled engine or a bundle's folder; may be repeated. Default: all"
        ),
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend", help="Backend to measure; may be repeated. Default: all that are installed"
        ),
    ] = None,
    save: Annotated[
        Path, typer.Option("--save", help="Where recordings will go; its disk is measured.")
    ] = Path(),
    seconds: Annotated[
        float,
        typer.Option("--seconds", min=0.05, help="Seconds that each measurement runs at a time."),
    ] = 2.0,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, help="How often each measurement is repeated.")
    ] = 3,
) -> None:
    """Measure how fast this computer restores, shows and saves, and what each part costs.

    Every figure stands beside what it is to be compared with, measured in turn with it. Ctrl-C
    prints what has been measured by then.

    Examples
    --------
      pssr-live bench

      pssr-live bench --frame-size 440x440 --frame-size 512x512 --save D:/recordings

      pssr-live bench --engine mito-lite --backend openvino-bf16 --json bench.json
    """
    from pssr_live.bench import Effort, FrameSize, run_bench

    run_bench(
        [FrameSize(*sides(size)) for size in frame_size or ["512x512"]],
        engine or [],
        backend or [],
        effort=Effort(rounds, seconds),
        folder=save,
        json_file=json_file,
    )
