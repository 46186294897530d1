"""The recipe that a command line means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Unpack

from acquisition.images import is_image_folder, movies_among
from pssr_live.errors import UserError
from pssr_live.training.data import read_manifest
from pssr_live.training.recipe import LiteNetwork, Recipe, Schedule, Series
from pssr_live.training.recipe_files import (
    TakenOfFiles,
    checked,
    own_files,
    read_recipe,
    with_files,
)

# How many HR films of the usual size two cores make in a minute, with time left to train on them.
FILMS_TO_A_MINUTE = 150
# What is taken of files of which nothing is said.
UNSAID: TakenOfFiles = {
    "channel": None,
    "z": None,
    "window_along": "time",
    "allow_predicted": False,
}


class Changes(NamedTuple):
    """What the command line changes in a recipe; None leaves it as it is.

    Attributes
    ----------
    name : str
        Of the engine.
    frames : {1, 5}
        That the network sees.
    films : int
        In the pool.
    batch : int
        Pairs in a batch; in a recipe of rounds, those of the last, the others in proportion.
    minutes : float
        To train for.
    seed : int
    init, teacher : str
        See `Recipe`.
    crappifiers : tuple of str
        Each as often as it is named.
    encoder_weights : str
        See `Recipe`; the network's encoder is then the one that they are for.
    """

    name: str | None = None
    frames: int | None = None
    films: int | None = None
    batch: int | None = None
    minutes: float | None = None
    seed: int | None = None
    init: str | None = None
    teacher: str | None = None
    crappifiers: tuple[str, ...] | None = None
    encoder_weights: str | None = None


NO_CHANGES = Changes()


def compose(
    files: Sequence[Path],
    name: str | None = None,
    validation: Sequence[Path] = (),
    *,
    changes: Changes = NO_CHANGES,
    **taken: Unpack[TakenOfFiles],
) -> Recipe:
    """Put a recipe together.

    Parameters
    ----------
    files, validation : sequence of Path
        HR files; or a single dataset; or a single recipe in place of `name`.
    name : str, optional
        Of a recipe that comes with pssr-live, or its TOML file.
    changes : Changes
    **taken : TakenOfFiles

    Raises
    ------
    UserError, EngineError
        If there is no such recipe, or these don't fit together.
    """
    if name is None and [path.suffix for path in files] == [".toml"]:
        name, files = str(files[0]), []
    if any(path.suffix == ".toml" for path in files):
        raise UserError("A recipe stands among the HR files.", "Name it with --recipe, one only.")
    if name is None and not files:
        raise UserError(
            "There is nothing to train on.", "Name HR files, or a recipe with --recipe."
        )
    if any(path.is_dir() and not is_image_folder(path) for path in files):
        if (
            len(files) > 1
            or validation
            or changes.crappifiers
            or taken.get("channel") is not None
            or taken.get("window_along", "time") != "time"
        ):
            raise UserError(
                "A dataset is trained on alone: its files, validation and crappifiers are its own.",
                "Give the folder of one dataset and nothing of that, or HR files.",
            )
        recipe = _on_dataset(files[0], name)
    else:
        files, validation = _each_movie_once(files), _each_movie_once(validation)
        make = partial(with_files, read_recipe(name)) if name else own_files
        if name and not (files or validation):
            _check_files_named(name, taken)
        recipe = (
            read_recipe(name)
            if name and not (files or validation)
            else make(files, validation, **taken)
        )
    if name is None and changes.init is not None:
        recipe = of_the_kind(recipe, changes.init)
    return _changed(recipe, changes)


def _check_files_named(recipe: str, taken: TakenOfFiles) -> None:
    """Refuse what is said of files where none is named: a recipe says it of its own."""
    surplus = [
        f"--{name.replace('_', '-')}" for name, value in taken.items() if value != UNSAID.get(name)
    ]
    if surplus:
        raise UserError(
            f"{surplus[0]} is for files that you name, and {recipe} has its own.",
            "Leave it out, or write it into the recipe, under [[series]].",
        )


def _each_movie_once(paths: Sequence[Path]) -> list[Path]:
    """Name files that belong together once; predictions stay, to be refused in words."""
    movies = movies_among(paths)
    return [path for path in dict.fromkeys(paths) if path in (*movies.paths, *movies.predicted)]


def _on_dataset(folder: Path, name: str | None) -> Recipe:
    """Make the recipe for a dataset, which says what it was made of, and how."""
    manifest = read_manifest(folder)
    own = Recipe(network=LiteNetwork(frames=manifest.settings.frames))
    recipe = read_recipe(name) if name else own
    if recipe.series:
        raise UserError(
            f"The recipe {recipe.name} lists its files itself.",
            "Leave the dataset out, or use a recipe without files: --recipe paper-multi-frame",
        )
    if not recipe.schedule.rounds and recipe.schedule.hr_tile > manifest.settings.tile:
        side = manifest.settings.tile
        schedule = recipe.schedule.model_dump() | {"hr_tile": side - side % 32}
        recipe = checked(recipe, schedule=schedule)
    series = [
        Series(
            path=source.file,
            role=source.split,
            channel=source.channel,
            z=manifest.settings.z,
            window_along=manifest.settings.window_along,
            position=source.position,
            allow_predicted=manifest.settings.allow_predicted,
            pixel_size_um=source.pixel_size_um,
            licence=manifest.settings.licence,
        )
        for source in manifest.sources
    ]
    return checked(
        recipe,
        dataset=str(folder.resolve()),
        series=series,
        crappifiers=dict(Counter(tile.crappifier["name"] for tile in manifest.tiles)),
        drawn=0.0,
        simulated=0.0,
    )


def of_the_kind(recipe: Recipe, init: str) -> Recipe:
    """Take the network that shall be begun with.

    Parameters
    ----------
    recipe : Recipe
    init : str
        A run's folder or a bundle.

    Raises
    ------
    UserError, EngineError
        If there is none, or it is of no kind that can be trained.
    """
    from pssr_live.training.loop import find_pretrained

    first = find_pretrained(init)
    try:
        return checked(recipe, network=dict(first.architecture))
    except UserError as error:
        raise UserError(
            f"The network of {first.name} {first.version} can't be trained here.",
            "Use a run, or a bundle that this version of pssr-live exported.",
        ) from error


def _changed(recipe: Recipe, changes: Changes) -> Recipe:
    schedule = recipe.schedule
    times: dict[str, Any] = {}
    if changes.minutes is not None:
        # A short training sees few films, and should not wait long for them.
        tiles = 16 + round(FILMS_TO_A_MINUTE * changes.minutes * (192 / schedule.hr_tile) ** 2)
        times = {"minutes": changes.minutes, "tiles": min(schedule.tiles, tiles)}
    if changes.films is not None:
        times["tiles"] = changes.films
    if changes.batch is not None:
        times |= _smaller(schedule, changes.batch)
    given: dict[str, Any] = {}
    for key in ("name", "seed", "init", "teacher"):
        value = getattr(changes, key)
        if value is not None:
            given[key] = _whole(value) if key in ("init", "teacher") else value
    if changes.crappifiers is not None:
        given["crappifiers"] = dict(Counter(map(_setting, changes.crappifiers)))
    if changes.frames is not None:
        given["network"] = recipe.network.model_dump() | {"frames": changes.frames}
    if changes.encoder_weights is not None:
        if recipe.network.kind != "resunet34":
            raise UserError(
                f"The network {recipe.network.kind} has no encoder for these weights.",
                "Add --recipe paper-em, or leave --encoder-weights out.",
            )
        network = given.get("network", recipe.network.model_dump())
        given["network"] = network | {"encoder": "resnet34"}
        given["encoder_weights"] = str(Path(changes.encoder_weights).resolve())
    return checked(recipe, schedule=schedule.model_dump() | times, **given)


def _whole(place: str) -> str:
    """Make a path whole: a recipe's start from the data folder, a command's from where it is."""
    from engines import bundled_names

    return place if place in bundled_names() else str(Path(place).resolve())


def _setting(crappifier: str) -> str:
    """Make the path of a calibration whole; names stay."""
    return str(Path(crappifier).resolve()) if crappifier.endswith(".json") else crappifier


def _smaller(schedule: Schedule, batch: int) -> dict[str, Any]:
    """Change the batches, and the steps so that an epoch sees as many pairs."""
    parts = [part.model_dump() for part in schedule.rounds]
    if not parts:
        return {"batch": batch, "steps": max(1, schedule.steps * schedule.batch // batch)}
    share = batch / parts[-1]["batch"]
    for part in parts:
        pairs = part["steps"] * part["batch"]
        part["batch"] = max(1, round(part["batch"] * share))
        part["steps"] = max(1, pairs // part["batch"])
    return {"rounds": parts}
