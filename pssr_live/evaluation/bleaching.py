"""How fast a movie fades."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
