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
from pssr_live.errors import UserError


def export(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle to make.")],
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN_OR_BUNDLE]",
            help="Folder of a training run, or an engine.",
            show_default=False,
        ),
    ] = None,
    from_pssr_v1: Annotated[
        Path | None,
        typer.Option(
            "--from-pssr-v1",
            metavar="MODEL",
            help="A model of PSSR v1 instead: what learn.export (.pkl) or learn.save (.pth) wrote.",
        ),
    ] = None,
    v1_mean: Annotated[
        float | None,
        typer.Option(
            "--v1-mean", help="Mean that v1 normalised by, where a .pth does not state it."
        ),
    ] = None,
    v1_deviation: Annotated[
        float | None,
        typer.Option(
            "--v1-deviation", min=1e-6, help="Standard deviation that v1 normalised by, likewise."
        ),
    ] = None,
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
            help="Size of an LR frame in pixels, for TensorRT; the other backends take any size.",
        ),
    ] = "440x440",
    compute_capability: ComputeCapabilityOption = None,
    calibration: Annotated[
        list[Path] | None,
        typer.Option(
            "--calibration",
            help="HR time-lapse to calibrate int8 by, besides synthetic scenes; may be repeated.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            "--validation",
            help="HR time-lapse on which to measure what the precision costs; may be repeated.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Make an engine bundle of a training run, or of an engine in another precision.

    Examples:

      pssr-live export runs/mine --output engines/mine

      pssr-live export --from-pssr-v1 multi_100mito_best_512.pkl --output engines/v1-mito

      pssr-live export mito-lite --precision int8 --output engines/mito-lite-int8

      pssr-live export runs/mine --backend tensorrt --compute-capability 8.6 --output engines/mine
    """
    from pssr_live.training import ExportOptions, export_engine

    if (source is None) == (from_pssr_v1 is None):
        raise UserError(
            "There is nothing to export." if source is None else "There are two to export.",
            "Give a run, an engine, or --from-pssr-v1 MODEL.",
        )
    if (v1_mean is None) != (v1_deviation is None) or (v1_mean is not None and source):
        raise UserError(
            "--v1-mean and --v1-deviation go together, and with --from-pssr-v1.",
            "Give both, or none.",
        )
    order = ExportOptions(
        backend=backend,
        precision=precision,
        frame_size=sides(frame_size),
        compute_capabilities=compute_capability or (),
        calibration=calibration or (),
        validation=validation or (),
        from_v1=from_pssr_v1 is not None,
        v1_statistics=None if v1_mean is None or v1_deviation is None else (v1_mean, v1_deviation),
    )
    export_engine(source or str(from_pssr_v1), output, order, force=force)
