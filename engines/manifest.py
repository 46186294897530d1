"""What a bundle says of its engine: what it is, what it was made of, and how good it was then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engines.engine import WINDOW_LENGTH

Precision = Literal["fp32", "fp16", "int8"]
OtherPrecision = Literal["fp16", "int8"]

MODEL_FILE = "model.onnx"
UNCERTAINTY_FILE = "model-uncertainty.onnx"
MODEL_FILES: Mapping[Precision, str] = MappingProxyType(
    {"fp32": MODEL_FILE, "fp16": "model-fp16.onnx", "int8": "model-int8.onnx"}
)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Span = tuple[float, float]


class _Part(BaseModel):
    # A tolerance of infinity would let any backend pass the proof.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingSeries(_Part):
    """One series of images that an engine was trained on, and the terms it came under.

    Attributes
    ----------
    prints : list of str, optional
        Digests of frames, by which an evaluation knows them again whatever their file is called;
        empty for scenes that were made up. None where nobody knows them.
    """

    name: str
    licence: str
    source: str
    changes: str = ""
    prints: list[str] | None = None


class InputRange(_Part):
    """What the windows were like that an engine was trained on; lowest and highest of each.

    None where the training data did not say, and in bundles made before it was measured. From `snr`
    on: 1 and 99 percentiles of `pssr_live.trust.window_figures.WindowFigures` over some hundred
    training windows.
    """

    pixel_size_um: Span | None
    photons_at_peak: Span | None
    snr: Span | None
    interval_s: Span | None = None
    noise: Span | None = None
    saturated: Span | None = None
    contrast: Span | None = None
    width: Span | None = None
    change: Span | None = None
    disorder: Span | None = None
    black: Span | None = None
    white: Span | None = None


class ValidationFigure(_Part):
    """PSNR in dB (after the v1 affine fit) on one series that the engine never saw."""

    series: str
    crappifier: str
    bilinear: float
    rolling_mean: float
    engine: float
    engine_ssim: float


class PrecisionLoss(_Part):
    """What a coarser precision costs on one series: PSNR in float32, and how much lower it is."""

    series: str
    crappifier: str
    float32: float
    lost: float


class ModelVariant(_Part):
    """The network in another precision than float32.

    Attributes
    ----------
    tolerance : float
        Largest difference from the proof that a backend may have with it, in network units.
    losses : list of PrecisionLoss
        As measured when it was made, on series that it was not made with.
    """

    tolerance: float = Field(gt=0)
    losses: list[PrecisionLoss]

    @property
    def largest_loss(self) -> float | None:
        """In dB; None where it was not measured."""
        return max((loss.lost for loss in self.losses), default=None)


class Coverage(_Part):
    """How many restored pixels of one series the truth lay within the predicted interval of.

    Attributes
    ----------
    inside, inside_brightest : float
        Part of all pixels, and of the tenth of them where the truth is brightest.
    """

    series: str
    crappifier: str
    inside: float = Field(ge=0, le=1)
    inside_brightest: float = Field(ge=0, le=1)


class PredictedUncertainty(_Part):
    """How the second output of `UNCERTAINTY_FILE` was made, and how far its promise holds.

    Attributes
    ----------
    level : float
        Part of the pixels that shall lie within their interval.
    method : str
        How it was calibrated, in words.
    coverage : list of Coverage
        Of each series as predicted when it was left out of the calibration.
    command : str
    seed : int
    """

    level: float = Field(gt=0, lt=1)
    method: str
    coverage: list[Coverage]
    command: str
    seed: int


class Manifest(_Part):
    """What an engine is, what it was made of, and how good it was when it was made."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str
    description: str
    architecture: dict[str, str | int | float]
    frames: Literal[1, 5]
    scale_factor: int = Field(ge=1)
    smallest_side: int = Field(ge=1)
    # Larger frames are cut into tiles of this side; None for whole frames.
    tile_side: int | None = Field(default=None, ge=16)
    tolerance: float = Field(gt=0)
    crappifiers: list[str]
    training: list[TrainingSeries]
    command: str
    seed: int
    input_range: InputRange
    validation: list[ValidationFigure]
    # Models beside the one in float32.
    precisions: dict[OtherPrecision, ModelVariant] = {}
    # What whoever opens it should know.
    warnings: list[str] = []
    # Of a second float32 model, which has it as another output.
    uncertainty: PredictedUncertainty | None = None
    files: dict[str, Sha256]

    @model_validator(mode="after")
    def _uncertainty_is_of_whole_frames(self) -> Manifest:
        if self.uncertainty is not None and self.tile_side is not None:
            raise ValueError("no uncertainty is predicted in tiles")
        return self

    @property
    def loses(self) -> str:
        """Say that the engine is no better than the simple way; empty if it is. See `losing`."""
        return losing(self.name, self.validation, frames=self.frames)

    @property
    def seen(self) -> slice:
        """Which frames of a window the network sees: as many as it takes, round the centre."""
        left_out = (WINDOW_LENGTH - self.frames) // 2
        return slice(left_out, WINDOW_LENGTH - left_out)

    @property
    def models(self) -> dict[Precision, str]:
        """Names of the ONNX files."""
        return {
            precision: name
            for precision, name in MODEL_FILES.items()
            if precision == "fp32" or precision in self.precisions
        }

    @property
    def model_files(self) -> list[str]:
        """Names of all ONNX files, with the one that predicts its uncertainty."""
        return [*self.models.values(), *([UNCERTAINTY_FILE] if self.uncertainty else [])]

    def variant(self, precision: Precision) -> ModelVariant | None:
        """What is known of the model in a precision; None for float32, or if there is none."""
        return None if precision == "fp32" else self.precisions.get(precision)

    def tolerance_in(self, precision: Precision) -> float:
        """Largest difference from the proof, in network units, with the model in a precision."""
        variant = self.variant(precision)
        return self.tolerance if variant is None else variant.tolerance


def losing(name: str, validation: Sequence[ValidationFigure], *, frames: int) -> str:
    """Say that an engine restores no better than the simple way does; empty if it does.

    The simple way is the five-frame mean, or for an engine of one frame the bilinear enlargement.

    Parameters
    ----------
    name : str
        Of the engine.
    validation : sequence of ValidationFigure
    frames : int
        That it sees.
    """
    gains = [row.engine - (row.rolling_mean if frames > 1 else row.bilinear) for row in validation]
    if not gains or sum(gains) > 0:
        return ""
    simple = "five-frame mean" if frames > 1 else "bilinear enlargement"
    return (
        f"{name} restores no better than the {simple}: on average its PSNR is "
        f"{-sum(gains) / len(gains):.2f} dB lower, and it is lower in "
        f"{sum(gain < 0 for gain in gains)} of {len(gains)} validation figures."
    )
