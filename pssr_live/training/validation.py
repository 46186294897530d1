"""How well a network restores series it was not trained on, beside the simple ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from engines.bundle import ValidationFigure
from engines.intensity import IntensityScale
from pssr_live.evaluation.metrics import psnr_fit, ssim_fit
from pssr_live.training.crappifier_names import find_crappifier
from pssr_live.training.crappify import (
    SCALE_FACTOR,
    Counts,
    Crappifier,
    Detector,
    SaltPepperGaussian,
)
from pssr_live.training.pool import FRAMES
from pssr_live.training.series import HRSeries

Restore = Callable[[NDArray[np.float32]], NDArray[np.float32]]

# The settings that figures are stated for, as far as a recipe trains for them; the name goes into
# tables and manifests.
FIXED_SETTINGS: dict[str, Crappifier] = {
    "salt-pepper+additive-gaussian": SaltPepperGaussian(),
    "detector, 4 photons": Detector(photons=4.0),
    "detector, 12 photons": Detector(photons=12.0),
    "detector, 80 photons": Detector(photons=80.0),
}


@dataclass(frozen=True, slots=True)
class Exam:
    """LR windows of one series, made once with one setting, and the HR truths.

    Attributes
    ----------
    windows : ndarray of uint8 or uint16, shape (N, 5, h, w)
    truths : ndarray of float32, shape (N, 4h, 4w)
    """

    series: str
    setting: str
    windows: Counts
    truths: NDArray[np.float32]
    intensity: IntensityScale

    def figure(self, restore: Restore) -> ValidationFigure:
        """Measure bilinear, rolling mean and `restore` (window in network units to HR)."""
        units = self.intensity.to_network(self.windows)
        restored = np.stack([restore(window) for window in units])
        return ValidationFigure(
            series=self.series,
            crappifier=self.setting,
            bilinear=self._mean(psnr_fit, enlarged(units[:, FRAMES // 2])),
            rolling_mean=self._mean(psnr_fit, enlarged(units.mean(axis=1))),
            engine=self._mean(psnr_fit, restored),
            engine_ssim=self._mean(ssim_fit, restored),
        )

    def _mean(self, metric: Callable[..., float], images: NDArray[np.float32]) -> float:
        figures = [metric(image, truth) for image, truth in zip(images, self.truths, strict=True)]
        return round(float(np.mean(figures)), 3)


def exams(
    series: Sequence[HRSeries], crappifiers: Iterable[str], most_windows: int, seed: int
) -> list[Exam]:
    """Crappify each series with each setting; windows spread over the recording."""
    return [
        _exam(one, setting, crappifier, most_windows, seed + number)
        for number, one in enumerate(series)
        for setting, crappifier in settings(crappifiers).items()
    ]


def settings(crappifiers: Iterable[str]) -> dict[str, Crappifier]:
    """Choose what to state figures for: the settings fixed for these crappifiers, or their own."""
    chosen: dict[str, Crappifier] = {}
    for name in crappifiers:
        fixed = {title: one for title, one in FIXED_SETTINGS.items() if one.name == name}
        chosen |= fixed or {name: find_crappifier(name)}
    return chosen


def enlarged(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bilinear x4 of images (N, h, w)."""
    return functional.interpolate(
        torch.from_numpy(np.ascontiguousarray(images[:, None])),
        scale_factor=SCALE_FACTOR,
        mode="bilinear",
    )[:, 0].numpy()


class Scores(NamedTuple):
    """Average PSNR in dB over several figures."""

    engine: float
    bilinear: float
    rolling_mean: float

    @classmethod
    def over(cls, figures: Sequence[ValidationFigure]) -> Self:
        """Average."""
        table = [(figure.engine, figure.bilinear, figure.rolling_mean) for figure in figures]
        return cls(*(float(column) for column in np.mean(table, axis=0)))


def _exam(
    series: HRSeries, setting: str, crappifier: Crappifier, most_windows: int, seed: int
) -> Exam:
    rng = np.random.default_rng(seed)
    if series.moving:
        lr = crappifier.apply(series.frames, rng)
        starts = np.unique(np.linspace(0, len(lr) - FRAMES, most_windows).astype(int))
        windows, centres = lr[starts[:, None] + np.arange(FRAMES)], starts + FRAMES // 2
    else:
        last = len(series.frames) - 1
        centres = np.unique(np.linspace(0, last, most_windows).astype(int))
        windows = crappifier.apply(np.repeat(series.frames[centres, None], FRAMES, axis=1), rng)
    height, width = (SCALE_FACTOR * side for side in windows.shape[2:])
    return Exam(
        series=series.name,
        setting=setting,
        windows=windows,
        truths=series.frames[centres, :height, :width],
        intensity=IntensityScale.from_window(windows[0]),
    )
