"""Data bars: text that electron microscopes burn into the bottom of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# A row of the bar has one shade behind its text; no row of tissue does.
_SAME = 0.5
_LEAST_ROWS = 8
# Above that it is the image that is even.
_LARGEST_PART = 0.3


def data_bar_rows(image: NDArray[Any]) -> int:
    """Count the rows at the bottom of an image that are a data bar.

    Every row of the bar has, in most of its pixels, exactly the shade of the last row; the rows
    above it don't.

    Parameters
    ----------
    image : ndarray of whole numbers, shape (H, W)

    Returns
    -------
    int
        0 where there is none.
    """
    if image.dtype.kind != "u" or min(image.shape) < 4 * _LEAST_ROWS:
        return 0
    # The last row may be a frame round the bar.
    last = image[-_LEAST_ROWS // 2]
    shades, counts = np.unique(last, return_counts=True)
    even = np.mean(image == shades[np.argmax(counts)], axis=1) >= _SAME
    bar = even | (np.ptp(image, axis=1) == 0)
    above = np.flatnonzero(~bar)
    if not len(above):
        return 0
    rows = int(len(image) - 1 - above[-1])
    within = _LEAST_ROWS <= rows <= _LARGEST_PART * len(image)
    return rows if within and np.mean(even[: len(image) - rows]) < _SAME / 10 else 0
