"""Training pairs made of HR films while it trains: five crappified LR frames and the HR centre."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from engines import SCALE_FACTOR, InputRange, IntensityScale
from pssr_live.crappify import Counts, Crappifier, HRSeries, find_crappifier, log_uniform
from pssr_live.training.data.input_figures import Scan, figure_spans, span, windows_to_measure
from pssr_live.training.data.pool import (
    FRAMES,
    STEPS_TO_PEAK,
    Film,
    Pool,
    ReportProgress,
    build_pool,
)
from pssr_live.training.recipe import Recipe, Series

HELD_OUT = 0.05


class Pairs(NamedTuple):
    """A batch, in network units: windows (N, frames, h, w) and truths (N, 1, 4h, 4w)."""

    windows: NDArray[np.float32]
    truths: NDArray[np.float32]


class PairSource(Protocol):
    """Where training pairs come from.

    Pairs are numbered, and a number's pair is always the same. So several processes can share a
    batch, and a training that goes on needs to know no more than how far it was.
    """

    def pairs(self, numbers: Iterable[int], tile: int) -> Pairs:
        """Make the pairs of these numbers, of which there is no end.

        Parameters
        ----------
        numbers : iterable of int
        tile : int
            Side of the HR truths in pixels, a multiple of 4.
        """
        ...

    def input_range(self) -> InputRange:
        """What the windows are like, for the manifest."""
        ...

    def extremes(self) -> dict[str, list[float]]:
        """Lowest and highest of what `input_range` notes as it draws; empty lists for nothing."""
        ...

    def set_extremes(self, extremes: Mapping[str, list[float]]) -> None:
        """Count in what was drawn before, or by others."""
        ...


class PairSources(NamedTuple):
    """Where pairs to train on come from, and pairs to judge by."""

    training: PairSource
    held_out: PairSource


@dataclass(kw_only=True)
class PairMaker:
    """Draws pairs from a pool, crappified anew each time; see `PairSource`.

    Attributes
    ----------
    photons : list of float
        At the peak, of each detector setting drawn so far; for the manifest.
    """

    pool: Pool
    crappifiers: dict[str, float]
    seed: int
    motion: Literal["any", "real"] = "any"
    photons: list[float] = field(default_factory=list)

    def pairs(self, numbers: Iterable[int], tile: int) -> Pairs:
        """Draw the pairs of these numbers."""
        pairs = [self._pair(number, tile) for number in numbers]
        return Pairs(*(np.stack(images) for images in zip(*pairs, strict=True)))

    def input_range(self) -> InputRange:
        """Measure the first windows, and say what is known of the rest."""
        films = self.pool.films
        scans = (self._scan(number) for number in windows_to_measure(len(films)))
        return InputRange(
            pixel_size_um=span([SCALE_FACTOR * size for size in self.pool.pixel_sizes_um]),
            photons_at_peak=span(self.photons),
            interval_s=span(self.pool.intervals_s),
            **figure_spans(scans, films.shape[1]),
        )

    def extremes(self) -> dict[str, list[float]]:
        """See `PairSource`."""
        return {"photons": ends(self.photons)}

    def set_extremes(self, extremes: Mapping[str, list[float]]) -> None:
        """See `PairSource`."""
        self.photons[:] = extremes["photons"]

    def _pair(self, number: int, tile: int) -> tuple[Film, Film]:
        rng = np.random.default_rng((self.seed, number))
        hr, crappifier, lr = self._drawn(tile, rng)
        if photons := getattr(crappifier, "photons", None):
            self.photons.append(photons)
        if len(lr) == FRAMES:
            lr = at_the_ends(lr, rng)
        truth = crappifier.black + (crappifier.white - crappifier.black) * hr[len(hr) // 2]
        intensity = scale_at_run_time(lr, crappifier.black, rng)
        return as_at_run_time(lr, truth, intensity, frames=len(hr), rng=rng)

    def _scan(self, number: int) -> Scan:
        """Scan for the window of a pair, all of its frames different, on the scale of the pair."""
        rng = np.random.default_rng((self.seed, number))
        _, crappifier, lr = self._drawn(self.pool.films.shape[-1], rng)
        seen = at_the_ends(lr, rng) if len(lr) == FRAMES else lr
        return Scan(lr, scale_at_run_time(seen, crappifier.black, rng))

    def _drawn(self, tile: int, rng: np.random.Generator) -> tuple[Film, Crappifier, Counts]:
        """Draw an HR film, a crappifier's setting, and the LR frames that they make."""
        stored = _cut(self.pool.films[rng.integers(len(self.pool.films))], tile, rng)
        hr = _rearranged(stored, rng, may_stand=self.motion == "any").astype(np.float32)
        hr /= STEPS_TO_PEAK
        names, weights = zip(*self.crappifiers.items(), strict=True)
        chance = np.array(weights) / sum(weights)
        crappifier = find_crappifier(names[rng.choice(len(names), p=chance)]).draw(rng)
        # A single frame is scanned twice, since noise is told from differences.
        scanned = hr if len(hr) > 1 else np.repeat(hr, 2, axis=0)
        return hr, crappifier, crappifier.apply(scanned, rng)


def pair_sources(
    recipe: Recipe, training: Sequence[tuple[Series, HRSeries]], report: ReportProgress
) -> PairSources:
    """Make what a recipe trains on.

    The films for validation are held out of the pool only where there are no series to pick the
    best epoch by.
    """
    pool = build_pool(recipe, training, recipe.seed, report=report)
    rest, held_out = pool.split(HELD_OUT)
    return PairSources(
        *(
            PairMaker(
                pool=films,
                crappifiers=recipe.crappifiers,
                seed=recipe.seed + number,
                motion=recipe.motion,
            )
            for number, films in (
                (1, pool if recipe.having("selection") else rest),
                (2, held_out),
            )
        )
    )


def _cut(film: NDArray[np.uint16], tile: int, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Cut a smaller tile out somewhere."""
    side = film.shape[-1]
    if tile == side:
        return film
    top, left = rng.integers(side - tile + 1, size=2)
    return film[:, top : top + tile, left : left + tile]


def _rearranged(
    film: NDArray[np.uint16], rng: np.random.Generator, *, may_stand: bool
) -> NDArray[np.uint16]:
    """Flip, turn, play backwards, and now and then stand still."""
    if rng.random() < 0.5:
        film = film[::-1]
    if rng.random() < 0.5:
        film = film[:, ::-1]
    if rng.random() < 0.04 and may_stand:
        film = np.broadcast_to(film[len(film) // 2], film.shape)
    return np.ascontiguousarray(np.rot90(film, int(rng.integers(4)), axes=(1, 2)))


def at_the_ends(lr: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Sometimes repeat the edge frame, as the windows at the ends of a recording do."""
    chance = rng.random()
    if chance < 0.04:
        return lr[[2, 2, 2, 3, 4]]
    if chance < 0.08:
        return lr[[1, 1, 2, 3, 4]]
    return lr


def scale_at_run_time(lr: NDArray[Any], black: float, rng: np.random.Generator) -> IntensityScale:
    """Estimate the scale of a window, and move it: at run time it is that of a larger field.

    Parameters
    ----------
    lr : ndarray of uint8 or uint16, shape (n, h, w)
        Counts.
    black : float
        Counts without light.
    rng : numpy.random.Generator
    """
    intensity = IntensityScale.from_window(lr)
    offset = intensity.offset
    if rng.random() < 0.5:
        offset = black
    offset += intensity.gain * rng.normal() * 0.04
    return IntensityScale(float(offset), intensity.gain * log_uniform(rng, 0.6, 1.7))


def as_at_run_time(
    lr: NDArray[Any],
    truth: Film,
    intensity: IntensityScale,
    *,
    frames: int,
    rng: np.random.Generator,
) -> tuple[Film, Film]:
    """Scale a pair as an engine would, with a speck now and then.

    Parameters
    ----------
    lr : ndarray of uint8 or uint16, shape (n, h, w)
        Counts.
    truth : ndarray of float32, shape (4h, 4w)
        In the same counts.
    intensity : IntensityScale
    frames : int
        That the network sees: those in the middle of `lr`.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (frames, h, w)
    ndarray of float32, shape (1, 4h, 4w)
        Both in network units.
    """
    first = (len(lr) - frames) // 2
    window = _with_speck(intensity.to_network(lr[first : first + frames]), rng)
    return window, intensity.to_network(truth)[None]


def _with_speck(window: Film, rng: np.random.Generator) -> Film:
    """Sometimes put one saturated pixel into one frame."""
    if rng.random() < 0.04:
        place = tuple(rng.integers(size) for size in window.shape)
        window[place] += np.float32(log_uniform(rng, 1.0, 12.0))
    return window


def ends(values: Sequence[float]) -> list[float]:
    """Lowest and highest as they are: all that `span` will ask for."""
    return [min(values), max(values)] if values else []
