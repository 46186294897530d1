"""The command ``pssr-live export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import (
    ComputeCapabilityOption,
    ForceOption,
    sides,
)


def export(
    *,
    source: Annotated[
        str, typer.Argument(metavar="RUN_OR_BUNDLE", help="Folder of a training run, or an engine.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle to make.")],
    precision: Annotated[
        str | None,
        typer.Option("--precision", help="fp32, fp16 or int8; default: fp32, with TensorRT fp16."),
    ] = None,
    backend: Annotated[
        str, typer.Option("--backend", help="What it is for: onnx, openvino or tensorrt.")
    ] = "onnx",
    frame_size: Annotated[
        str,
        typer.Option(
            "--frame-size",
            metavar="HxW",
            help="Of an LR frame, in pixels, for TensorRT; the other backends take any size.",
        ),
    ] = "440x440",
    compute_capability: ComputeCapabilityOption = None,
    calibration: Annotated[
        list[Path] | None,
        typer.Option(
            "--calibration",
            help="HR time-lapse to round int8 by, beside scenes made for it; may be repeated.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            "--validation",
            help="HR time-lapse to measure on what the precision costs; may be repeated.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Make an engine bundle of a training run, or of an engine in another precision.

    Examples:

      pssr-live export runs/mine --output engines/mine

      pssr-live export mito-lite --precision int8 --output engines/mito-lite-int8

      pssr-live export runs/mine --backend tensorrt --compute-capability 8.6 --output engines/mine
    """
    from pssr_live.training import ExportOptions, export_engine

    order = ExportOptions(
        backend=backend,
        precision=precision,
        frame_size=sides(frame_size),
        compute_capabilities=compute_capability or (),
        calibration=calibration or (),
        validation=validation or (),
    )
    export_engine(source, output, order, force=force)
