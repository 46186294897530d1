"""What a training leaves behind: checkpoint, recipe, log and summary in one folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from engines import (
    InputRange,
    TrainingSeries,
    ValidationFigure,
    is_leftover,
    remove_leftovers,
    why_refused,
    write_whole,
)
from engines.architectures import build_network
from pssr_live.errors import UserError
from pssr_live.training.recipe import RECIPE_FILE, Recipe

CHECKPOINT = "best.safetensors"
LOG = "log.csv"
STATE = "state.safetensors"
SUMMARY = "summary.json"
CURVE = "curve.png"
SAMPLES = "samples"


class RunSummary(BaseModel):
    """What a run says of itself when it is over.

    Attributes
    ----------
    command : str
        Makes the same run again.
    input_range : InputRange
        What the training windows were like, as measured.
    validation : list of ValidationFigure
        As measured on the recipe's validation series.
    origins : tuple of str
        Sentences: which networks it began with and learnt from.
    training : tuple of TrainingSeries
        What it was trained on, and the networks that it began with and learnt from; empty in runs
        of before this was written down.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str
    input_range: InputRange
    validation: list[ValidationFigure]
    origins: tuple[str, ...] = ()
    training: tuple[TrainingSeries, ...] = ()


def find_state(folder: Path, recipe: Recipe) -> bytes:
    """See whether a folder is free for a run, or holds one of the same recipe to go on with.

    Returns
    -------
    bytes
        The state to go on from, for `parse_state`; empty where nothing was saved yet.

    Raises
    ------
    UserError
        If it holds anything else, or can't be read.
    """
    if not folder.exists():
        return b""
    held = {folder.name}
    if folder.is_dir():
        held = {path.name for path in folder.iterdir() if not is_leftover(path)}
    # Without a state there was no epoch yet, and nothing is lost.
    if STATE not in held and not held <= {RECIPE_FILE, CHECKPOINT, LOG, CURVE, SAMPLES}:
        raise UserError(f"{folder} already holds something.", "Name a new folder with --output.")
    if STATE in held and not _same(folder / RECIPE_FILE, recipe):
        raise UserError(
            f"The training in {folder} was started with another recipe.",
            "Name a new folder with --output, or give the recipe that it was started with.",
        )
    try:
        return (folder / STATE).read_bytes() if STATE in held else b""
    except OSError as error:
        raise UserError(
            f"The training in {folder} can't be read ({error}).", "Name another folder."
        ) from error


def open_run(folder: Path, recipe: Recipe, *, new: bool) -> None:
    """Make the folder of a run, or tidy up that of one to go on with.

    Raises
    ------
    UserError
        If it can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        if not new:
            return
        # One that was killed in its first epoch may have left it.
        (folder / CHECKPOINT).unlink(missing_ok=True)
        write_whole(folder / RECIPE_FILE, recipe.model_dump_json(indent=2))
    except OSError as error:
        raise UserError(
            f"{folder} can't be written: {why_refused(error, folder)}.",
            "Fix that, or name another folder with --output.",
        ) from error


def _same(path: Path, recipe: Recipe) -> bool:
    """Whether a recipe was written down there; one of an older version lacks what was the rule."""
    try:
        begun_with = Recipe.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return begun_with.model_dump_json() == recipe.model_dump_json()


def close_run(folder: Path, summary: RunSummary) -> None:
    """Write the summary: the run is finished."""
    write_whole(folder / SUMMARY, summary.model_dump_json(indent=2))


def load_network(folder: Path) -> tuple[nn.Module, Recipe]:
    """Read the best network of a run so far, and its recipe.

    Raises
    ------
    UserError
        If the folder holds none.
    """
    try:
        recipe = Recipe.model_validate_json((folder / RECIPE_FILE).read_text(encoding="utf-8"))
        network = build_network(**recipe.network.model_dump())
        network.load_state_dict(load_file(folder / CHECKPOINT))
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UserError(
            f"{folder} holds no trained network ({error}).", "Train one: pssr-live train --help"
        ) from error
    return network.eval(), recipe


def load_summary(folder: Path) -> RunSummary:
    """Read the summary of a finished run.

    Raises
    ------
    UserError
        If the run is not finished.
    """
    try:
        return RunSummary.model_validate_json((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The training in {folder} is not finished.", "Train again: pssr-live train"
        ) from error
