"""How a movie goes from frame to frame, whichever made it: the truth, or a method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from acquisition import Line, line_profile
from pssr_live.evaluation.temporal import NeighbourCorrelation, StaticPixels, flicker

# So many static pixels, evenly drawn, tell as much as all of them.
MOST_STATIC_PIXELS = 20_000

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieTrace:
    """How one movie goes.

    Attributes
    ----------
    neighbours : ndarray, shape (T - 1,)
        Correlation of neighbouring frames.
    bleaching : ndarray, shape (T,)
        Background-subtracted mean, divided by its maximum.
    flicker_structure, flicker_background : float
        Where the truth stands still, in the truth's units.
    kymograph : ndarray, shape (T, n)
        Along the line, in the truth's units.
    """

    neighbours: Curve
    bleaching: Curve
    flicker_structure: float
    flicker_background: float
    kymograph: Curve


class CourseFollower:
    """Follows a movie frame by frame, beside the truth.

    The movie is brought to the truth's units by one gain and one offset for all of it: a fit to
    each frame would hide the flicker.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the frames.
    static : StaticPixels
    line : Line
    """

    def __init__(self, shape: tuple[int, ...], static: StaticPixels, line: Line) -> None:
        self._line = line
        self._background, self._structure = (
            _evenly(mask) for mask in (static.background, static.structure)
        )
        self._neighbours = NeighbourCorrelation(shape)
        self._static: tuple[list[Curve], list[Curve]] = ([], [])
        self._means: list[float] = []
        self._profiles: list[Curve] = []
        self._sums = np.zeros(5)

    def add(self, image: NDArray[np.generic], truth: NDArray[np.generic]) -> None:
        """Look at the next frame, and at the truth's.

        Parameters
        ----------
        image, truth : ndarray of real numbers, shape (H, W)
        """
        values, goal = image.astype(np.float64).ravel(), truth.astype(np.float64).ravel()
        self._neighbours.add(image)
        self._means.append(float(values.mean()))
        self._static[0].append(values[self._background])
        self._static[1].append(values[self._structure])
        self._profiles.append(line_profile(image, self._line))
        moments = (values.mean(), goal.mean(), values @ values, values @ goal, 1.0)
        self._sums += np.array(moments) / (1, 1, values.size, values.size, 1)

    def course(self) -> MovieTrace:
        """Sum up what was seen."""
        mean, goal, square, product = self._sums[:4] / self._sums[4]
        spread = square - mean**2
        gain = (product - mean * goal) / spread if spread > 0 else 0.0
        background, structure = (np.stack(values) for values in self._static)
        return MovieTrace(
            neighbours=np.array(self._neighbours.values),
            bleaching=bleaching_curve(self._means, background.mean(axis=1)),
            flicker_structure=abs(gain) * flicker(structure),
            flicker_background=abs(gain) * flicker(background),
            kymograph=goal + gain * (np.stack(self._profiles) - mean),
        )


def _evenly(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    places = np.flatnonzero(mask)
    return places[:: max(1, -(-places.size // MOST_STATIC_PIXELS))]


def bleaching_curve(means: ArrayLike, backgrounds: ArrayLike) -> NDArray[np.float64]:
    """Background-subtracted mean of each frame, divided by its maximum over time.

    Fang et al., Nature Methods 18 (2021).

    Parameters
    ----------
    means : array-like, shape (T,)
        Mean of all pixels of each frame.
    backgrounds : array-like, shape (T,)
        Mean of the pixels without structure.

    Returns
    -------
    ndarray of float64, shape (T,)
        At most 1; 0 everywhere if no frame is brighter than its background.
    """
    signal = np.asarray(means, np.float64) - np.asarray(backgrounds, np.float64)
    peak = float(signal.max())
    curve: NDArray[np.float64] = signal / peak if peak > 0 else np.zeros_like(signal)
    return curve
