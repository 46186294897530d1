"""The command ``pssr-live events``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.errors import UserError


def events(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")],
    truth: Annotated[
        list[Path] | None, typer.Option("--truth", help="HR time-lapses; one or more.")
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            metavar="NAME=FILE",
            help="A truth restored by a method, of the same size; one for each truth, in order.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind",
            help="Export the movies under names that do not give the method away instead.",
        ),
    ] = False,
    counts: Annotated[
        Path | None,
        typer.Option("--counts", help="The table of a blinded export, filled in by two people."),
    ] = None,
) -> None:
    """Count fission and fusion in restored movies, beside the truth; or let people count blind.

    Examples
    --------
      pssr-live events --truth hr.tif --method bilinear=b.tif --method PSSR=p.tif --output events

      pssr-live events --truth hr.tif --method PSSR=p.tif --blind --output counting

      pssr-live events --counts counting/blinded/counts.csv --output counting
    """
    from pssr_live.terminal import Terminal

    with Terminal().status("Loading the count of events"):
        from pssr_live.evaluation import run_counts, run_events

    if counts is not None:
        if truth or method or blind:
            raise UserError(
                "--counts is used by itself.", "Leave --truth, --method and --blind out."
            )
        run_counts(counts, output)
    elif not truth:
        raise UserError("There is nothing to compare with.", "Give --truth hr.tif, or --counts.")
    else:
        run_events(truth, method or [], output, blind=blind)
