"""The commands `train` and `export`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import list2cmdline
from typing import Unpack

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from acquisition import awake, full_speed, printable
from engines import ValidationFigure, losing, quoted
from pssr_live.errors import UserError
from pssr_live.terminal import Terminal
from pssr_live.training.composing import NO_CHANGES, Changes, compose, of_the_kind
from pssr_live.training.recipe import Recipe
from pssr_live.training.recipe_files import TakenOfFiles

# What a shell reports of a command that Ctrl-C ended.
_STATUS_STOPPED = 130


def run_train(
    files: Sequence[Path],
    output: Path,
    *,
    recipe: str | None = None,
    data: Path = Path(),
    validation: Sequence[Path] = (),
    changes: Changes = NO_CHANGES,
    export: Path | None = None,
    **taken: Unpack[TakenOfFiles],
) -> None:
    """Train by a recipe, on its files, those given or a dataset; with `export`, also make a bundle.

    One of several processes where torchrun started them.

    Raises
    ------
    UserError, EngineError
        If anything won't do; as far as it can be known, before any work.
    """
    _need_torch()
    from pssr_live.training.data import check_export
    from pssr_live.training.loop import stop_request, train
    from pssr_live.training.process_group import meet
    from pssr_live.training.run import display

    with meet() as group:
        check_export(export)
        composed = compose(files, recipe, validation, changes=changes, **taken)
        console = Terminal(quiet=not group.is_main)
        _tell_what_is_missing(composed, data, console)
        try:
            with awake(), full_speed(), stop_request() as stop, display(console) as shown:
                summary = train(
                    composed,
                    data,
                    output,
                    report=shown.report,
                    command=_as_typed(),
                    log=shown.log,
                    stop=stop,
                    group=group,
                )
        except KeyboardInterrupt:
            raise SystemExit(_STATUS_STOPPED) from None
        if summary.validation:
            console.print(_table(summary.validation))
            loses = losing(composed.name, summary.validation, frames=composed.network.frames)
            if loses and export is None:
                console.print(loses, style="yellow", highlight=False, markup=False)
    if export is not None and group.is_main:
        run_export(output, export, force=False)


def run_uncertainty(
    engine: str,
    files: Sequence[Path],
    output: Path,
    *,
    recipe: str | None = None,
    data: Path = Path(),
    validation: Sequence[Path] = (),
    changes: Changes = NO_CHANGES,
    **taken: Unpack[TakenOfFiles],
) -> None:
    """Let an engine learn to predict its uncertainty, on what it could have been trained on.

    Raises
    ------
    UserError, EngineError
        If anything won't do; as far as it can be known, before any work.
    """
    _need_torch()
    from pssr_live.engine_tables import print_coverage
    from pssr_live.training.loop import stop_request
    from pssr_live.training.process_group import one_of_several
    from pssr_live.training.run import display
    from pssr_live.training.uncertainty import FILMS, learn_uncertainty

    if one_of_several():
        raise UserError(
            "Uncertainty is learnt by one process, in minutes.",
            f"Start it without torchrun: pssr-live train --uncertainty "
            f"{quoted(engine)} --output {quoted(output)}",
        )
    changes = changes._replace(films=changes.films or FILMS)
    composed = compose(files, recipe, validation, changes=changes, **taken)
    composed = of_the_kind(composed, engine)
    console = Terminal()
    _tell_what_is_missing(composed, data, console)
    try:
        with awake(), full_speed(), stop_request() as stop, display(console) as shown:
            bundle = learn_uncertainty(
                engine,
                composed,
                data,
                output=output,
                report=shown.report,
                command=_as_typed(),
                stop=stop,
            )
    except KeyboardInterrupt:
        console.print("Stopped. Nothing was written; the same command starts over.")
        raise SystemExit(_STATUS_STOPPED) from None
    title = f"{bundle.path}: {bundle.manifest.name} {bundle.manifest.version}"
    console.print(title, highlight=False, markup=False, soft_wrap=True)
    if bundle.manifest.uncertainty is not None:
        print_coverage(bundle.manifest.uncertainty, console)


def _tell_what_is_missing(recipe: Recipe, data: Path, console: Console) -> None:
    """Say which frames of the HR files are left out, since they are not there."""
    from pssr_live.training.data import missing_frames

    for words in missing_frames(recipe, data):
        console.print(f"{printable(words)}.", highlight=False, markup=False, soft_wrap=True)


def run_export(run: Path, output: Path, *, force: bool) -> None:
    """Make an engine bundle of a finished run."""
    _need_torch()
    from pssr_live.engine_tables import print_warnings
    from pssr_live.training.export import bundle_run

    bundle = bundle_run(run, output, replace=force)
    made = printable(f"{bundle.path}: {bundle.manifest.name} {bundle.manifest.version}")
    console = Terminal()
    console.print(made, highlight=False, markup=False, soft_wrap=True)
    print_warnings(bundle.manifest, console)


def _need_torch() -> None:
    # Of several processes the first one speaks.
    with Terminal(quiet=os.environ.get("RANK", "0") != "0").status("Loading PyTorch"):
        _import_torch()


def _import_torch() -> None:
    try:
        import matplotlib  # noqa: F401
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise UserError(
            "Training and export need packages that are not installed.",
            'Install them: python -m pip install "pssr-live[train]"',
        ) from error


def _as_typed() -> str:
    words = ["pssr-live", *sys.argv[1:]]
    return list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def _table(figures: Sequence[ValidationFigure]) -> Table:
    table = Table(title="PSNR in dB on series never seen (after affine fit)")
    for heading in ("series", "crappifier", "bilinear", "rolling mean", "engine", "SSIM"):
        table.add_column(heading)
    for figure in figures:
        values = (figure.bilinear, figure.rolling_mean, figure.engine)
        table.add_row(
            escape(printable(figure.series)),
            escape(figure.crappifier),
            *(f"{value:.2f}" for value in values),
            f"{figure.engine_ssim:.3f}",
        )
    return table
