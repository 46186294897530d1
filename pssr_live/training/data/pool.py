"""The pool of short HR films that training pairs are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

from pssr_live.crappify import (
    HIGHEST_VALUE,
    HRFile,
    HRSeries,
    blur,
    log_uniform,
    look_into,
    one_position,
    scaled,
)
from pssr_live.errors import UserError
from pssr_live.training.data.hard_scenes import hard_scene
from pssr_live.training.data.motion import brightness, smooth_field, still_flow, view
from pssr_live.training.data.synthetic_scenes import drawn_scene
from pssr_live.training.recipe import Kind, Recipe, Role, Series

FRAMES: Literal[5] = 5
HR_TILE = 192
TIMES = np.arange(FRAMES, dtype=np.float32) - FRAMES // 2
# Pool values are stored as whole numbers: this many are an HR value of 1.
STEPS_TO_PEAK = int(np.iinfo(np.uint16).max / HIGHEST_VALUE)
EVERY_FRAME, CENTRE_FRAME = slice(None), slice(FRAMES // 2, FRAMES // 2 + 1)
SMALLEST_SIDE = 64
# Images may be smaller than a tile, and are mirrored at their edges; but not more often than this.
MOST_MIRRORED = 4
# Below this standard deviation a view shows next to nothing; few such tiles are enough.
EMPTY_SPREAD = 0.02

Film = NDArray[np.float32]
# Told how many are done, of how many, and of what.
ReportProgress = Callable[[int, int, str], None]


class Take(NamedTuple):
    """One short film (frames, tile, tile), its pixel size and interval where they are known."""

    film: Film
    pixel_size_um: float | None = None
    interval_s: float | None = None


TakeSource = Callable[[np.random.Generator], Take]


@dataclass(frozen=True, slots=True)
class Pool:
    """Short HR films.

    Attributes
    ----------
    films : ndarray of uint16, shape (N, frames, tile, tile)
        In steps of 1 / `STEPS_TO_PEAK`; five frames, or the centre frame alone.
    pixel_sizes_um : tuple of float
        HR pixel sizes after zooming, of the films for which it is known.
    intervals_s : tuple of float
        Times from frame to frame, of the films whose motion is real, or simulated.
    """

    films: NDArray[np.uint16]
    pixel_sizes_um: tuple[float, ...] = ()
    intervals_s: tuple[float, ...] = ()

    def split(self, part: float) -> tuple[Pool, Pool]:
        """Hold a part of the films out, at least one; returns what is left, and what is held."""
        count = max(1, round(part * len(self.films)))
        left = self.films[count:] if len(self.films) > count else self.films
        return replace(self, films=left), replace(self, films=self.films[:count])


def load_series(recipe: Recipe, role: Role, data: Path) -> list[tuple[Series, HRSeries]]:
    """Read all series of one role and scale them to 0..1.

    Raises
    ------
    UserError
        If a file is missing, can't be read, is too small, or a movie has too few frames.
    """
    smallest = max(SMALLEST_SIDE, recipe.schedule.hr_tile // MOST_MIRRORED)
    return [
        (entry, series)
        for entry in recipe.having(role)
        for series in _load(entry, data, recipe.network.frames, smallest=smallest)
    ]


def missing_frames(recipe: Recipe, data: Path) -> list[str]:
    """Say of each file which frames it promises and does not hold; a dataset has told already.

    Raises
    ------
    UserError
        As `load_series`, for what can be known without reading pixels.
    """
    if recipe.dataset:
        return []
    frames = recipe.network.frames
    words = [file.missing for entry in recipe.series for file in _files(entry, data, frames)]
    return list(dict.fromkeys(filter(None, words)))


def pool_bytes(recipe: Recipe) -> int:
    """Return the memory that the pool of a recipe takes; a dataset's tiles stay on the disk."""
    if recipe.dataset:
        return 0
    return 2 * recipe.schedule.tiles * recipe.network.frames * recipe.schedule.hr_tile**2


def build_pool(
    recipe: Recipe,
    training: Sequence[tuple[Series, HRSeries]],
    seed: int,
    *,
    report: ReportProgress,
) -> Pool:
    """Fill the pool as the recipe says.

    The same seed looks at the same places for a single-frame network as for one of five frames.
    """
    rng = np.random.default_rng(seed)
    count, tile, frames = recipe.schedule.tiles, recipe.schedule.hr_tile, recipe.network.frames
    shown = EVERY_FRAME if frames == FRAMES else CENTRE_FRAME
    sources = [
        (
            _from_series(entry, series, tile, shown=shown, only_real=recipe.motion == "real"),
            entry.weight,
        )
        for entry, series in training
    ]
    sources += [
        (_drawn(drawn_scene, tile, shown), recipe.drawn),
        (_simulated(tile, shown), recipe.simulated),
        (_drawn(hard_scene, tile, shown), recipe.hard),
    ]
    weights = np.array([weight for _, weight in sources])
    weights /= weights.sum()

    def draw() -> Take:
        return sources[rng.choice(len(sources), p=weights)][0](rng)

    films = np.empty((count, frames, tile, tile), np.uint16)
    pixel_sizes, intervals = [], []
    for index in range(count):
        film, pixel_size, interval = draw()
        if rng.random() < 0.12:
            film = film + np.float32(rng.uniform(0.2, 1.0)) * draw().film
        films[index] = _stored(_varied(film, rng))
        if pixel_size:
            pixel_sizes.append(pixel_size)
        if interval:
            intervals.append(interval)
        report(index + 1, count, "HR films")
    return Pool(films, tuple(pixel_sizes), tuple(intervals))


def _files(entry: Series, data: Path, frames_seen: int) -> list[HRFile]:
    """Look into the position of a file that an entry names, or all.

    For a network that looks at one frame the slices of a stack in z are images; for one of five
    they are frames where the entry says so.
    """
    path, channel, position = data / entry.path, entry.channel, entry.position
    look = partial(
        look_into if position is None else partial(_only, position=position),
        z=entry.z,
        depth_as_frames=frames_seen == 1,
        window_along=entry.window_along,
        allow_predicted=entry.allow_predicted,
    )
    return look(path, channel)


def _only(path: Path, channel: int | None, *, position: int, **how: Any) -> list[HRFile]:
    return [one_position(path, channel, position, **how)]


def _load(entry: Series, data: Path, frames_seen: int, *, smallest: int) -> list[HRSeries]:
    """Read the position of a file that an entry names, or all."""
    files = _files(entry, data, frames_seen)
    series = [
        _prepared(entry, file, data, frames_seen=frames_seen, smallest=smallest) for file in files
    ]
    if len(series) > 1:
        return [replace(one, name=f"{one.name}, position {n}") for n, one in enumerate(series)]
    return series


def _prepared(
    entry: Series, file: HRFile, data: Path, *, frames_seen: int, smallest: int
) -> HRSeries:
    path, series = file.title, file.series()
    if entry.pixel_size_um:
        series = replace(series, pixel_size_um=entry.pixel_size_um)
    frames = series.frames
    if entry.kind != "still" and not len(series.starts(frames_seen)):
        between = "" if series.numbers is None else ", none of them in a row so long"
        raise UserError(
            f"{path} has {len(frames)} frames{between}; a movie needs {FRAMES}.",
            'Leave it out, or call it a still in a recipe: kind = "still"',
        )
    if min(frames.shape[1:]) < smallest:
        raise UserError(
            f"{path} is {frames.shape[1]} x {frames.shape[2]}: too small to learn from.",
            f"Use HR images of at least {smallest} x {smallest} pixels.",
        )
    if entry.overlay:
        overlay = tifffile.imread(data / entry.overlay) != 0
        frames = np.where(overlay, np.median(frames), frames).astype(np.float32)
    if entry.smooth:
        frames = blur(frames, entry.smooth)
    moving = entry.kind != "still" and len(series.starts(FRAMES)) > 0
    return replace(scaled(replace(series, frames=frames)), name=entry.title, moving=moving)


def _from_series(
    entry: Series, series: HRSeries, tile: int, *, shown: slice, only_real: bool
) -> TakeSource:
    def draw(rng: np.random.Generator) -> Take:
        for _ in range(4):
            film, zoom, stride = _look(
                series, entry.kind, rng, tile=tile, shown=shown, only_real=only_real
            )
            if film[len(film) // 2].std() > EMPTY_SPREAD or rng.random() < 0.1:
                break
        if entry.kind == "masks":
            film = blur(film, float(rng.uniform(0.8, 2.5)))
            film = film * (0.6 + 0.4 * smooth_field(rng, 12, tile, channels=1)[..., 0]).clip(0.05)
        return Take(
            film,
            series.pixel_size_um / zoom if series.pixel_size_um else None,
            stride * series.interval_s if stride and series.interval_s else None,
        )

    return draw


def _look(
    series: HRSeries,
    kind: Kind,
    rng: np.random.Generator,
    *,
    tile: int,
    shown: slice,
    only_real: bool,
) -> tuple[Film, float, int]:
    """View five frames of a movie, or one frame made to move, somewhere, turned and zoomed.

    Of them only those `shown` are returned; a still shown once has no need to move. Returns the
    film, its pixels to a pixel of the series, and the series' frames to one of it, 0 for a still.
    """
    frames = series.frames
    stride = int(rng.choice([1, 1, 1, 2, 3]))
    # No film spans a gap between the frames.
    stride = min(stride, (len(frames) - 1) // (FRAMES - 1))
    while stride > 1 and not len(series.starts(FRAMES, stride)):
        stride -= 1
    real_motion = kind != "still" and stride >= 1 and rng.random() < 0.7
    if only_real and series.moving:
        stride, real_motion = 1, True
    flow = np.zeros((FRAMES, tile, tile, 2), np.float32)
    if real_motion:
        starts = series.starts(FRAMES, stride)
        first = int(starts[rng.integers(len(starts))])
        seen = frames[first : first + stride * (FRAMES - 1) + 1 : stride][shown]
    else:
        seen = frames[int(rng.integers(len(frames)))][None]
        made_up = still_flow(rng, TIMES, tile)
        flow = made_up if shown == EVERY_FRAME else flow
    zoom = float(np.exp(rng.uniform(np.log(0.7), np.log(1.5))))
    turn = float(rng.uniform(-np.pi / 4, np.pi / 4)) if rng.random() < 0.7 else 0.0
    if rng.random() < 0.25:
        # As it is: interpolation makes HR a little softer than a real one.
        zoom, turn = 1.0, 0.0
    reach = tile / 2 / zoom
    middle = [_middle(rng, side, reach) for side in seen.shape[1:]]
    place = np.array(middle, np.float32)
    film = view(np.ascontiguousarray(seen), flow[shown], place, turn=turn, zoom=zoom)
    if real_motion:
        return film, zoom, stride
    light = brightness(rng, TIMES, tile)
    return (film * light if shown == EVERY_FRAME else film), zoom, 0


def _middle(rng: np.random.Generator, side: int, reach: float) -> float:
    """Draw where a view lies along one axis: inside the image where it fits, on whole pixels."""
    low, high = min(reach, side / 2), max(side - reach, side / 2)
    return float(np.round(rng.uniform(low, high)) - 0.5)


def _drawn(
    scene: Callable[[np.random.Generator, Film, int], Film], tile: int, shown: slice
) -> TakeSource:
    return lambda rng: Take(scene(rng, TIMES, tile)[shown])


def _simulated(tile: int, shown: slice) -> TakeSource:
    def draw(rng: np.random.Generator) -> Take:
        from acquisition.simulated import hr_movie

        pixel_size = float(rng.uniform(0.035, 0.065))
        seed = int(rng.integers(2**31))
        interval = log_uniform(rng, 0.1, 4.0)
        film = hr_movie(
            seed=seed,
            frames=FRAMES,
            height=tile,
            width=tile,
            pixel_size_um=pixel_size,
            interval_s=interval,
        )
        return Take(film[shown], pixel_size, interval)

    return draw


def _varied(film: Film, rng: np.random.Generator) -> Film:
    """Change brightness, contrast and background, alike in all frames."""
    film = np.clip(film, 0.0, None)
    if rng.random() < 0.4:
        film = film ** np.float32(rng.uniform(0.7, 1.6))
    film = film * np.float32(rng.uniform(0.35, 1.1))
    if rng.random() < 0.4:
        film = film + np.float32(rng.uniform(0.0, 0.3))
    return film


def _stored(film: Film) -> NDArray[np.uint16]:
    return np.rint(np.clip(film, 0.0, HIGHEST_VALUE) * STEPS_TO_PEAK).astype(np.uint16)
