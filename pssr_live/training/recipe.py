"""A recipe: everything that decides what a trained engine will be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from acquisition.images import WindowAlong
from pssr_live.crappify import CRAPPIFIERS, find_crappifier
from pssr_live.errors import UserError

# Its name in the folder of a training.
RECIPE_FILE = "recipe.json"

Role = Literal["training", "selection", "validation"]
Kind = Literal["movie", "still", "masks"]
DeviceName = Literal["auto", "cpu", "cuda"]
PrecisionName = Literal["auto", "fp32", "mixed"]
LossName = Literal["relative", "mse"]


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
    channel : int or str, optional
        In files with several, from 0, or its name.
    z, position : int, optional
        In files with several, from 0; all positions, if none is named.
    window_along : {"time", "z"}
        What its frames follow one another in.
    allow_predicted : bool
        Whether it may be a prediction of ours.
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
    channel: Annotated[int, Field(ge=0)] | str | None = None
    z: int | None = Field(default=None, ge=0)
    position: int | None = Field(default=None, ge=0)
    window_along: WindowAlong = "time"
    allow_predicted: bool = False
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

    def shows_what(self, other: Series) -> bool:
        """Whether it has images that another has too; channels show the same cells."""
        positions = (self.position, other.position)
        return Path(self.path) == Path(other.path) and (
            None in positions or self.position == other.position
        )


class LiteNetwork(_Part):
    """The fast network, for a CPU; sizes as in `engines.architectures.lite`."""

    kind: Literal["lite"] = "lite"
    frames: Literal[1, 5] = 5
    channels: int = Field(default=32, ge=4)
    coarse_channels: int = Field(default=48, ge=4)
    pairs: int = Field(default=2, ge=0)


class ResUNet34Network(_Part):
    """The paper's network, for a GPU; options as in `engines.architectures.resunet34`."""

    kind: Literal["resunet34"] = "resunet34"
    frames: Literal[1, 5] = 5
    detach_skips: bool = True
    initialisation: Literal["v1", "text"] = "v1"
    encoder: Literal["weight-norm", "resnet34"] = "weight-norm"
    attention: bool = True
    bottleneck: bool = True
    input_mean: float = 0.0
    input_deviation: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> ResUNet34Network:
        if self.encoder == "resnet34" and self.frames != 1:
            raise ValueError('encoder = "resnet34" sees one frame: frames = 1')
        return self


class CareNetwork(_Part):
    """A plain U-Net to compare with; sizes as in `engines.architectures.care`."""

    kind: Literal["care"] = "care"
    frames: Literal[1, 5] = 5
    channels: int = Field(default=32, ge=4)


def _kind(network: Any) -> Any:
    """Which network a section describes; without a kind, `lite`."""
    return network.get("kind", "lite") if isinstance(network, dict) else network.kind


Rise = Literal["linear", "cosine"]
Rate = Annotated[float, Field(gt=0)]
Network = Annotated[
    Annotated[LiteNetwork, Tag("lite")]
    | Annotated[ResUNet34Network, Tag("resunet34")]
    | Annotated[CareNetwork, Tag("care")],
    Discriminator(_kind),
]


class Round(_Part):
    """A part of a schedule with tiles of its own, as the paper trains for electron microscopy.

    Attributes
    ----------
    hr_tile : int
        Side of the HR tiles in pixels; they are cut from the films of the pool.
    steps, batch : int
        Batches in an epoch, and pairs in a batch.
    last_layer_epochs : int
        Epochs for the last layer alone, before those for all layers.
    last_layer_rate : float
        Highest learning rate of these.
    epochs : int
        Epochs for all layers.
    learning_rates : tuple of float
        Highest rates of the first layer and of the last; linear over those between.
    """

    hr_tile: int = Field(ge=32, multiple_of=32)
    steps: int = Field(ge=1)
    batch: int = Field(ge=1)
    last_layer_epochs: int = Field(default=0, ge=0)
    last_layer_rate: float = Field(default=1e-3, gt=0)
    epochs: int = Field(ge=1)
    learning_rates: tuple[Rate, Rate]


class Schedule(_Part):
    """How long, how fast, and on what.

    Attributes
    ----------
    tiles : int
        HR films in the pool.
    hr_tile : int
        Side of a film in HR pixels; that of an LR tile is a quarter.
    epochs, steps : int
        Epochs, and batches in each; the best epoch is kept.
    batch : int
        Pairs in a batch.
    learning_rate : float
        Highest rate of the one-cycle policy.
    rounds : tuple of Round
        One after the other, instead of these epochs, steps, batches and rates.
    minutes : float, optional
        Train for so long instead of so many epochs; then the seed alone does not decide.
    averaging : float
        How slowly the network that is kept follows the one that learns; 0 keeps the latter.
    second_look : bool
        Learn from each batch twice, the second time turned and played backwards.
    device : {"auto", "cpu", "cuda"}
        ``auto`` is the GPU if there is one.
    weight_decay : float
        Part of each weight that a step takes off, times the rate: decoupled from the gradient.
    rates : {"linear", "v1"}
        ``linear`` over the layers, or PSSR v1's three groups: the encoder up to its second stage,
        the rest of it, and all else. In a round the two rates are those of the first and the last
        group, geometric between; without rounds the encoder learns at a tenth of the rate. What a
        round calls the last layer is then the last group.
    rise : {"linear", "cosine"}
        How the rate of the one-cycle policy rises.
    precision : {"auto", "fp32", "mixed"}
        ``mixed`` computes in bf16, or in fp16 on GPUs that lack it; ``auto`` does so where it is
        faster.
    """

    tiles: int = Field(default=2000, ge=1)
    hr_tile: int = Field(default=192, ge=32, multiple_of=32)
    epochs: int = Field(default=20, ge=1)
    steps: int = Field(default=250, ge=1)
    batch: int = Field(default=16, ge=1)
    learning_rate: Rate = 2e-3
    rounds: tuple[Round, ...] = ()
    minutes: float | None = Field(default=None, gt=0)
    averaging: float = Field(default=0.999, ge=0, lt=1)
    second_look: bool = True
    weight_decay: float = Field(default=0.0, ge=0, lt=1)
    rates: Literal["linear", "v1"] = "linear"
    rise: Rise = "linear"
    device: DeviceName = "auto"
    precision: PrecisionName = "auto"

    @model_validator(mode="after")
    def _rounds_fit(self) -> Schedule:
        if any(part.hr_tile > self.hr_tile for part in self.rounds):
            raise ValueError("a round's hr_tile is larger than the films of the pool (hr_tile)")
        return self


class Recipe(_Part):
    """What an engine is made of, and how.

    Attributes
    ----------
    drawn, simulated : float
        Weights of scenes drawn from nothing and of the simulated microscope's, beside the series'.
    hard : float
        Weight of drawn scenes that are hard to tell: parallel and crossing lines, gaps, flicker.
    crappifiers : dict of str to float
        Which, and how often each.
    loss : {"relative", "mse"}
        See `pssr_live.training.loop.losses`.
    gap_weight : float
        How much more than elsewhere an error counts where the truth is dark between bright parts;
        0 counts all alike.
    best : {"psnr", "loss"}
        What picks the best epoch on the selection series: the highest PSNR, or the lowest mean
        squared error in network units, as the paper does.
    motion : {"any", "real"}
        ``real`` trains on consecutive frames of movies only: none are skipped, moved or held.
    teacher : str, optional
        A run's folder or a bundle whose network is imitated, below the data folder.
    distillation : float
        How much the teacher counts beside the truth, 0 to 1.
    init : str, optional
        A run's folder or a bundle whose weights are begun with, below the data folder.
    encoder_weights : str, optional
        Torchvision's weights of ResNet34 for the encoder of that name, below the data folder.
    dataset : str, optional
        Folder of a dataset, below the data folder. The series are then those it was made of, and
        are not read.
    mixed_pixel_sizes : bool
        Whether the series' pixels may differ in size by more than a factor of 1.5.
    """

    name: str = Field(default="own-engine", pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = "1"
    description: str = "Trained from own recordings."
    seed: int = Field(default=1, ge=0)
    network: Network = LiteNetwork()
    schedule: Schedule = Schedule()
    crappifiers: dict[str, float] = dict.fromkeys(CRAPPIFIERS, 1.0)
    loss: LossName = "relative"
    gap_weight: float = Field(default=0.0, ge=0)
    best: Literal["psnr", "loss"] = "psnr"
    motion: Literal["any", "real"] = "any"
    teacher: str | None = None
    distillation: float = Field(default=0.5, gt=0, le=1)
    init: str | None = None
    encoder_weights: str | None = None
    dataset: str | None = None
    mixed_pixel_sizes: bool = False
    drawn: float = Field(default=0.0, ge=0)
    simulated: float = Field(default=0.0, ge=0)
    hard: float = Field(default=0.0, ge=0)
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
        if self.schedule.rates == "v1" and self.network.kind != "resunet34":
            raise ValueError('the rates of v1 are for [network] kind = "resunet34"')
        if self.encoder_weights and getattr(self.network, "encoder", None) != "resnet34":
            raise ValueError(
                'encoder weights are for [network] kind = "resunet34" with encoder = "resnet34"'
            )
        if self.encoder_weights and self.init:
            raise ValueError("a network begins with init or with encoder weights, not with both")
        invented = self.drawn or self.simulated
        stills = any(series.kind != "movie" for series in self.having("training"))
        if self.motion == "real" and (invented or stills):
            raise ValueError('motion = "real" takes movies alone: no stills, drawn or simulated')
        return self

    @property
    def used_crappifiers(self) -> list[str]:
        """Names of the crappifiers that are drawn at all."""
        return [name for name, weight in self.crappifiers.items() if weight > 0]

    def having(self, role: Role) -> tuple[Series, ...]:
        """Return the series of one role."""
        return tuple(series for series in self.series if series.role == role)
