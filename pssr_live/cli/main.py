"""The command line: all commands, and what goes wrong in any of them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pssr_live._version import __version__
from pssr_live.cli.ablation import ablation
from pssr_live.cli.bench import bench
from pssr_live.cli.calibrate import calibrate
from pssr_live.cli.command import PlainCommand
from pssr_live.cli.crappify import crappify
from pssr_live.cli.demo import demo
from pssr_live.cli.doctor import doctor
from pssr_live.cli.engines import engines_app
from pssr_live.cli.evaluate import evaluate
from pssr_live.cli.events import events
from pssr_live.cli.export import export
from pssr_live.cli.export_tiff import export_tiff
from pssr_live.cli.live import live
from pssr_live.cli.motility import motility
from pssr_live.cli.output import make_output_last
from pssr_live.cli.restore import restore, with_dask_address
from pssr_live.cli.show import show
from pssr_live.cli.train import train
from pssr_live.end_requests import keep_signal_handlers_from_forked_children
from pssr_live.errors import UserError, describe

app = typer.Typer(
    name="pssr-live",
    help="Live super-resolution for low-dose laser-scanning microscopy.\n\n"
    "New here? Try: pssr-live demo\n\n"
    "Without a command: the window, which asks where frames should come from.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(engines_app, name="engines")
for command in (
    *(demo, live, doctor, show, restore, export_tiff, bench),
    *(crappify, calibrate, train, export, evaluate, ablation, events, motility),
):
    app.command(cls=PlainCommand)(command)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)
    ] = False,
    debug: Annotated[  # taken out of the arguments by `main`, wherever it stands
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
) -> None:
    del debug
    if version:
        typer.echo(f"pssr-live {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        _open_window_or_help(context)


def _open_window_or_help(context: typer.Context) -> None:
    from pssr_live.display import display_missing

    if missing := display_missing():
        typer.echo(context.get_help())
        typer.echo(missing)
        raise typer.Exit(2)
    from pssr_live.cli.session import SessionOptions, run_in_window

    # The engine is the one used last.
    run_in_window("", SessionOptions(engine=""))


def _refuse_frozen() -> None:
    """Refuse a program that was made of pssr-live, where nothing could start a Python."""
    if getattr(sys, "frozen", False):
        raise UserError(
            "pssr-live does not work frozen into one program: it runs parts of itself by Python.",
            "Install it into a Python: python -m pip install pssr-live",
        )


def main() -> None:
    """Run the command line; exit status 0, 1 for a failure, 2 for wrong usage."""
    make_output_last()
    keep_signal_handlers_from_forked_children()
    debug = "--debug" in sys.argv
    sys.argv = with_dask_address([word for word in sys.argv if word != "--debug"])
    try:
        _refuse_frozen()
        app()
    except Exception as error:
        if debug:
            raise
        from acquisition import printable

        typer.secho(f"Error: {printable(describe(error))}", fg=typer.colors.RED, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
