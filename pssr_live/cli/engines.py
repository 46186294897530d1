"""The commands under ``pssr-live engines``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.command import PlainCommand
from pssr_live.cli.options import (
    ComputeCapabilityOption,
    FrameSizeOption,
    sides,
)

engines_app = typer.Typer()

NameArgument = Annotated[str, typer.Argument(help="A bundled engine, or a bundle's folder.")]


@engines_app.callback(invoke_without_command=True)
def engines(context: typer.Context) -> None:
    """List the engines at hand, and why a backend can't be used.

    Examples:

      pssr-live engines

      pssr-live engines verify mito-lite --frame-size 512x512
    """
    if context.invoked_subcommand is None:
        from pssr_live.engine_tables import print_engines

        print_engines()


@engines_app.command(name="list", cls=PlainCommand)
def list_engines() -> None:
    """List the engines at hand, as without a command.

    Example:

      pssr-live engines list
    """
    from pssr_live.engine_tables import print_engines

    print_engines()


@engines_app.command(cls=PlainCommand)
def show(
    name: NameArgument,
) -> None:
    """Show what an engine was trained on and how good it is on series it never saw.

    Example:

      pssr-live engines show mito-lite
    """
    from pssr_live.engine_tables import print_engine

    print_engine(name)


@engines_app.command(cls=PlainCommand)
def verify(
    name: NameArgument,
    frame_size: FrameSizeOption = "440x440",
) -> None:
    """Rerun an engine's proof on every backend, and time it.

    Example:

      pssr-live engines verify mito-lite --frame-size 512x512
    """
    from pssr_live.engine_tables import verify_engine

    verify_engine(name, *sides(frame_size))


@engines_app.command(cls=PlainCommand)
def build(
    *,
    name: NameArgument,
    frame_size: FrameSizeOption = "440x440",
    compute_capability: ComputeCapabilityOption = None,
    precision: Annotated[str, typer.Option("--precision", help="fp16 or fp32")] = "fp16",
) -> None:
    """Compile an engine for NVIDIA GPUs, which need not be in this computer.

    Example:

      pssr-live engines build mito-lite --compute-capability 8.6 --compute-capability 8.9
    """
    from pssr_live.cli.engine_plans import build_engine

    height, width = sides(frame_size)
    build_engine(name, compute_capability or [], height=height, width=width, precision=precision)


@engines_app.command(cls=PlainCommand)
def zoo(
    *,
    name: NameArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .zip to write.")],
    author: Annotated[
        list[str], typer.Option("--author", help="Author's full name; may be repeated.")
    ],
    licence: Annotated[
        str, typer.Option("--licence", help="Licence of the model, by its SPDX identifier.")
    ] = "BSD-3-Clause",
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Overwrite what is there; pack an engine that restores no better than a mean "
            "of five frames.",
        ),
    ] = False,
) -> None:
    """Pack an engine for the BioImage Model Zoo, checked by the Zoo's own validator.

    Example:

      pssr-live engines zoo mito-lite --author "Ada Lovelace" --output mito-lite.zip
    """
    from engines import Credit
    from pssr_live.cli.engine_packages import pack_engine

    pack_engine(name, output, Credit(author, licence), force=force)
