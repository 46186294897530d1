"""The commands `train` and `export`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engines.bundle import ValidationFigure
from pssr_live.errors import UserError
from pssr_live.training.composing import NO_CHANGES, Changes, compose


def run_train(
    files: Sequence[Path],
    output: Path,
    *,
    recipe: str | None = None,
    data: Path = Path(),
    validation: Sequence[Path] = (),
    changes: Changes = NO_CHANGES,
    export: Path | None = None,
) -> None:
    """Train by a recipe, on its files or on those given; with `export`, make the bundle too.

    Raises
    ------
    UserError, EngineError
        If anything won't do; as far as it can be known, before any work.
    """
    _need_torch()
    from pssr_live.training.checks import check_export
    from pssr_live.training.trainer import train

    check_export(export)
    composed = compose(files, recipe, validation, changes)
    with _progress() as report:
        summary = train(composed, data, output, report, command=_as_typed())
    Console().print(_table(summary.validation))
    if export is not None:
        run_export(output, export, force=False)


def run_export(run: Path, output: Path, *, force: bool) -> None:
    """Make an engine bundle of a finished run."""
    _need_torch()
    from pssr_live.training.bundling import bundle_run

    bundle = bundle_run(run, output, replace=force)
    Console().print(f"{bundle.path}: {bundle.manifest.name} {bundle.manifest.version}")


def _need_torch() -> None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
        import psutil  # noqa: F401
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise UserError(
            "Training and export need packages that are not installed.",
            'Install them: python -m pip install "pssr-live[train]"',
        ) from error


def _as_typed() -> str:
    return " ".join(["pssr-live", *sys.argv[1:]])


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("reading")

        def report(done: int, total: int, text: str) -> None:
            progress.update(task, completed=done, total=total, description=text)

        yield report


def _table(figures: Sequence[ValidationFigure]) -> Table:
    table = Table(title="PSNR in dB on series never seen (after affine fit)")
    for heading in ("series", "crappifier", "bilinear", "rolling mean", "engine", "SSIM"):
        table.add_column(heading)
    for figure in figures:
        values = (figure.bilinear, figure.rolling_mean, figure.engine)
        table.add_row(
            figure.series,
            figure.crappifier,
            *(f"{value:.2f}" for value in values),
            f"{figure.engine_ssim:.3f}",
        )
    return table
