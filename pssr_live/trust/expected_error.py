"""What an engine says itself of how far off a restored frame may be, in parts of its brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pssr_live.trust.noise import Image, percentiles
from pssr_live.trust.window_figures import BRIGHT_PERCENTILE, DARK_PERCENTILE

# So many LR pixels along each side are enough to tell the figures from.
SAMPLED_SIDE = 100


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """A prediction like the frame itself: of a sample unlike its training an engine knows nothing.

    Attributes
    ----------
    half_width : ndarray of float32, shape (H, W)
        Of the interval round the restored pixels of each LR pixel, in counts.
    span : float
        The restored frame's range of brightness in counts: its 5 to its 99.5 percentile.
    typical : float
        Half of the frame's light, which is what lies above the darkest pixels, is in LR pixels
        where `half_width` is at most this, in parts of `span`. Weighted by light, since most pixels
        of a field are background, and of little interest. NaN in a frame without any light.
    """

    half_width: Image
    span: float
    typical: float

    @classmethod
    def of(cls, half_width: Image, restored: NDArray[np.uint8 | np.uint16]) -> ExpectedError:
        """Put an engine's intervals in relation to the frame that they are for.

        Parameters
        ----------
        half_width : ndarray of float32, shape (H, W)
            In counts; kept as it is.
        restored : ndarray, shape (sH, sW)

        Returns
        -------
        ExpectedError
        """
        factor = len(restored) // len(half_width)
        rows, columns = (max(round(side / SAMPLED_SIDE), 1) for side in half_width.shape)
        middle = factor // 2
        levels = restored[middle :: factor * rows, middle :: factor * columns].astype(np.float32)
        widths = half_width[::rows, ::columns]
        dark, bright = percentiles(levels, (DARK_PERCENTILE, BRIGHT_PERCENTILE))
        # Rounded to whole counts, a frame can't be told from one that has a count more.
        span = max(bright - dark, 1.0)
        light = np.maximum(levels - np.float32(dark), 0).ravel()
        order = np.argsort(widths, axis=None)
        gathered = np.cumsum(light[order], dtype=np.float64)
        if gathered[-1] == 0:
            return cls(half_width, span, float("nan"))
        half = int(np.searchsorted(gathered, gathered[-1] / 2))
        return cls(half_width, span, float(widths.ravel()[order[half]]) / span)
