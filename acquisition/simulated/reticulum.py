"""The endoplasmic reticulum of simulated cells: a net of thin tubules that never rests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated.cell import Cell
from acquisition.simulated.motion import Floats, Places, Wander, smooth_step
from acquisition.simulated.specimen import MARGIN_UM, Specimen
from acquisition.simulated.structure import Structure, dimmed, widened_um

MESH_UM = 1.3
"""Side of a square with one junction in it, where the net is dense."""
POINT_SPACING_UM = 0.08
THICKNESS_UM = 0.07
ENVELOPE_JUNCTIONS = 48
"""On the nuclear envelope, which is part of the net."""
CHANGING = 0.25
"""Share of tubules that retract and grow again."""
_NEIGHBOURS = 8


class _Net(NamedTuple):
    """Junctions, and the tubules between them."""

    x_um: NDArray[np.float64]
    y_um: NDArray[np.float64]
    ends: NDArray[np.intp]


class Reticulum(Structure):
    """The endoplasmic reticulum of the cells of a specimen, carried by the same flow.

    Tubules join in junctions, mostly three in each, and at the nuclear envelope. Junctions wander,
    tubules follow them and bend, and some retract and grow again.

    Parameters
    ----------
    specimen : Specimen
        Whose cells it is in.
    seed : int
        Decides everything else.
    """

    def __init__(self, specimen: Specimen, seed: int) -> None:
        super().__init__(specimen.cells, 0.6)
        random = np.random.default_rng([seed, 0xE12])
        nets = [_grow(random, cell, specimen.height_um, specimen.width_um) for cell in self.cells]
        net = _join(nets)
        count = len(net.x_um)
        begin, end = net.ends[:, 0], net.ends[:, 1]
        along_x, along_y = net.x_um[end] - net.x_um[begin], net.y_um[end] - net.y_um[begin]
        lengths = np.hypot(along_x, along_y)
        steps = np.maximum(2, np.ceil(lengths / POINT_SPACING_UM)).astype(int)
        self._of: Places = np.repeat(np.arange(len(steps)), steps)
        places = [(np.arange(number) + 0.5) / number for number in steps]
        u = np.concatenate(places) if places else np.zeros(0)
        self._u = u.astype(np.float32)
        self._begin, self._end = begin[self._of], end[self._of]
        self._x = _between(net.x_um, u, self._begin, self._end)
        self._y = _between(net.y_um, u, self._begin, self._end)
        self._bow = np.sin(np.pi * self._u)
        self._across_x = (-along_y / np.maximum(lengths, 1e-6)).astype(np.float32)[self._of]
        self._across_y = (along_x / np.maximum(lengths, 1e-6)).astype(np.float32)[self._of]
        depth = random.normal(0, 0.35, count)
        at_depth = u * depth[self._end] + (1 - u) * depth[self._begin]
        self._depth_um = at_depth.astype(np.float32)
        brightness = 0.8 * random.lognormal(0, 0.2, len(steps)) * lengths / steps
        self._light = (brightness[self._of] * dimmed(at_depth)).astype(np.float32)
        self._sigma_um = np.hypot(THICKNESS_UM, widened_um(at_depth)).astype(np.float32)
        self._wander_x = Wander(random, np.full(count, 0.13))
        self._wander_y = Wander(random, np.full(count, 0.13))
        self._bend = Wander(random, np.minimum(0.08 * lengths, 0.15), terms=2)
        self._growth = Wander(random, np.ones(len(steps)), terms=2)
        self._changes = (random.random(len(steps)) < CHANGING).astype(np.float32)
        self._flow = specimen.flow
        self._flow_at_rest = self._flow.phases(self._x, self._y)

    def __len__(self) -> int:
        """Points that make up the net."""
        return len(self._u)

    @property
    def sigma_um(self) -> Floats:
        """See `Structure`."""
        return self._sigma_um

    @property
    def depth_um(self) -> Floats:
        """See `Structure`."""
        return self._depth_um

    def points(self, time: float | NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
        """See `Structure`."""
        u, rest = self._u, 1 - self._u
        bend = self._bend.at(time, self._of) * self._bow
        flow_x, flow_y = self._flow.carry(time, self._flow_at_rest)
        x = self._x + flow_x + bend * self._across_x
        y = self._y + flow_y + bend * self._across_y
        x += rest * self._wander_x.at(time, self._begin) + u * self._wander_x.at(time, self._end)
        y += rest * self._wander_y.at(time, self._begin) + u * self._wander_y.at(time, self._end)
        # A tubule retracts to the junction where it begins.
        reach = 2 * smooth_step(self._growth.at(time, self._of), -1.6, -0.6)
        there = 1 - self._changes[self._of] * (1 - np.clip((reach - u) / np.float32(0.1), 0, 1))
        return x, y, self._light * there


def _grow(random: np.random.Generator, cell: Cell, height_um: float, width_um: float) -> _Net:
    """Put junctions into a cell, as far as they may come into view, and join neighbours."""
    reach = 1.4 * cell.radius_um
    rows = np.arange(-reach, reach, MESH_UM)
    y, x = (grid.ravel() for grid in np.meshgrid(rows, rows, indexing="ij"))
    x = x + cell.x_um + random.uniform(0, MESH_UM, len(x))
    y = y + cell.y_um + random.uniform(0, MESH_UM, len(y))
    beyond = cell.beyond_nucleus(x, y)
    dense = 0.45 + 0.55 * np.exp(-0.5 * ((beyond - 1) / 1.2) ** 2)
    kept = (random.random(len(x)) < dense) & (beyond > 1.08) & (cell.inside(x, y) > 0.03)
    ring_x, ring_y = _envelope(cell)
    x, y = np.concatenate([x[kept], ring_x]), np.concatenate([y[kept], ring_y])
    near = (x > -MARGIN_UM) & (x < width_um + MARGIN_UM)
    near &= (y > -MARGIN_UM) & (y < height_um + MARGIN_UM)
    x, y = x[near], y[near]
    return _Net(x, y, _tubules(x, y))


def _envelope(cell: Cell) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angles = np.linspace(0, 2 * np.pi, ENVELOPE_JUNCTIONS, endpoint=False)
    long, short = cell.nucleus_um[1] * np.cos(angles), cell.nucleus_um[0] * np.sin(angles)
    cosine, sine = np.cos(cell.nucleus_angle), np.sin(cell.nucleus_angle)
    return cell.x_um + long * cosine - short * sine, cell.y_um + long * sine + short * cosine


def _tubules(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.intp]:
    """Join junctions that no third is nearer to than they are to each other (n, 2).

    The relative neighbourhood graph of the places: connected, with two or three tubules in most
    junctions.
    """
    if len(x) < 2:
        return np.zeros((0, 2), np.intp)
    apart = np.hypot(x[:, None] - x, y[:, None] - y).astype(np.float32)
    np.fill_diagonal(apart, np.inf)
    count = min(_NEIGHBOURS, len(x) - 1)
    nearest = np.argpartition(apart, count - 1, axis=1)[:, :count]
    one = np.repeat(np.arange(len(x)), count)
    other = nearest.ravel()
    third = nearest[one]
    length = apart[one, other]
    blocked = np.maximum(apart[one[:, None], third], apart[other[:, None], third])
    joined = (one < other) & ~(blocked < length[:, None]).any(axis=1)
    # A junction far from all others would be joined across the cell.
    joined &= length < 4 * MESH_UM
    return np.stack([one[joined], other[joined]], axis=1)


def _join(nets: list[_Net]) -> _Net:
    first = np.cumsum([0, *(len(net.x_um) for net in nets[:-1])])
    return _Net(
        np.concatenate([net.x_um for net in nets]),
        np.concatenate([net.y_um for net in nets]),
        np.concatenate([net.ends + start for net, start in zip(nets, first, strict=True)]),
    )


def _between(
    values: NDArray[np.float64], u: NDArray[np.float64], begin: Places, end: Places
) -> Floats:
    between: Floats = ((1 - u) * values[begin] + u * values[end]).astype(np.float32)
    return between
