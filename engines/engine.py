"""The seam between the stream and any way to restore it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engines.intensity import IntensityScale

WINDOW_LENGTH = 5
# Of every network and baseline: restored pixels to one LR pixel along a side.
SCALE_FACTOR = 4
# A larger frame takes seconds. It is timed on a part of it (to try each backend on a frame of
# 2048 x 2048 took 100 s, and at 4096 x 4096 all memory), and not run before the first that comes.
LARGEST_QUICK_FRAME = 512 * 512

Pixels = NDArray[np.uint8 | np.uint16]


class Engine(Protocol):
    """Turns a window of five LR frames into its restored centre frame.

    The order of calls is `warm_up` for a format (frame size and dtype), `restore` any number of
    times, `warm_up` again where the format changes, then `close`. One thread at a time.

    Attributes
    ----------
    name : str
        Of the bundle or baseline, for example ``mito-lite``.
    backend : str
        What runs it, in words, for example ``OpenVINO bf16``.
    digest : str
        SHA-256 of the model, empty for a baseline; goes into recordings.
    scale_factor : int
        Restored pixels to one LR pixel along a side.
    half_width : ndarray of float32, shape (H, W), or None
        Of the intervals that the engine predicts for the frame restored last: the truth shall lie
        within so many counts of the restored pixels in this LR pixel, for that part of them which
        the manifest states as its level.
        The next `restore` writes over it. None for an engine that was not opened for it.
    """

    name: str
    backend: str
    digest: str
    scale_factor: int
    half_width: NDArray[np.float32] | None

    def warm_up(self, height: int, width: int, dtype: DTypeLike) -> None:
        """Compile and allocate for one format, so that the first frame is as fast as the rest.

        Up to `LARGEST_QUICK_FRAME` pixels one is restored for it; a larger one would only keep the
        first that comes waiting.

        Parameters
        ----------
        height, width : int
            Size of an LR frame in pixels; any from the engine's smallest side up.
        dtype : dtype-like
            ``uint8`` or ``uint16``.

        Raises
        ------
        EngineError
            If the engine can't restore such frames, with the fix.
        """
        ...

    def restore(
        self, window: Pixels, intensity: IntensityScale, out: Pixels | None = None
    ) -> Pixels:
        """Restore the centre frame.

        Parameters
        ----------
        window : ndarray of uint8 or uint16, shape (5, H, W)
            Counts; not written to.
        intensity : IntensityScale
            The recording's scale.
        out : ndarray of the window's dtype, shape (sH, sW), optional
            Where to put the result; C-contiguous and writeable.

        Returns
        -------
        ndarray of the window's dtype, shape (sH, sW)
            Counts in the raw data's units, rounded and clipped to the dtype; `out` if it was given.

        Raises
        ------
        EngineError
            On a window of another format than the last `warm_up`'s, or a result that is not finite.
        """
        ...

    def close(self) -> None:
        """Free what `warm_up` took. May be called more than once."""
        ...
