"""The command ``pssr-live calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import (
    AllowPredictedOption,
    ChannelOption,
    ForceOption,
    PositionOption,
    ZOption,
    number_or_name,
)


def calibrate(
    *,
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="RECORDING", help="LR time-lapse: TIFF, CZI, ND2, or a recording's folder."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Detector setting to write, JSON.")
    ] = Path("detector.json"),
    dark: Annotated[
        Path | None, typer.Option("--dark", help="The same, recorded with the laser off.")
    ] = None,
    channel: ChannelOption = None,
    z: ZOption = None,
    position: PositionOption = None,
    allow_predicted: AllowPredictedOption = False,
    force: ForceOption = False,
) -> None:
    """Measure a detector's gain, offset and read noise from what it recorded.

    Example:

      pssr-live calibrate monday/cell-3 --dark monday/laser-off --output detector.json
    """
    from acquisition.images import StreamChoice
    from pssr_live.crappify import run_calibrate

    choice = StreamChoice(None if channel is None else number_or_name(channel), z, position)
    run_calibrate(
        recording, dark, output, choice=choice, force=force, allow_predicted=allow_predicted
    )
