"""Recipes read from files, changed, and made for files of a lab's own."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

from pydantic import ValidationError

from acquisition.images import WindowAlong
from pssr_live.errors import UserError
from pssr_live.training.recipe import Recipe, Role, Series

BUNDLED = Path(__file__).parent / "recipes"


class TakenOfFiles(TypedDict, total=False):
    """What is taken of a lab's own files, see `Series`."""

    channel: int | str | None
    z: int | None
    window_along: WindowAlong
    allow_predicted: bool


def read_recipe(name_or_path: str | Path) -> Recipe:
    """Read a recipe: one that comes with pssr-live, by name, or a TOML file.

    One that begins with ``like = "NAME"`` says only where it differs from a recipe that comes with
    pssr-live.

    Raises
    ------
    UserError
        If there is none, it is not TOML, or says what a recipe can't hold.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = BUNDLED / f"{name_or_path}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        like = content.pop("like", None)
        if like in recipe_names():
            whole = (BUNDLED / f"{like}.toml").read_text(encoding="utf-8")
            content = _laid_over(tomllib.loads(whole), content)
        elif like is not None:
            raise UserError(
                f"{path} is like {like}, which does not come with pssr-live.",
                f"Choose one of {', '.join(recipe_names())}.",
            )
        return Recipe.model_validate(content)
    except FileNotFoundError:
        raise UserError(
            f"There is no recipe {name_or_path}.",
            f"Give a .toml file, or one of {', '.join(recipe_names())}.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a TOML file: {error}.", "Correct that line.") from error
    except ValidationError as error:
        raise UserError(f"{path}: {_first(error)}.", "Correct that entry of the recipe.") from error


def _laid_over(whole: dict[str, Any], differences: dict[str, Any]) -> dict[str, Any]:
    """Change entries of a recipe; of its sections, those that are named."""
    changed = whole | differences
    for name, section in differences.items():
        if isinstance(section, dict) and isinstance(whole.get(name), dict):
            changed[name] = whole[name] | section
    return changed


def checked(recipe: Recipe, **changes: Any) -> Recipe:
    """Change a recipe.

    Raises
    ------
    UserError
        If it can't be as the changes would have it.
    """
    try:
        return Recipe.model_validate(recipe.model_dump() | changes)
    except ValidationError as error:
        raise UserError(f"{_first(error)}.", "See: pssr-live train --help") from error


def _first(error: ValidationError) -> str:
    """Say where a recipe is wrong, and how."""
    first = error.errors()[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place or 'recipe'}: {first['msg']}"


def recipe_names() -> list[str]:
    """Names of the recipes that come with pssr-live."""
    return sorted(path.stem for path in BUNDLED.glob("*.toml"))


def with_files(
    recipe: Recipe,
    training: Sequence[Path],
    validation: Sequence[Path] = (),
    **taken: Unpack[TakenOfFiles],
) -> Recipe:
    """Give a recipe that lists no files a lab's own.

    The validation files also pick the best model, since a lab has few; their figures are then a
    little too kind, and the manifest says what they are.

    Raises
    ------
    UserError
        If the recipe lists files itself.
    """
    if recipe.series:
        raise UserError(
            f"The recipe {recipe.name} lists its files itself.",
            "Leave the files out, or use a recipe without any: --recipe paper-multi-frame",
        )
    roles: tuple[tuple[Sequence[Path], tuple[Role, ...]], ...] = (
        (training, ("training",)),
        (validation, ("selection", "validation")),
    )
    series = [
        Series(path=str(path.resolve()), role=role, **taken)
        for paths, kinds in roles
        for path in paths
        for role in kinds
    ]
    return recipe.model_copy(update={"series": tuple(series)})


def own_files(
    training: Sequence[Path],
    validation: Sequence[Path] = (),
    **taken: Unpack[TakenOfFiles],
) -> Recipe:
    """Make the recipe for a lab's own HR time-lapses when it names none: `lite`, a fifth drawn."""
    recipe = Recipe(drawn=0.2 * len(training))
    return with_files(recipe, training, validation, **taken)
