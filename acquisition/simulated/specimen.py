"""Live mitochondria in continuous time: where every bit of them is at any moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated.cell import CELL_RADIUS_UM, Cell
from acquisition.simulated.motion import Floats, Flow, Wander, smooth_step
from acquisition.simulated.structure import Structure
from acquisition.simulated.tubules import Tubules, grow_tubules

MARGIN_UM = 8.0
GAP_UM = 0.35
"""Half-width of the gap at which a tubule divides."""
APART_UM = 0.5
"""How far each half of a divided tubule moves away."""
RUNNERS = 0.12
"""Share of networks that travel along their microtubule."""


class Specimen(Structure):
    """The mitochondria in a field of view with living cells; the same seed gives the same life.

    They lie along smooth curves, many of them joined. They are carried by a slow flow of
    the whole cytoplasm, wander as networks, bend in low-order modes, and divide and fuse: at one
    place of each longer tubule a gap opens, the halves move apart, and come together again.

    Nothing is stepped from frame to frame, so any moment can be asked for at once.

    Parameters
    ----------
    seed : int
        Decides everything.
    height_um, width_um : float
        Size of the field. A field smaller than a cell looks at a part beside the nucleus.
    density : float
        Factor on the number of mitochondria.
    speed : float
        Factor on the speed of all movement.
    thickness_um : float
        Standard deviation of a tubule's profile.
    background : float
        Factor on the light of the cytoplasm.
    """

    def __init__(
        self,
        seed: int,
        height_um: float,
        width_um: float,
        *,
        density: float = 1.0,
        speed: float = 1.0,
        thickness_um: float = 0.12,
        background: float = 1.0,
    ) -> None:
        random = np.random.default_rng([seed, 0x5EED])
        super().__init__(_settle(random, height_um, width_um), background)
        self.height_um = height_um
        self.width_um = width_um
        parts = [
            grow_tubules(random, cell, density=density, thickness_um=thickness_um)
            for cell in self.cells
        ]
        self._at_rest = _crop(_join(parts), height_um, width_um)
        self._set_in_motion(random, speed)

    def _set_in_motion(self, random: np.random.Generator, speed: float) -> None:
        lengths = self._at_rest.lengths_um
        count = len(lengths)
        small = np.full(count, 0.22)
        self._drift_x = Wander(random, small, speed=speed)
        self._drift_y = Wander(random, small, speed=speed)
        runs = np.where(random.random(count) < RUNNERS, 1.8, 0.12)
        self._run = Wander(random, runs, terms=3, speed=speed)
        self._run_direction = random.uniform(0, 2 * np.pi, count).astype(np.float32)
        self._turn = Wander(random, 0.05 * lengths, terms=3, speed=speed)
        self._bow = Wander(random, np.minimum(0.05 * lengths, 0.4), terms=3, speed=speed)
        self._wave = Wander(random, np.minimum(0.04 * lengths, 0.3), terms=3, speed=speed)
        self._division = Wander(random, np.ones(count), terms=2, speed=speed)
        self._division_place = random.uniform(-0.6, 0.6, count).astype(np.float32)
        # Only the longer ones divide.
        self._divides = (lengths > 2.5).astype(np.float32)
        self.flow = Flow(random, speed)
        self._flow_at_rest = self.flow.phases(self._at_rest.x_um, self._at_rest.y_um)

    def __len__(self) -> int:
        """Points that make up the mitochondria."""
        return len(self._at_rest.x_um)

    @property
    def sigma_um(self) -> Floats:
        """Thickness (standard deviation, µm) of the mitochondria at each point."""
        return self._at_rest.sigma_um

    @property
    def depth_um(self) -> Floats:
        """How far above the middle of the section each point is."""
        return self._at_rest.depth_um

    def points(self, time: float | NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
        """Where the mitochondria are.

        Parameters
        ----------
        time : float or ndarray, shape (n,)
            Seconds; one for all, or one for each point.

        Returns
        -------
        x_um, y_um : ndarray of float32, shape (n,)
            Places, from the field's top left corner.
        light : ndarray of float32, shape (n,)
            Brightness of each point.
        """
        rest = self._at_rest
        of, u = rest.tubule, rest.position
        half = 0.5 * rest.lengths_um[of]
        sideways = self._turn.at(time, of) * u
        sideways += self._bow.at(time, of) * (u * u - np.float32(1 / 3))
        sideways += self._wave.at(time, of) * u * (1 - u * u)

        from_gap = (u - self._division_place[of]) * half
        opened = self._divides[of] * smooth_step(self._division.at(time, of), 0.7, 1.4)
        parted = opened * np.float32(APART_UM) * np.tanh(from_gap / np.float32(GAP_UM))
        closed = 1 - opened * np.exp(-0.5 * (from_gap / np.float32(GAP_UM)) ** 2)

        run = self._run.at(time, rest.network)
        direction = self._run_direction[rest.network]
        x = rest.x_um + self._drift_x.at(time, rest.network) + run * np.cos(direction)
        y = rest.y_um + self._drift_y.at(time, rest.network) + run * np.sin(direction)
        x += parted * rest.along_x - sideways * rest.along_y
        y += parted * rest.along_y + sideways * rest.along_x
        flow_x, flow_y = self.flow.carry(time, self._flow_at_rest)
        return x + flow_x, y + flow_y, rest.light * closed


def _settle(random: np.random.Generator, height_um: float, width_um: float) -> list[Cell]:
    """Put cells into the field: beside each other where there is room, else a part of one."""
    side = 2.4 * CELL_RADIUS_UM
    if min(height_um, width_um) < side / 2:
        # Beside the nucleus, where most mitochondria are.
        angle = random.uniform(0, 2 * np.pi)
        away = random.uniform(9, 22)
        x = width_um / 2 + away * np.cos(angle)
        y = height_um / 2 + away * np.sin(angle)
        return [Cell.grow(random, x, y)]
    rows, columns = max(1, round(height_um / side)), max(1, round(width_um / side))
    return [
        Cell.grow(
            random,
            (column + 0.5) * width_um / columns + random.normal(0, 3),
            (row + 0.5) * height_um / rows + random.normal(0, 3),
        )
        for row in range(rows)
        for column in range(columns)
    ]


def _join(parts: list[Tubules]) -> Tubules:
    counts = np.cumsum([0, *(len(part.lengths_um) for part in parts[:-1])])
    numbered = [
        part._replace(tubule=part.tubule + first, network=part.network + first)
        for part, first in zip(parts, counts, strict=True)
    ]
    return Tubules(
        **{
            name: np.concatenate([getattr(part, name) for part in numbered])
            for name in Tubules._fields
        }
    )


def _crop(tubules: Tubules, height_um: float, width_um: float) -> Tubules:
    """Forget what can never come into view."""
    near = (tubules.x_um > -MARGIN_UM) & (tubules.x_um < width_um + MARGIN_UM)
    near &= (tubules.y_um > -MARGIN_UM) & (tubules.y_um < height_um + MARGIN_UM)
    near &= tubules.light > 0
    kept = {name: getattr(tubules, name)[near] for name in Tubules._fields[:-1]}
    return tubules._replace(**kept)
