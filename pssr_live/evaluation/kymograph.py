"""What lies under a line over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from acquisition import Line, line_profile


def kymograph(frames: Iterable[NDArray[np.generic]], line: Line) -> NDArray[np.float64]:
    """Profiles along one line, one row for each frame.

    Parameters
    ----------
    frames : iterable of ndarray, each of shape (H, W)
    line : Line

    Returns
    -------
    ndarray of float64, shape (T, n)
        Time runs down, place runs right.
    """
    return np.stack([line_profile(frame, line) for frame in frames])


def with_gaps(rows: NDArray[np.float64], indices: Sequence[int]) -> NDArray[np.float64]:
    """Leave a row without a peak for each frame that is missing, so that time runs evenly.

    Parameters
    ----------
    rows : ndarray of float64, shape (T, n)
        Of the frames that are there.
    indices : sequence of int
        Their numbers.

    Returns
    -------
    ndarray of float64, shape (S, n)
        From the first number to the last.
    """
    spread = np.full((indices[-1] - indices[0] + 1, rows.shape[1]), np.median(rows))
    spread[np.array(indices) - indices[0]] = rows
    return spread
