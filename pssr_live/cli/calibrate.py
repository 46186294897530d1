"""The command ``pssr-live calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import (
    AllowPredictedOption,
    ChannelsOption,
    ForceOption,
    PositionOption,
    ZOption,
    numbers_or_names,
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
    channel: ChannelsOption = None,
    z: ZOption = None,
    position: PositionOption = None,
    allow_predicted: AllowPredictedOption = False,
    force: ForceOption = False,
) -> None:
    """Measure a detector's gain, offset and read noise from what it recorded.

    Of several channels, each has a detector of its own: detector-GFP.json, detector-mCherry.json.

    Examples:

      pssr-live calibrate monday/cell-3 --dark monday/laser-off --output detector.json

      pssr-live calibrate two-colours.czi --channel GFP --channel mCherry --output detector.json
    """
    from pssr_live.terminal import Terminal

    with Terminal().status("Loading the measurement of detectors"):
        from acquisition.images import StreamChoice
        from pssr_live.crappify import run_calibrate

    choice = StreamChoice(numbers_or_names(channel), z, position)
    run_calibrate(
        recording, dark, output, choice=choice, force=force, allow_predicted=allow_predicted
    )
