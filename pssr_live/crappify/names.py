"""Crappifiers by name, or by the setting that a calibration wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pssr_live.crappify.crappifiers import (
    CRAPPIFIERS,
    Counts,
    Crappifier,
    Detector,
    Images,
    log_uniform,
)
from pssr_live.crappify.paper import NO_NOISE, NOISES, paper_crappifier
from pssr_live.crappify.paper_exact import PREFIX, exact_paper_crappifier
from pssr_live.errors import UserError


class DetectorSetting(BaseModel):
    """A file written by ``pssr-live calibrate``; units as in `Detector`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    crappifier: Literal["detector"]
    gain: float = Field(gt=0, allow_inf_nan=False)
    offset: float = Field(allow_inf_nan=False)
    read_noise: float = Field(ge=0, allow_inf_nan=False)
    photons: float = Field(gt=0, allow_inf_nan=False)
    bits: Literal[8, 12, 16]


@dataclass(frozen=True, slots=True)
class CalibratedDetector:
    """A detector that was measured: only light and optics vary from stack to stack.

    Attributes
    ----------
    name : str
        That of the file it was read from.
    detector : Detector
        As measured.
    """

    name: str
    detector: Detector

    @property
    def black(self) -> float:
        """Counts of HR value 0."""
        return self.detector.black

    @property
    def white(self) -> float:
        """Counts of HR value 1."""
        return self.detector.white

    def draw(self, rng: np.random.Generator) -> Detector:
        """Draw a third to three times the photons, and any plausible optics."""
        photons = self.detector.photons
        return replace(
            self.detector,
            photons=log_uniform(rng, photons / 3, 3 * photons),
            blur=float(rng.uniform(0.8, 2.6)),
            sampling="area" if rng.random() < 0.7 else "point",
        )

    def apply(self, hr: Images, rng: np.random.Generator) -> Counts:
        """Degrade images with the setting as measured; see `Crappifier`."""
        return self.detector.apply(hr, rng)


def find_crappifier(name: str) -> Crappifier:
    """Look a crappifier up.

    Parameters
    ----------
    name : str
        ``detector``, ``no-noise``, noises of the paper joined by ``+``, the same after
        ``paper-exact:``, or the JSON file of a calibration.

    Returns
    -------
    Crappifier
        With its default setting.

    Raises
    ------
    UserError
        If there is none of that name, or the file is no setting.
    """
    if name in CRAPPIFIERS:
        return CRAPPIFIERS[name]
    if name.endswith(".json"):
        return _calibrated(Path(name))
    if name.startswith(PREFIX):
        return exact_paper_crappifier(name)
    return paper_crappifier(name)


def crappifier_names() -> list[str]:
    """Names that can be asked for; those of the paper may be joined by ``+``."""
    return [*CRAPPIFIERS, NO_NOISE, *NOISES]


def _calibrated(path: Path) -> CalibratedDetector:
    fix = "Make one: pssr-live calibrate RECORDING --output detector.json"
    try:
        setting = DetectorSetting.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"The setting {path} can't be read: {error.strerror}.", fix) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "JSON"
        problem = f"{path} is not a detector setting ({place}: {first['msg']})."
        raise UserError(problem, fix) from error
    return CalibratedDetector(path.name, Detector(**setting.model_dump(exclude={"crappifier"})))
