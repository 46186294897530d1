"""How well a network restores series it was not trained on, beside the simple ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from engines import SCALE_FACTOR, IntensityScale, ValidationFigure
from pssr_live.crappify import Crappifier, Detector, HRSeries, SaltPepperGaussian, find_crappifier
from pssr_live.metrics import psnr_fit, ssim_fit
from pssr_live.training.data.pool import FRAMES

Restore = Callable[[NDArray[np.float32]], NDArray[np.float32]]

# The settings that figures are stated for, as far as a recipe trains for them; the name goes into
# tables and manifests.
FIXED_SETTINGS: dict[str, Crappifier] = {
    "salt-pepper+additive-gaussian": SaltPepperGaussian(),
    "detector, 4 photons": Detector(photons=4.0),
    "detector, 12 photons": Detector(photons=12.0),
    "detector, 80 photons": Detector(photons=80.0),
}


class Quality(NamedTuple):
    """PSNR in dB after the affine fit, and SSIM, averaged over several images."""

    psnr: float
    ssim: float


class Scores(NamedTuple):
    """What the network under training and the two baselines reach: PSNR in dB, SSIM."""

    psnr: float
    psnr_bilinear: float
    psnr_rolling_mean: float
    ssim: float
    ssim_bilinear: float
    ssim_rolling_mean: float

    @classmethod
    def over(cls, several: Sequence[Self]) -> Self:
        """Average."""
        return cls(*(float(column) for column in np.mean(several, axis=0)))


class EpochScore(NamedTuple):
    """What is known of a network after an epoch.

    Attributes
    ----------
    loss : float or None
        On pairs held out, or, where a recipe judges by it, on the selection series.
    scores : Scores or None
        On the selection series.
    """

    loss: float | None
    scores: Scores | None

    @property
    def merit(self) -> float:
        """The higher the better: by the loss where it is known, as in the paper, else PSNR."""
        if self.loss is not None:
            return -self.loss
        return self.scores.psnr if self.scores else -np.inf

    def short(self) -> str:
        """Say what is judged by."""
        if self.loss is None and self.scores:
            return f"{self.scores.psnr:.2f} dB"
        return f"{self.loss:.3g}"

    def words(self) -> str:
        """Say it for people."""
        if self.scores is None:
            return f"validation loss {self.loss:.3g}"
        psnr, bilinear, rolling_mean, ssim, ssim_bilinear, ssim_rolling_mean = self.scores
        loss = "" if self.loss is None else f"validation loss {self.loss:.3g}, "
        return (
            f"{loss}PSNR {psnr:.2f} dB ({psnr - bilinear:+.2f} over bilinear, "
            f"{psnr - rolling_mean:+.2f} over rolling mean), SSIM {ssim:.3f} "
            f"({ssim - ssim_bilinear:+.3f}, {ssim - ssim_rolling_mean:+.3f})"
        )


@dataclass(frozen=True, kw_only=True)
class ValidationSet:
    """LR windows of one series, made once with one setting, and the HR truths.

    Attributes
    ----------
    windows : ndarray of float32, shape (N, 5, h, w)
        In network units.
    truths : ndarray of float32, shape (N, 4h, 4w)
        In network units.
    """

    series: str
    setting: str
    windows: NDArray[np.float32]
    truths: NDArray[np.float32]

    @cached_property
    def bilinear(self) -> Quality:
        """How good the bilinear enlargement of the centre frames is."""
        return self._quality(enlarged(self.windows[:, FRAMES // 2]))

    @cached_property
    def rolling_mean(self) -> Quality:
        """How good the bilinear enlargement of the five-frame means is."""
        return self._quality(enlarged(self.windows.mean(axis=1)))

    def scores(self, restore: Restore) -> Scores:
        """Measure `restore` (window in network units to HR) beside the simple ways."""
        return self.loss_and_scores(restore)[1]

    def loss_and_scores(self, restore: Restore) -> tuple[float, Scores]:
        """Measure `restore` as `scores` does, and its mean squared error in network units."""
        restored = np.stack([restore(window) for window in self.windows])
        engine = self._quality(restored)
        loss = float(np.mean(np.square(restored - self.truths)))
        return loss, Scores(
            engine.psnr,
            self.bilinear.psnr,
            self.rolling_mean.psnr,
            engine.ssim,
            self.bilinear.ssim,
            self.rolling_mean.ssim,
        )

    def figure(self, restore: Restore) -> ValidationFigure:
        """Measure as `scores` does, for a manifest."""
        scores = self.scores(restore)
        return ValidationFigure(
            series=self.series,
            crappifier=self.setting,
            bilinear=round(scores.psnr_bilinear, 3),
            rolling_mean=round(scores.psnr_rolling_mean, 3),
            engine=round(scores.psnr, 3),
            engine_ssim=round(scores.ssim, 3),
        )

    def _quality(self, images: NDArray[np.float32]) -> Quality:
        if not np.isfinite(images).all():
            return Quality(np.nan, np.nan)
        pairs = list(zip(images, self.truths, strict=True))
        return Quality(
            float(np.mean([psnr_fit(image, truth) for image, truth in pairs])),
            float(np.mean([ssim_fit(image, truth) for image, truth in pairs])),
        )


def validation_sets(
    series: Sequence[HRSeries], crappifiers: Iterable[str], most_windows: int, *, seed: int
) -> list[ValidationSet]:
    """Crappify each series with each setting; windows spread over the recording."""
    return [
        _validation_set(one, setting, crappifier, most_windows=most_windows, seed=seed + number)
        for number, one in enumerate(series)
        for setting, crappifier in settings(crappifiers).items()
    ]


def settings(crappifiers: Iterable[str]) -> dict[str, Crappifier]:
    """Choose what to state figures for: the settings fixed for these crappifiers, or their own."""
    chosen: dict[str, Crappifier] = {}
    for name in crappifiers:
        fixed = {title: one for title, one in FIXED_SETTINGS.items() if one.name == name}
        own = find_crappifier(name)
        chosen |= fixed or {own.name: own}
    return chosen


def enlarged(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bilinear x4 of images (N, h, w)."""
    return functional.interpolate(
        torch.from_numpy(np.ascontiguousarray(images[:, None])),
        scale_factor=SCALE_FACTOR,
        mode="bilinear",
    )[:, 0].numpy()


def _validation_set(
    series: HRSeries, setting: str, crappifier: Crappifier, *, most_windows: int, seed: int
) -> ValidationSet:
    rng = np.random.default_rng(seed)
    if series.moving:
        lr = crappifier.apply(series.frames, rng)
        possible = series.starts(FRAMES)
        starts = possible[np.unique(np.linspace(0, len(possible) - 1, most_windows).astype(int))]
        windows, centres = lr[starts[:, None] + np.arange(FRAMES)], starts + FRAMES // 2
    else:
        last = len(series.frames) - 1
        centres = np.unique(np.linspace(0, last, most_windows).astype(int))
        windows = crappifier.apply(np.repeat(series.frames[centres, None], FRAMES, axis=1), rng)
    height, width = (SCALE_FACTOR * side for side in windows.shape[2:])
    truths = series.frames[centres, :height, :width]
    expected = crappifier.black + (crappifier.white - crappifier.black) * truths
    intensity = IntensityScale.from_window(windows[0])
    return ValidationSet(
        series=series.name,
        setting=setting,
        windows=intensity.to_network(windows),
        truths=intensity.to_network(expected),
    )
