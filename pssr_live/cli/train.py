"""The command ``pssr-live train``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pssr_live.cli.options import (
    AllowPredictedOption,
    ChannelOption,
    WindowAlongOption,
    ZOption,
    number_or_name,
)
from pssr_live.errors import UserError

if TYPE_CHECKING:
    from pssr_live.training import Changes


def train(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[HR]...",
            help="HR time-lapses or stills: TIFF, CZI or ND2; or a dataset's folder.",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="paper-multi-frame, paper-neurons, paper-single-frame, paper-em, care, mito-lite, "
            "mito-lite-fast, or a .toml file; default: the fast network.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option("--validation", help="HR file kept out of training; may be repeated."),
    ] = None,
    crappifier: Annotated[
        list[str] | None,
        typer.Option("--crappifier", help="As for crappify; repeat it to mix several."),
    ] = None,
    channel: ChannelOption = None,
    z: ZOption = None,
    window_along: WindowAlongOption = "time",
    allow_predicted: AllowPredictedOption = False,
    data: Annotated[
        Path, typer.Option("--data", help="Folder that a recipe's paths start from.")
    ] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="What to call the engine.")] = None,
    frames: Annotated[
        int | None, typer.Option("--frames", help="5 frames in, or 1: the centre frame alone.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option("--init", help="Begin with the weights of a bundle or a run (fine-tuning)."),
    ] = None,
    encoder_weights: Annotated[
        Path | None,
        typer.Option(
            "--encoder-weights",
            metavar="FILE",
            help="Begin the encoder of paper-em with torchvision's ResNet34, trained on ImageNet: "
            "its .pth or .safetensors.",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option("--teacher", help="Learn also from what a bundle or a run restores."),
    ] = None,
    films: Annotated[
        int | None, typer.Option("--films", min=1, help="HR movies to hold in memory.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option("--batch", min=1, help="Pairs in a batch; fewer take less memory.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.01, help="Train about this long instead.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="The same seed gives the same engine.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Export the best network into this folder.")
    ] = None,
    uncertainty: Annotated[
        str | None,
        typer.Option(
            "--uncertainty",
            metavar="ENGINE",
            help="Leave this engine as it is, and let it learn how far off it may be; its new "
            "folder is --output. --validation is then for calibration: two files at least.",
        ),
    ] = None,
) -> None:
    """Train an engine on HR time-lapses, or on a dataset that crappify made of them.

    Stopped, or killed? The same command goes on where it was. More than one GPU? Start it with
    torchrun, as below.

    Examples
    --------
      pssr-live train cell1.tif cell2.tif --validation cell3.tif --output runs/mine

      pssr-live train cell1.tif cell2.tif --init mito-lite --minutes 10 --output runs/tuned

      pssr-live train datasets/mito --output runs/mito --export engines/mito

      pssr-live train *.czi --recipe paper-multi-frame --output runs/paper

      pssr-live train em1.tif em2.tif --recipe paper-em --encoder-weights resnet34.pth
      --output runs/em

      pssr-live train --recipe mito-lite --data DATA --output runs/mito-lite

      pssr-live train --recipe mito-lite --data DATA --uncertainty mito-lite --output engines/mine

      torchrun --standalone --nproc-per-node 2 -m pssr_live train *.czi --output runs/mine
    """
    from pssr_live.training import Changes, run_train, run_uncertainty

    mixed = tuple(crappifier) if crappifier else None
    began = None if encoder_weights is None else str(encoder_weights)
    changes = Changes(name, frames, films, batch, minutes, seed, init, teacher, mixed, began)
    learn: Callable[..., None] = partial(run_train, export=export)
    if uncertainty is not None:
        _check_leaves_as_it_is(changes, export)
        learn = partial(run_uncertainty, uncertainty)
    learn(
        files or [],
        output,
        recipe=recipe,
        data=data,
        validation=validation or [],
        changes=changes,
        channel=None if channel is None else number_or_name(channel),
        z=z,
        window_along=window_along,
        allow_predicted=allow_predicted,
    )


def _check_leaves_as_it_is(changes: Changes, export: Path | None) -> None:
    """Refuse what would make another engine of the one whose uncertainty is learnt."""
    given = {
        "--name": changes.name,
        "--frames": changes.frames,
        "--init": changes.init,
        "--teacher": changes.teacher,
        "--encoder-weights": changes.encoder_weights,
        "--minutes": changes.minutes,
        "--export": export,
    }
    surplus = [option for option, value in given.items() if value is not None]
    if surplus:
        raise UserError(
            f"--uncertainty leaves the engine as it is, and takes no {surplus[0]}.",
            f"Leave {', '.join(surplus)} out; --output is the folder of the new engine.",
        )
