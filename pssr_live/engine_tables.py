"""Tables for people: the engines at hand, one of them, and whether it works here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engines import (
    DESCRIPTIONS,
    FASTEST,
    BackendTrial,
    Bundle,
    Manifest,
    ModelVariant,
    PredictedUncertainty,
    list_engines,
    load_bundle,
    open_engine,
    verify_plans,
)
from pssr_live.errors import UserError
from pssr_live.terminal import Terminal


def print_engines() -> None:
    """Print every engine at hand and, for each backend, whether it can be used here."""
    table = Table(title="Engines", title_justify="left")
    for column in ("name", "version", "what it is", "backends"):
        table.add_column(column)
    # What is under way stays out of the table, which other programs may read.
    with Terminal(stderr=True).status("Looking for what can run them"):
        rows = list_engines()
    for row in rows:
        backends = [
            f"[green]{backend}[/]" if why_not is None else f"[red]{backend}[/]: {escape(why_not)}"
            for backend, why_not in row.backends.items()
        ]
        told = map(escape, (row.name, row.version, row.description))
        table.add_row(*told, "\n".join(backends))
    Terminal().print(table)


def print_engine(name: str) -> None:
    """Print what a bundle's manifest says of it.

    Raises
    ------
    EngineError, UserError
        If it is not a bundle.
    """
    manifest = _bundle(name).manifest
    # A manifest's words may hold brackets, which are not markup.
    console = Terminal(markup=False)
    facts = Table(title=f"{manifest.name} {manifest.version}", show_header=False)
    facts.add_row("what it is", manifest.description)
    facts.add_row("network", ", ".join(f"{k} {v}" for k, v in manifest.architecture.items()))
    facts.add_row("frames in, scale", f"{manifest.frames}, x{manifest.scale_factor}")
    facts.add_row("crappifiers", ", ".join(manifest.crappifiers))
    facts.add_row("precisions", ", ".join(manifest.models))
    spans = manifest.input_range.model_dump()
    facts.add_row(
        "trained on",
        "\n".join(f"{k}: {v[0]:g} to {v[1]:g}" for k, v in spans.items() if v is not None),
    )
    facts.add_row("made by", f"{manifest.command}  (seed {manifest.seed})")
    console.print(facts)
    print_warnings(manifest, console)
    _print_validation(manifest, console)
    for precision, variant in manifest.precisions.items():
        print_losses(precision, variant, console)
    if manifest.uncertainty is not None:
        print_coverage(manifest.uncertainty, console)
    data = Table(title="Training data", title_justify="left")
    for column in ("series", "licence", "source", "changes"):
        data.add_column(column, overflow="fold")
    for series in manifest.training:
        data.add_row(series.name, series.licence, series.source, series.changes)
    console.print(data)


def print_losses(precision: str, variant: ModelVariant, console: Console) -> None:
    """Print what a coarser precision costs on each series."""
    table = Table(title=f"What {precision} costs, PSNR in dB after the affine fit")
    for column in ("series", "crappifier"):
        table.add_column(column, overflow="fold")
    for column in ("fp32", precision, "lost"):
        table.add_column(column, justify="right")
    for loss in variant.losses:
        figures = (loss.float32, loss.float32 - loss.lost, round(loss.lost, 2) + 0.0)
        table.add_row(loss.series, loss.crappifier, *(f"{figure:.2f}" for figure in figures))
    console.print(table, markup=False)


def print_coverage(uncertainty: PredictedUncertainty, console: Console) -> None:
    """Print how far the promise of predicted intervals held on recordings left out."""
    table = Table(
        title=f"Predicted uncertainty: pixels within their interval, {uncertainty.level:.0%} "
        "promised"
    )
    for column in ("series", "crappifier"):
        table.add_column(column, overflow="fold")
    for column in ("all", "brightest tenth"):
        table.add_column(column, justify="right")
    for row in uncertainty.coverage:
        parts = (row.inside, row.inside_brightest)
        table.add_row(row.series, row.crappifier, *(f"{part:.0%}" for part in parts))
    console.print(table, markup=False)
    console.print(f"{uncertainty.method}\n", highlight=False, markup=False)


def verify_engine(name: str, height: int, width: int) -> None:
    """Run a bundle's proof on every backend, and time those that reproduce it.

    The model that predicts its uncertainty must restore the same within the same tolerance.

    Parameters
    ----------
    name : str
        Of a bundle, or its folder.
    height, width : int
        Frame size to time, in LR pixels.

    Raises
    ------
    EngineError, UserError
        If it is not a bundle, or nothing can run it here.
    """
    bundle = _bundle(name)
    console = Terminal()
    with console.status(f"Opening the engine {escape(name)}") as status:

        def progress(trial: str) -> None:
            status.update(escape(f"Opening the engine {name}: {trial}"))

        trials = _trials(name, height, width, progress=progress)
        if bundle.manifest.uncertainty is not None:
            trials += [
                replace(trial, backend=f"{trial.backend}, with uncertainty", chosen=False)
                for trial in _trials(name, height, width, uncertain=True, progress=progress)
            ]
        plans = verify_plans(bundle)
    table = Table(
        title=f"{escape(name)}, {height} x {width} frames, errors in network units",
        title_justify="left",
    )
    table.add_column("backend")
    for column in ("error", "allowed", "ms a frame", "dB lost"):
        table.add_column(column, justify="right")
    table.add_column("")
    for trial in trials:
        if trial.proof_error is not None:
            figures = (trial.proof_error, trial.tolerance, trial.median_ms, trial.loss)
            columns = map(_number, figures, (".2g", "g", ".1f", ".2f"))
            table.add_row(trial.backend, *columns, "[green]used by auto[/]" * trial.chosen)
    for plan, verdict in plans:
        if isinstance(verdict, float):
            columns = map(_number, (verdict, bundle.manifest.tolerance), (".2g", "g"))
            table.add_row("TensorRT plan", *columns, "", "", escape(str(plan)))
    console.print(table)
    reasons = [(trial.backend, trial.why_not) for trial in trials if trial.why_not]
    reasons += [(f"Plan {plan}", verdict) for plan, verdict in plans if isinstance(verdict, str)]
    for what, reason in reasons:
        console.print(f"{what}: {reason}", highlight=False, markup=False, soft_wrap=True)


def print_warnings(manifest: Manifest, console: Console) -> None:
    """Print what whoever opens an engine should know."""
    for warning in manifest.warnings or filter(None, [manifest.loses]):
        console.print(warning, style="yellow", highlight=False, markup=False)


def _trials(
    name: str,
    height: int,
    width: int,
    *,
    progress: Callable[[str], object],
    uncertain: bool = False,
) -> list[BackendTrial]:
    engine, report = open_engine(
        name,
        backend=FASTEST,
        height=height,
        width=width,
        dtype="uint16",
        uncertain=uncertain,
        on_trial=progress,
    )
    engine.close()
    return list(report.trials)


def _bundle(name: str) -> Bundle:
    if name in DESCRIPTIONS:
        raise UserError(
            f"{name} is a baseline: {DESCRIPTIONS[name]}. It has no bundle.",
            "See the bundled engines: pssr-live engines",
        )
    return load_bundle(name)


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _print_validation(manifest: Manifest, console: Console) -> None:
    table = Table(title="Series it never saw, PSNR in dB after the affine fit")
    for column in ("series", "crappifier", "bilinear", "rolling mean", "restored", "SSIM"):
        table.add_column(column, overflow="fold")
    for row in manifest.validation:
        figures = (row.bilinear, row.rolling_mean, row.engine)
        table.add_row(
            row.series, row.crappifier, *(f"{f:.2f}" for f in figures), f"{row.engine_ssim:.3f}"
        )
    console.print(table)
