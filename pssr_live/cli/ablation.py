"""The command ``pssr-live ablation``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pssr_live.errors import UserError

# What the paper compares for fluorescence; its own choice first, which the others are tested by.
CRAPPIFIERS = (
    "salt-pepper+additive-gaussian",
    "additive-gaussian",
    "salt-pepper",
    "gaussian",
    "no-noise",
)


def ablation(
    *,
    files: Annotated[
        list[Path], typer.Argument(metavar="HR...", help="HR time-lapses to train on.")
    ],
    test: Annotated[
        list[Path], typer.Option("--test", help="HR time-lapses to compare on; never trained on.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for runs, engines and the report.")
    ],
    lr: Annotated[
        list[Path] | None,
        typer.Option("--lr", help="LR scans of the test movies, one for each, in order."),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option("--validation", help="HR file that picks the best epoch; may be repeated."),
    ] = None,
    crappifier: Annotated[
        list[str] | None,
        typer.Option(
            "--crappifier",
            help="One engine is trained by each; default: those that the paper compares.",
        ),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="As for train; default: the fast network.")
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.01, help="How long to train each engine.")
    ] = 10.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same for all.")] = 1,
) -> None:
    """Train one engine by each crappifier, all else alike, and compare them on movies unseen.

    Stopped? The same command goes on with what is not trained yet.

    Examples
    --------
      pssr-live ablation cell1.tif cell2.tif --test cell3.tif --output ablation

      pssr-live ablation *.czi --test a.czi --lr a-confocal.czi --crappifier detector --crappifier
      no-noise --output ablation
    """
    from acquisition.images import StreamChoice
    from pssr_live.crappify import find_crappifier
    from pssr_live.evaluation import need_libraries, run_evaluate
    from pssr_live.training import Changes, run_train

    names = list(dict.fromkeys(crappifier or CRAPPIFIERS))
    for name in names:
        find_crappifier(name)
    engines = {_engine_name(name): name for name in names}
    if len(names) < 2 or len(engines) < len(names):
        raise UserError(
            "At least two crappifiers with different names are needed.",
            "Give --crappifier twice, or leave it out for those of the paper.",
        )
    both = sorted(path.name for path in {*map(Path.resolve, files)} & {*map(Path.resolve, test)})
    if both:
        raise UserError(
            f"{', '.join(both)} is trained on, and would be compared on.",
            "Give other --test files.",
        )
    need_libraries()
    bundles = [output / "engines" / engine for engine in engines]
    for (engine, name), bundle in zip(engines.items(), bundles, strict=True):
        if bundle.exists():
            continue
        run_train(
            files,
            output / "runs" / engine,
            recipe=recipe,
            validation=validation or [],
            changes=Changes(name=engine, minutes=minutes, seed=seed, crappifiers=(name,)),
            export=bundle,
        )
    run_evaluate(
        test,
        lr or [],
        [] if lr else names,
        engines=[str(bundle) for bundle in bundles],
        baselines=["bilinear"],
        movies=[],
        output=output / "report",
        backend="auto",
        seed=0,
        choice=StreamChoice(),
        uncertain=False,
        force=True,
    )


def _engine_name(crappifier: str) -> str:
    """Make a crappifier's name one that an engine can have."""
    stem = Path(crappifier).stem if crappifier.endswith(".json") else crappifier
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "own"
