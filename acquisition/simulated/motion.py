"""Random movement that can be asked for at any time, without stepping there from the start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]
SLOWEST = 0.03
"""Angular frequency of the slowest movement, rad/s: minutes."""
FASTEST = 1.3
"""Angular frequency of the fastest movement, rad/s: a few seconds."""


class Wander:
    """Many independent smooth random paths, each a sum of sinusoids.

    The amplitudes fall with the square root of the frequency, as those of diffusion do, so a path
    looks like a random walk seen through a window of a few seconds to a few minutes.

    Parameters
    ----------
    random : numpy.random.Generator
        Where frequencies and phases are drawn from.
    sizes : ndarray, shape (n,)
        Root mean square excursion of each path.
    terms : int
        Sinusoids in each.
    speed : float
        Factor on all frequencies.
    """

    def __init__(
        self,
        random: np.random.Generator,
        sizes: NDArray[np.floating],
        *,
        terms: int = 4,
        speed: float = 1.0,
    ) -> None:
        count = len(sizes)
        edges = np.geomspace(SLOWEST, FASTEST, terms + 1)
        low, high = np.log(edges[:-1]), np.log(edges[1:])
        self._frequencies = speed * np.exp(random.uniform(low, high, (count, terms)))
        self._phases = random.uniform(0, 2 * np.pi, (count, terms))
        weights = edges[:-1] ** -0.5
        weights *= np.sqrt(2 / np.sum(weights**2))
        self._amplitudes = (np.asarray(sizes)[:, None] * weights).astype(np.float32)

    def at(self, time: float | NDArray[np.floating], of: Places) -> Floats:
        """Where the paths are.

        Parameters
        ----------
        time : float or ndarray, shape (m,)
            Seconds; one for all or one for each entry of `of`.
        of : ndarray of intp, shape (m,)
            Which paths.

        Returns
        -------
        ndarray of float32, shape (m,)
        """
        if len(of) == 0:
            return np.zeros(0, np.float32)
        if np.ndim(time) == 0:
            phases = self._frequencies * time + self._phases
            values: Floats = np.einsum("nk,nk->n", self._amplitudes, np.sin(phases)).astype("f4")
            return values[of]
        # Phases of late times are large: they are reduced in double precision once for each path,
        # and only the little that differs from point to point is computed in single precision.
        times = np.asarray(time)
        start = float(times.min())
        reduced = np.mod(self._frequencies * start + self._phases, 2 * np.pi).astype(np.float32)
        later = (times - start).astype(np.float32)
        total: Floats = np.zeros(len(of), np.float32)
        for term in range(self._frequencies.shape[1]):
            frequencies = self._frequencies[:, term].astype(np.float32)
            angles = frequencies[of] * later + reduced[:, term][of]
            total += self._amplitudes[:, term][of] * np.sin(angles)
        return total


class Flow:
    """Slow flow of the whole cytoplasm, which carries all that is in it: a few long waves.

    Parameters
    ----------
    random : numpy.random.Generator
        Where the waves are drawn from.
    speed : float
        Factor on their speed.
    """

    _WAVES = 5

    def __init__(self, random: np.random.Generator, speed: float) -> None:
        count = self._WAVES
        self._swing = Wander(random, np.full(count, 0.3), terms=2, speed=speed)
        self._swing_back = Wander(random, np.full(count, 0.3), terms=2, speed=speed)
        wavelength = random.uniform(15, 50, count)
        angle = random.uniform(0, 2 * np.pi, count)
        self._waves = 2 * np.pi / wavelength * np.stack([np.cos(angle), np.sin(angle)])
        push = random.uniform(0, 2 * np.pi, count)
        self._push = np.stack([np.cos(push), np.sin(push)])

    def phases(self, x_um: Floats, y_um: Floats) -> list[tuple[Floats, Floats]]:
        """Sine and cosine of each wave at places that are at rest, once for all times."""
        phases = (np.stack([x_um, y_um], axis=1) @ self._waves).astype(np.float32).T
        return list(zip(np.sin(phases), np.cos(phases), strict=True))

    def carry(
        self, time: float | NDArray[np.floating], phases: list[tuple[Floats, Floats]]
    ) -> tuple[Floats, Floats]:
        """Displacement of places.

        Parameters
        ----------
        time : float or ndarray, shape (n,)
            Seconds; one for all, or one for each place.
        phases : list
            Of the places, see `phases`.

        Returns
        -------
        x_um, y_um : ndarray of float32, shape (n,)
        """
        x, y = np.zeros_like(phases[0][0]), np.zeros_like(phases[0][0])
        for one, (sine, cosine) in enumerate(phases):
            which = np.full(len(x) if np.ndim(time) else 1, one)
            moved = self._swing.at(time, which) * sine
            moved += self._swing_back.at(time, which) * cosine
            x += np.float32(self._push[0, one]) * moved
            y += np.float32(self._push[1, one]) * moved
        return x, y


def smooth_step(values: Floats, low: float, high: float) -> Floats:
    """Rise from 0 at `low` to 1 at `high` without a kink (Hermite cubic)."""
    x = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    step: Floats = x * x * (3 - 2 * x)
    return step
