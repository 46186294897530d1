"""What lies under a straight line across a frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Profile = NDArray[np.float64]


class Line(NamedTuple):
    """A straight line, in pixels; (0, 0) is the middle of the first pixel."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def steps(self) -> int:
        """Number of points, about a pixel apart."""
        return int(np.hypot(self.bottom - self.top, self.right - self.left) + 0.5) + 1


def line_profile(image: NDArray[np.generic], line: Line) -> Profile:
    """Read an image along a line, linearly between pixels.

    Parameters
    ----------
    image : ndarray of real numbers, shape (H, W)
    line : Line
        Inside the image.

    Returns
    -------
    ndarray of float64, shape (n,)
        At n points evenly spaced from end to end, about a pixel apart.

    Raises
    ------
    ValueError
        If the line leaves the image.
    """
    rows = np.linspace(line.top, line.bottom, line.steps)
    columns = np.linspace(line.left, line.right, line.steps)
    height, width = image.shape
    ends = (rows.min(), columns.min(), height - 1 - rows.max(), width - 1 - columns.max())
    if min(ends) < 0:
        raise ValueError(f"{line} leaves the image of {height} x {width} pixels")
    above, before = np.floor(rows).astype(int), np.floor(columns).astype(int)
    below, after = np.minimum(above + 1, height - 1), np.minimum(before + 1, width - 1)
    down, right = rows - above, columns - before
    upper = (1 - right) * image[above, before] + right * image[above, after]
    lower = (1 - right) * image[below, before] + right * image[below, after]
    profile: Profile = (1 - down) * upper + down * lower
    return profile
