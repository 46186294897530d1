"""The mitochondria of a cell at rest: curves of points, before anything moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated.cell import Cell
from acquisition.simulated.motion import Floats, Places
from acquisition.simulated.structure import dimmed, widened_um

POINT_SPACING_UM = 0.08
SHORTEST_UM, LONGEST_UM = 1.0, 15.0
TUBULES_IN_A_CELL = 400
FRAGMENTS_IN_A_CELL = 60
BRANCHES = 0.22
"""Share of tubules that begin on another one."""


class Tubules(NamedTuple):
    """Points along mitochondria; all arrays but `lengths_um` have one entry a point.

    Attributes
    ----------
    x_um, y_um : ndarray of float32
        Places at rest.
    along_x, along_y : ndarray of float32
        Direction of the tubule there.
    position : ndarray of float32
        -1 at one end of the tubule, 1 at the other.
    tubule : ndarray of intp
        Which tubule.
    network : ndarray of intp
        Which group of joined tubules.
    light : ndarray of float32
        Brightness.
    sigma_um : ndarray of float32
        Apparent thickness (standard deviation), before the microscope's own blur.
    depth_um : ndarray of float32
        How far above the middle of the optical section.
    lengths_um : ndarray of float32, shape (tubules,)
        Length of each tubule.
    """

    x_um: Floats
    y_um: Floats
    along_x: Floats
    along_y: Floats
    position: Floats
    tubule: Places
    network: Places
    light: Floats
    sigma_um: Floats
    depth_um: Floats
    lengths_um: Floats


def grow_tubules(
    random: np.random.Generator, cell: Cell, *, density: float, thickness_um: float
) -> Tubules:
    """Fill a cell with mitochondria.

    Parameters
    ----------
    random : numpy.random.Generator
        Decides everything.
    cell : Cell
        Where they may be.
    density : float
        Factor on their number.
    thickness_um : float
        Standard deviation of a tubule's profile.

    Returns
    -------
    Tubules
    """
    count = max(4, round(density * TUBULES_IN_A_CELL))
    round_ones = round(density * FRAGMENTS_IN_A_CELL)
    lengths = np.concatenate(
        [
            np.clip(random.lognormal(np.log(4.0), 0.65, count), SHORTEST_UM, LONGEST_UM),
            random.uniform(0.2, 0.6, round_ones),
        ]
    )
    total = len(lengths)
    x, y = _beginnings(random, cell, total)
    outward = np.arctan2(y - cell.y_um, x - cell.x_um)
    # Near the nucleus tubules run every way, further out along the microtubules, outward.
    spread = np.where(cell.beyond_nucleus(x, y) < 2, 1.4, 0.5)
    heading = outward + np.pi * random.integers(0, 2, total) + random.normal(0, spread)
    steps = np.maximum(3, np.ceil(lengths / POINT_SPACING_UM)).astype(int)
    bends = _headings(random, total, int(steps.max()))
    # Depth in the optical section: what is out of focus is dimmer and wider.
    depth = random.normal(0, 0.45, total)
    brightness = random.lognormal(0, 0.25, total) * dimmed(depth)
    brightness[count:] *= 1.6
    widths = thickness_um * random.uniform(0.85, 1.2, total)
    widths[count:] *= 1.5
    widths = np.hypot(widths, widened_um(depth))

    network = np.arange(total)
    curves: list[NDArray[np.float64]] = []
    light: list[NDArray[np.float64]] = []
    for one in range(total):
        if 0 < one < count and random.random() < BRANCHES:
            parent = random.integers(one)
            at = random.integers(len(curves[parent]))
            x[one], y[one] = curves[parent][at, :2]
            network[one] = network[parent]
            side = random.choice([-1, 1]) * random.uniform(0.8, 1.5)
            heading[one] = curves[parent][at, 2] + side
        angles = heading[one] + bends[one, : steps[one]]
        xs = x[one] + POINT_SPACING_UM * np.cumsum(np.cos(angles))
        ys = y[one] + POINT_SPACING_UM * np.cumsum(np.sin(angles))
        curves.append(np.stack([xs, ys, angles], axis=1))
        beads = 1 + 0.45 * _waves(random, steps[one], 0.6, 2.5)
        allowed = (cell.inside(xs, ys) > 0.02) & (cell.beyond_nucleus(xs, ys) > 1.0)
        light.append(brightness[one] * np.clip(beads, 0.25, None) * allowed)

    of = np.repeat(np.arange(total), steps)
    places = np.concatenate(curves)
    position = np.concatenate([np.linspace(-1, 1, number) for number in steps])
    return Tubules(
        places[:, 0].astype(np.float32),
        places[:, 1].astype(np.float32),
        np.cos(places[:, 2]).astype(np.float32),
        np.sin(places[:, 2]).astype(np.float32),
        position.astype(np.float32),
        of,
        network[of],
        (np.concatenate(light) * POINT_SPACING_UM).astype(np.float32),
        widths[of].astype(np.float32),
        depth[of].astype(np.float32),
        lengths.astype(np.float32),
    )


def _beginnings(
    random: np.random.Generator, cell: Cell, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw places as the cell likes them, by rejection."""
    reach = 1.4 * cell.radius_um
    found: list[NDArray[np.float64]] = []
    while sum(map(len, found)) < count:
        places = random.uniform(-reach, reach, (4096, 2))
        places += np.array([cell.x_um, cell.y_um])
        liked = cell.liking(places[:, 0], places[:, 1])
        found.append(places[random.random(len(places)) < liked])
    places = np.concatenate(found)[:count]
    return places[:, 0].copy(), places[:, 1].copy()


def _headings(random: np.random.Generator, count: int, steps: int) -> NDArray[np.float64]:
    """How each tubule's direction turns along its length, in radians; 0 at its beginning."""
    along = POINT_SPACING_UM * np.arange(steps)
    turns = np.zeros((count, steps))
    for wavelength, size in ((14.0, 0.7), (6.0, 0.4), (2.5, 0.2)):
        rate = 2 * np.pi / (wavelength * random.uniform(0.7, 1.4, (count, 1)))
        start = random.uniform(0, 2 * np.pi, (count, 1))
        amplitude = random.normal(0, size, (count, 1))
        turns += amplitude * (np.sin(rate * along + start) - np.sin(start))
    return turns


def _waves(
    random: np.random.Generator, steps: int, shortest_um: float, longest_um: float
) -> NDArray[np.float64]:
    along = POINT_SPACING_UM * np.arange(steps)
    rates = 2 * np.pi / random.uniform(shortest_um, longest_um, 4)
    starts = random.uniform(0, 2 * np.pi, 4)
    waves: NDArray[np.float64] = np.sin(along[:, None] * rates + starts).mean(axis=1)
    return waves
