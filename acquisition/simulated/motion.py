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


def smooth_step(values: Floats, low: float, high: float) -> Floats:
    """Rise from 0 at `low` to 1 at `high` without a kink (Hermite cubic)."""
    x = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    step: Floats = x * x * (3 - 2 * x)
    return step
