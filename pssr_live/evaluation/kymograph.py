"""What lies under a line over time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from acquisition.line import Line, line_profile


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
