"""A recipe: everything that decides what a trained engine will be."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from pssr_live.errors import UserError
from pssr_live.training.crappifier_names import find_crappifier
from pssr_live.training.crappify import CRAPPIFIERS

Role = Literal["training", "selection", "validation"]
Kind = Literal["movie", "still", "masks"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Series(_Part):
    """One file of HR images.

    Attributes
    ----------
    path : str
        Below the data folder.
    role : {"training", "selection", "validation"}
        Selection picks the best model; validation is measured once, at the end, and decides
        nothing.
    kind : {"movie", "still", "masks"}
        A movie's motion is real; a still is moved by made-up flows; masks are binary movies.
    channel : int, optional
        In files with several.
    overlay : str, optional
        Below the data folder: an image that is not 0 where something is burnt into the frames.
    smooth : float
        Sigma in pixels of a blur that takes the file's own noise off.
    weight : float
        How often it is drawn, beside the others.
    """

    path: str
    name: str = ""
    role: Role = "training"
    kind: Kind = "movie"
    channel: int | None = None
    overlay: str | None = None
    smooth: float = Field(default=0.0, ge=0)
    weight: float = Field(default=1.0, gt=0)
    pixel_size_um: float | None = Field(default=None, gt=0)
    licence: str = "not stated"
    source: str = "own recording"
    changes: str = ""

    @property
    def title(self) -> str:
        """What reports call it."""
        return self.name or Path(self.path).stem


class LiteNetwork(_Part):
    """The fast network, for a CPU; sizes as in `engines.architectures.lite`."""

    kind: Literal["lite"] = "lite"
    frames: Literal[1, 5] = 5
    channels: int = Field(default=32, ge=4)
    layers: int = Field(default=8, ge=2)


class ResUNet34Network(_Part):
    """The paper's network, for a GPU."""

    kind: Literal["resunet34"] = "resunet34"
    frames: Literal[1, 5] = 5


def _kind(network: Any) -> Any:
    """Which network a section describes; without a kind, `lite`."""
    return network.get("kind", "lite") if isinstance(network, dict) else network.kind


Network = Annotated[
    Annotated[LiteNetwork, Tag("lite")] | Annotated[ResUNet34Network, Tag("resunet34")],
    Discriminator(_kind),
]


class Schedule(_Part):
    """How long and how fast.

    Attributes
    ----------
    tiles : int
        Five-frame HR films in the pool.
    hr_tile : int
        Side of a film in HR pixels; that of an LR tile is a quarter.
    epochs, steps : int
        Epochs, and batches in each; the best epoch is kept.
    batch : int
        Pairs in a batch.
    learning_rate : float
        Highest rate of the one-cycle policy.
    minutes : float, optional
        Train for so long instead of so many epochs; then the seed alone does not decide.
    """

    tiles: int = Field(default=2000, ge=1)
    hr_tile: int = Field(default=192, ge=32, multiple_of=32)
    epochs: int = Field(default=20, ge=1)
    steps: int = Field(default=250, ge=1)
    batch: int = Field(default=16, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0)
    minutes: float | None = Field(default=None, gt=0)


class Recipe(_Part):
    """What an engine is made of, and how.

    Attributes
    ----------
    drawn, simulated : float
        Weights of scenes drawn from nothing and of the simulated microscope's, beside the series'.
    crappifiers : dict of str to float
        Which, and how often each.
    """

    name: str = Field(default="own-engine", pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = "1"
    description: str = "Trained from own recordings."
    seed: int = Field(default=1, ge=0)
    network: Network = LiteNetwork()
    schedule: Schedule = Schedule()
    crappifiers: dict[str, float] = dict.fromkeys(CRAPPIFIERS, 1.0)
    drawn: float = Field(default=0.0, ge=0)
    simulated: float = Field(default=0.0, ge=0)
    series: tuple[Series, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> Recipe:
        for name in self.crappifiers:
            try:
                find_crappifier(name)
            except UserError as error:
                raise ValueError(str(error).rstrip(".")) from error
        if not any(weight > 0 for weight in self.crappifiers.values()):
            raise ValueError("no crappifier has a weight above 0")
        if not (self.having("training") or self.drawn or self.simulated):
            raise ValueError("there is nothing to train on")
        return self

    def having(self, role: Role) -> tuple[Series, ...]:
        """Return the series of one role."""
        return tuple(series for series in self.series if series.role == role)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file.

    Raises
    ------
    UserError
        If the file is not there, is no TOML, or says what a recipe can't hold.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"There is no recipe {path}.", "Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML file: {error}.", "Mend that line.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise UserError(
            f"{path}: {place or 'recipe'}: {first['msg']}.", "Mend that entry of the recipe."
        ) from error


def own_files(training: Sequence[Path], validation: Sequence[Path] = ()) -> Recipe:
    """Make the recipe for a lab's own HR time-lapses.

    The validation files also pick the best model, since a lab has few; their figures are then a
    little too kind, and the manifest says what they are.
    """
    series = [Series(path=str(path.resolve())) for path in training]
    for path in validation:
        series.append(Series(path=str(path.resolve()), role="selection"))
        series.append(Series(path=str(path.resolve()), role="validation"))
    return Recipe(series=tuple(series), drawn=0.2 * len(training))
