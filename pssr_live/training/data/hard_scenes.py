"""Drawn scenes that are hard to tell at LR size: one or two, joined or broken, there or not.

Parallel and crossing lines nearer than the point spread allows to tell easily, sheets with slits
and holes, tubules with gaps that last, open, or are there in one frame only, and structures that
come and go. The answers differ from film to film and from frame to frame: a network can't guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pssr_live.crappify import blur, log_uniform
from pssr_live.training.data.motion import brightness
from pssr_live.training.data.synthetic_scenes import Film, Points, splat

POINTS_TO_A_PIXEL = 6.0
CLOSEST, WIDEST = 6.0, 16.0


class LitPoints(NamedTuple):
    """Points (N, 2), y before x in HR pixels, and their light in each frame (T, N)."""

    points: Points
    light: NDArray[np.float64]


SceneKind = Callable[[np.random.Generator, int, int], list[LitPoints]]


def hard_scene(rng: np.random.Generator, times: Film, size: int) -> Film:
    """Draw a short film.

    Parameters
    ----------
    rng : numpy.random.Generator
    times : ndarray of float32, shape (T,)
        Time of each frame, 0 at the centre frame.
    size : int
        Side in HR pixels.

    Returns
    -------
    ndarray of float32, shape (T, size, size)
        0 to about 1.
    """
    film = np.zeros((len(times), size, size), np.float32)
    for kind in rng.choice(len(KINDS), size=1 + int(rng.random() < 0.35), replace=False):
        layer = np.zeros_like(film)
        for structure in KINDS[kind](rng, len(times), size):
            _film(layer, structure, times, rng=rng)
        layer = blur(layer, log_uniform(rng, 0.9, 2.5))
        brightest = max(float(np.percentile(layer, 99.8)), 1e-6)
        film += layer * np.float32(rng.uniform(0.4, 1.0) / brightest)
    if rng.random() < 0.5:
        film += float(rng.uniform(0.0, 0.3)) * blur(film, log_uniform(rng, 5.0, 20.0))
    peak = float(np.percentile(film, 99.8))
    if peak > 0:
        film *= brightness(rng, times, size) / peak
    return film


def _film(film: Film, structure: LitPoints, times: Film, *, rng: np.random.Generator) -> None:
    """Add a structure to each frame, where it has moved to by then."""
    speed = 0.0 if rng.random() < 0.2 else log_uniform(rng, 0.05, 3.0)
    velocity = 0.7 * rng.normal(size=2) * speed
    for index, time in enumerate(times):
        splat(film[index], structure.points + velocity * time, structure.light[index])


def parallel_lines(rng: np.random.Generator, frames: int, size: int) -> list[LitPoints]:
    """Bundles of two to nine lines side by side."""
    bundles = int(log_uniform(rng, 3, 14))
    return [_lines(rng, frames, size, count=int(rng.integers(2, 10))) for _ in range(bundles)]


def grating(rng: np.random.Generator, frames: int, size: int) -> list[LitPoints]:
    """Lines side by side over the whole field."""
    return [_lines(rng, frames, size, count=0)]


def crossing_tubules(rng: np.random.Generator, frames: int, size: int) -> list[LitPoints]:
    """Tubules that cross each other, many at small angles, and some that end just before."""
    heading = rng.uniform(0, 2 * np.pi)
    spread = log_uniform(rng, 0.1, 1.5)
    structures = []
    for _ in range(int(log_uniform(rng, 5, 24))):
        path = _path(
            rng,
            size,
            length=float(rng.uniform(30, 1.2 * size)),
            heading=heading + spread * rng.normal(),
        )
        structures.append(_tubule(path, log_uniform(rng, 0.3, 3.0), frames, rng=rng))
    return structures


def broken_tubules(rng: np.random.Generator, frames: int, size: int) -> list[LitPoints]:
    """Tubules with gaps: that last, that open or close, or that are there in one frame only."""
    structures = []
    for _ in range(int(log_uniform(rng, 5, 20))):
        path = _path(rng, size, length=float(rng.uniform(40, size)))
        tubule = _tubule(path, log_uniform(rng, 0.3, 4.0), frames, rng=rng)
        for _ in range(int(rng.integers(0, 5))):
            centre = path[rng.integers(len(path))]
            distance = np.linalg.norm(tubule.points - centre, axis=1)
            # All across the tubule, also where it is wider than the gap is long.
            step = path[min(len(path) - 1, len(path) // 2 + 1)] - path[len(path) // 2]
            along = np.abs((tubule.points - centre) @ (step / np.linalg.norm(step)))
            within = distance < 12
            widths = _widths(rng, frames)
            tubule.light[(along[None] < widths[:, None] / 2) & within] *= rng.uniform(0.0, 0.3)
        structures.append(tubule)
    return structures


def slit_sheets(rng: np.random.Generator, frames: int, size: int) -> list[LitPoints]:
    """Even sheets with slits and holes."""
    structures = []
    for _ in range(int(rng.integers(1, 4))):
        radii = rng.uniform(15, 70, 2)
        count = int(POINTS_TO_A_PIXEL * np.pi * radii.prod())
        angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
        points = np.stack([np.sin(angle), np.cos(angle)], axis=-1) * radii * radius[:, None]
        light = np.full((frames, count), float(rng.uniform(0.3, 1.0)))
        for _ in range(int(rng.integers(1, 9))):
            centre = rng.uniform(-0.8, 0.8, 2) * radii
            turn = rng.uniform(0, 2 * np.pi)
            across = (points - centre) @ np.array([np.sin(turn), np.cos(turn)])
            along = (points - centre) @ np.array([np.cos(turn), -np.sin(turn)])
            length = 0.0 if rng.random() < 0.4 else log_uniform(rng, 8, 80)
            off = np.hypot(across, np.maximum(np.abs(along) - length / 2, 0))
            light[off[None] < _widths(rng, frames)[:, None] / 2] *= rng.uniform(0.0, 0.4)
        structures.append(LitPoints(points + rng.uniform(0, size, 2), light))
    return structures


def coming_and_going(rng: np.random.Generator, frames: int, size: int) -> list[LitPoints]:
    """Short tubules and points that appear, vanish, flicker, or are there in one frame only."""
    structures = []
    for _ in range(int(log_uniform(rng, 8, 60))):
        length = 2.0 if rng.random() < 0.4 else float(rng.uniform(4, 60))
        path = _path(rng, size, length=length)
        tubule = _tubule(path, log_uniform(rng, 0.3, 2.5), frames, rng=rng)
        structures.append(tubule._replace(light=tubule.light * _presence(rng, frames)[:, None]))
    return structures


def _lines(rng: np.random.Generator, frames: int, size: int, *, count: int) -> LitPoints:
    """Lines along one path, evenly apart; as many as the field holds where `count` is 0."""
    period = float(rng.uniform(CLOSEST, WIDEST))
    width = log_uniform(rng, 0.1, 0.25) * period
    heading = rng.uniform(0, 2 * np.pi)
    length = float(rng.uniform(20, 120)) if count else 1.5 * size
    bend = rng.normal() / (100 if count else 600)
    path = _path(rng, size, length=length, heading=heading, bend=bend)
    if not count:
        path += size / 2 - path.mean(axis=0)
        count = int(1.5 * size / period)
    steps = np.gradient(path, axis=0)
    across = np.stack([-steps[:, 1], steps[:, 0]], axis=-1)
    contrast = 0.0 if rng.random() < 0.5 else 0.3
    lines = [
        _tubule(path + offset * period * across, width, frames, rng=rng)
        for offset in np.arange(count) - (count - 1) / 2
    ]
    light = [np.exp(contrast * rng.normal()) * np.ones_like(line.light) for line in lines]
    points = np.concatenate([line.points for line in lines])
    return LitPoints(points, np.concatenate(light, axis=1))


def _tubule(path: Points, radius: float, frames: int, *, rng: np.random.Generator) -> LitPoints:
    """Points spread over a strip round a path, each tubule as bright as it likes."""
    count = max(int(POINTS_TO_A_PIXEL * len(path) * max(radius, 1.0)), 6)
    where = (np.arange(count) + rng.random(count)) / count * (len(path) - 1.001)
    base = where.astype(np.intp)
    step = path[base + 1] - path[base]
    points = path[base] + step * (where - base)[:, None]
    across = np.stack([-step[:, 1], step[:, 0]], axis=-1)
    points += across * rng.uniform(-radius, radius, count)[:, None]
    return LitPoints(points, np.full((frames, count), log_uniform(rng, 0.3, 1.0)))


def _path(
    rng: np.random.Generator,
    size: int,
    *,
    length: float,
    heading: float | None = None,
    bend: float | None = None,
) -> Points:
    """A curve of steps of one pixel through anywhere in view; of even `bend`, or one that wanders.

    The bend is in radians a pixel.
    """
    count = max(int(length), 3)
    if heading is None:
        heading = rng.uniform(0, 2 * np.pi)
    turns = np.zeros(count)
    if bend is None:
        bend = rng.normal() / log_uniform(rng, 20, 200)
        turns = np.cumsum(rng.normal(size=count)) / log_uniform(rng, 10, 80)
    turns += heading + bend * np.arange(count)
    path = np.cumsum(np.stack([np.sin(turns), np.cos(turns)], axis=-1), axis=0)
    placed: Points = path - path[count // 2] + rng.uniform(0, size, 2)
    return placed


def _widths(rng: np.random.Generator, frames: int) -> NDArray[np.float64]:
    """Width of a gap in each frame, in HR pixels."""
    width = log_uniform(rng, 2, 12)
    kind = rng.random()
    if kind < 0.35:
        return np.full(frames, width)
    if kind < 0.55:
        opening = width * np.clip(np.linspace(rng.uniform(-1, 0.5), 1, frames), 0, 1)
        return opening if rng.random() < 0.5 else opening[::-1]
    widths = np.zeros(frames)
    widths[_one(rng, frames)] = width
    return widths


def _presence(rng: np.random.Generator, frames: int) -> NDArray[np.float64]:
    """How bright a structure is in each frame."""
    kind = rng.random()
    if kind < 0.2:
        return np.ones(frames)
    if kind < 0.4:
        presence = (np.arange(frames) >= rng.integers(1, frames)).astype(np.float64)
        return presence if rng.random() < 0.5 else presence[::-1]
    if kind < 0.6:
        return rng.uniform(0.0, 1.0, frames)
    presence = np.zeros(frames)
    presence[_one(rng, frames)] = 1.0
    return presence if rng.random() < 0.6 else 1 - presence


def _one(rng: np.random.Generator, frames: int) -> int:
    """Draw a frame, the centre frame more often than the rest: it is what is to be restored."""
    return frames // 2 if rng.random() < 0.6 else int(rng.integers(frames))


KINDS: tuple[SceneKind, ...] = (
    parallel_lines,
    grating,
    crossing_tubules,
    broken_tubules,
    slit_sheets,
    coming_and_going,
)
