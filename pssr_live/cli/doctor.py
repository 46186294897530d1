"""The command ``pssr-live doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pssr_live.cli.options import EngineOption
from pssr_live.defaults import DEFAULT_ENGINE

if TYPE_CHECKING:
    from rich.console import Console


def doctor(
    *,
    source: Annotated[
        str, typer.Option("--source", help="Where frames come from.")
    ] = "micromanager:",
    engine: EngineOption = DEFAULT_ENGINE,
    save: Annotated[
        Path, typer.Option("--save", help="Where recordings will go; its disk is checked.")
    ] = Path(),
    test_camera: Annotated[
        bool,
        typer.Option(
            "--test-camera",
            help="Start the microscope's camera for a moment, count its frames and stop it again; "
            "without this nothing is touched there.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            help="Write a report to this text file, to attach when you report a problem: "
            "versions, hardware and timings, no personal data.",
        ),
    ] = None,
) -> None:
    """Check microscope, engine, graphics card, window and disk, with the fix for what is wrong.

    Examples:

      pssr-live doctor

      pssr-live doctor --test-camera

      pssr-live doctor --source simulated: --save D:/recordings

      pssr-live doctor --report report.txt
    """
    if not run_doctor(source, engine, save, test_camera=test_camera, report=report):
        raise typer.Exit(1)


def run_doctor(
    source: str,
    engine: str,
    folder: Path,
    *,
    console: Console | None = None,
    test_camera: bool = False,
    report: Path | None = None,
) -> bool:
    """Look at source, engine, graphics card, window and disk, and print what was found.

    Parameters
    ----------
    source : str
        URL of the source, see `acquisition.open_source`.
    engine : str
        Of a session.
    folder : Path
        Where recordings would go.
    console : Console, optional
        Printed to, in place of the terminal.
    test_camera : bool
        Whether a microscope's camera may be started for a moment; otherwise it is only looked at.
    report : Path, optional
        A file for the same, see `pssr_live.cli.report_file`.

    Returns
    -------
    bool
        Whether nothing is wrong.

    Raises
    ------
    UserError
        If the report can't be written there.
    """
    from rich.markup import escape
    from rich.text import Text

    from pssr_live.terminal import Terminal

    console = console or Terminal()
    with console.status("Loading the checks"):
        from pssr_live.cli.checks import CheckResult, check
        from pssr_live.cli.report_file import check_place, write_report

    if report is not None:
        check_place(report)
    fine, findings = True, list[CheckResult]()
    with console.status("") as status:

        def progress(under_way: str) -> None:
            status.update(escape(under_way))

        for finding in check(source, engine, folder, test_camera=test_camera, progress=progress):
            findings.append(finding)
            colour = {True: "green", False: "red", None: "white"}[finding.good]
            mark = {True: "ok ", False: "no ", None: "   "}[finding.good]
            words = Text.assemble((mark, colour), f" {finding.name}: {finding.words}")
            console.print(words, highlight=False, soft_wrap=True)
            if finding.good is False:
                fine = False
                fix = f"      {finding.fix}"
                console.print(fix, highlight=False, markup=False, soft_wrap=True)
    if report is not None:
        write_report(report, findings, typed=[source, engine, str(folder.absolute())])
        console.print(f"Report: {report}", highlight=False, markup=False, soft_wrap=True)
    return fine
