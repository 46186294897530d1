"""Whether an engine keeps what its intervals promise, the truth being known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines import SCALE_FACTOR

# The pixels that a user looks at: most of a field is background, where little can go wrong.
BRIGHTEST = 0.1


def coverage(
    restored: NDArray[np.floating], half_width: NDArray[np.floating], truth: NDArray[np.floating]
) -> dict[str, float]:
    """Count the pixels whose truth lies within their interval, in percent.

    Parameters
    ----------
    restored, truth : ndarray, shape (sH, sW)
    half_width : ndarray, shape (H, W)
        Of the interval round the restored pixels of each LR pixel; all in the same units.

    Returns
    -------
    dict from str to float
        ``inside`` of all pixels, ``inside_brightest`` of the tenth where the truth is brightest.
    """
    inside = np.abs(restored - truth) <= enlarged(half_width)
    return {
        "inside": 100 * float(inside.mean()),
        "inside_brightest": 100 * float(inside.ravel()[brightest(truth)].mean()),
    }


def brightest(truth: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Mark the brightest tenth of the pixels of an image (4H, 4W), flattened to (16HW,).

    By rank: in a field that is nearly all black, no pixel lies below its quantile.
    """
    rest = int((1 - BRIGHTEST) * truth.size)
    marked = np.zeros(truth.size, dtype=np.bool_)
    marked[np.argpartition(truth, rest, axis=None)[rest:]] = True
    return marked


def enlarged(half_width: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give each restored pixel the half-width of its LR pixel: (H, W) to (4H, 4W)."""
    return half_width.repeat(SCALE_FACTOR, axis=0).repeat(SCALE_FACTOR, axis=1)
