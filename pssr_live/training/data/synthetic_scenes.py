"""Scenes drawn from nothing: filaments, tubes, rings, spots, discs and cell walls that move.

Every structure is a cloud of points that is carried along, splatted into each frame and blurred.
They are not meant to look like one organelle, but to show a network many shapes and motions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pssr_live.crappify import blur, log_uniform
from pssr_live.training.data.motion import brightness, smooth_field

Film = NDArray[np.float32]
Points = NDArray[np.float64]
POINTS_TO_A_PIXEL = 3.0


def drawn_scene(rng: np.random.Generator, times: Film, size: int) -> Film:
    """Draw a short film, shape (T, size, size), 0 to about 1."""
    kinds = list(SHAPES)
    film = np.zeros((len(times), size, size), np.float32)
    for kind in rng.choice(len(kinds), size=rng.integers(1, 3), replace=False):
        film += float(rng.uniform(0.3, 1.0)) * _layer(rng, times, size, shape=kinds[kind])
    haze = float(rng.uniform(0.0, 0.5)) if rng.random() < 0.6 else 0.0
    if haze:
        film += haze * blur(film, log_uniform(rng, 5.0, 20.0))
    if rng.random() < 0.4:
        body = np.clip(smooth_field(rng, 3, size, channels=1)[..., 0], 0, None)
        film += float(rng.uniform(0.02, 0.3)) * body
    peak = float(np.percentile(film, 99.8))
    if peak > 0:
        film *= brightness(rng, times, size) / peak
    return film


def _layer(
    rng: np.random.Generator,
    times: Film,
    size: int,
    *,
    shape: Callable[[np.random.Generator, int], Points],
) -> Film:
    """Many structures of one kind, blurred by one point spread, brightest at 1."""
    film = np.zeros((len(times), size, size), np.float32)
    speed = 0.0 if rng.random() < 0.1 else log_uniform(rng, 0.1, 6.0)
    common = rng.normal(size=2) * speed * float(rng.random() < 0.3)
    for _ in range(int(log_uniform(rng, 2, 40))):
        outline = shape(rng, size)
        weight = log_uniform(rng, 0.2, 1.0) * np.exp(0.3 * rng.normal(size=len(times)) * 0.3)
        if rng.random() < 0.03:
            weight = weight * (np.arange(len(times)) >= rng.integers(len(times)))
        velocity = common + 0.7 * rng.normal(size=2) * speed
        spin = rng.normal() * 0.03 * min(speed, 3.0)
        swell = rng.normal() * 0.01
        centre = outline.mean(axis=0)
        for index, time in enumerate(times):
            cos, sin = np.cos(spin * time), np.sin(spin * time)
            turned = (outline - centre) @ np.array([[cos, sin], [-sin, cos]])
            jitter = rng.normal(size=2) * 0.1 * speed
            place = turned * (1 + swell * time) + centre + velocity * time + jitter
            splat(film[index], place, float(weight[index]))
    film = blur(film, log_uniform(rng, 0.9, 3.5))
    peak = float(film.max())
    if peak > 0:
        film /= peak
    return film


def splat(image: Film, points: Points, weight: float | NDArray[np.floating]) -> None:
    """Add points to an image, each shared by the four pixels round it.

    Parameters
    ----------
    image : ndarray of float32, shape (size, size)
        Added to.
    points : ndarray, shape (N, 2)
        Pixels, y before x.
    weight : float or ndarray, shape (N,)
        Light of all points, or of each.
    """
    size = image.shape[0]
    weights = np.broadcast_to(weight, len(points))
    base = np.floor(points).astype(np.intp)
    part = points - base
    for dy in (0, 1):
        for dx in (0, 1):
            y, x = base[:, 0] + dy, base[:, 1] + dx
            share = np.abs(1 - dy - part[:, 0]) * np.abs(1 - dx - part[:, 1])
            inside = (y >= 0) & (y < size) & (x >= 0) & (x < size)
            flat = np.bincount(
                y[inside] * size + x[inside], (weights * share)[inside], minlength=size * size
            )
            image += flat.reshape(size, size).astype(np.float32)


def wander(rng: np.random.Generator, size: int, length: float, *, stiffness: float) -> Points:
    """A curve that wanders, starting anywhere in view or a little outside."""
    count = max(int(length), 3)
    turns = rng.normal(size=count) / stiffness
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(turns)
    steps = np.stack([np.sin(heading), np.cos(heading)], axis=-1)
    path: Points = rng.uniform(-0.2 * size, 1.2 * size, 2) + np.cumsum(steps, axis=0)
    return path


def along(rng: np.random.Generator, path: Points, count: int) -> tuple[Points, Points]:
    """Points spread evenly at random along a curve, and the directions across it."""
    where = rng.uniform(0, len(path) - 1.001, count)
    base = where.astype(np.intp)
    step = path[base + 1] - path[base]
    across = np.stack([-step[:, 1], step[:, 0]], axis=-1)
    return path[base] + step * (where - base)[:, None], across


def filament(rng: np.random.Generator, size: int) -> Points:
    """A thin thread: microtubule, actin."""
    path = wander(rng, size, log_uniform(rng, 30, 400), stiffness=log_uniform(rng, 8, 60))
    return along(rng, path, int(POINTS_TO_A_PIXEL * len(path)))[0]


def tube(rng: np.random.Generator, size: int) -> Points:
    """A mitochondrion: filled or hollow, of uneven width."""
    path = wander(rng, size, log_uniform(rng, 10, 200), stiffness=log_uniform(rng, 4, 25))
    radius = log_uniform(rng, 1.5, 7.0)
    points, across = along(rng, path, int(POINTS_TO_A_PIXEL * len(path) * radius))
    depth = rng.uniform(-1, 1, len(points))
    if rng.random() < 0.5:
        depth = np.sin(depth * np.pi / 2)
    beads = 1 + 0.25 * np.sin(points.sum(axis=1) * rng.uniform(0.02, 0.4))
    filled: Points = points + across * (radius * depth * beads)[:, None]
    return filled


def ring(rng: np.random.Generator, size: int) -> Points:
    """A hollow ellipse: vacuole, donut mitochondrion, small cell."""
    radii = log_uniform(rng, 3, 25) * rng.uniform(0.6, 1.0, 2)
    angle = rng.uniform(0, 2 * np.pi, int(POINTS_TO_A_PIXEL * 6 * radii.max()))
    edge: Points = np.stack([np.sin(angle), np.cos(angle)], axis=-1) * radii
    edge += rng.uniform(0, size, 2)
    return edge


def spot(rng: np.random.Generator, size: int) -> Points:
    """A cluster of vesicles, each no larger than the point spread."""
    places = rng.normal(size=(rng.integers(1, 8), 2)) * rng.uniform(2, 30)
    places += rng.uniform(0, size, 2)
    return np.repeat(places, 12, axis=0)


def disc(rng: np.random.Generator, size: int) -> Points:
    """A filled blob with an even or a granular inside."""
    radius = log_uniform(rng, 3, 30)
    count = int((3.0 if rng.random() < 0.6 else 0.3) * radius**2)
    spread = rng.normal(size=(max(count, 6), 2))
    spread *= radius / np.linalg.norm(spread, axis=1, keepdims=True)
    spread *= np.sqrt(rng.random((len(spread), 1)))
    spread += rng.uniform(0, size, 2)
    return spread


def wall(rng: np.random.Generator, size: int) -> Points:
    """A closed, dented outline: a cell membrane."""
    radius = log_uniform(rng, 20, 100)
    angle = rng.uniform(0, 2 * np.pi, int(POINTS_TO_A_PIXEL * 6 * radius))
    dents = np.zeros_like(angle)
    for waves in range(2, 7):
        dents += rng.normal() * 0.25 / waves * np.sin(waves * angle + rng.uniform(0, 6))
    outline = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    outline *= (radius * (1 + dents))[:, None]
    outline += rng.uniform(0, size, 2)
    return outline


SHAPES = (filament, tube, ring, spot, disc, wall)
