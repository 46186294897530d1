"""What every engine is compared with: bilinear enlargement, of one frame or of the mean of five."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engines.backends.prepared import Prepared, prepare
from engines.engine import WINDOW_LENGTH, Pixels
from engines.errors import EngineError
from engines.intensity import IntensityScale

SCALE_FACTOR = 4
CENTRE = WINDOW_LENGTH // 2
DESCRIPTIONS = {
    "bilinear": "The centre frame, enlarged bilinearly",
    "rolling-mean": "The mean of the five frames, enlarged bilinearly",
}


class Baseline:
    """`bilinear` or `rolling-mean` as an engine; see `engines.engine.Engine`.

    Parameters
    ----------
    name : str
        A key of `DESCRIPTIONS`.
    """

    backend = "NumPy"
    digest = ""
    scale_factor = SCALE_FACTOR

    def __init__(self, name: str) -> None:
        if name not in DESCRIPTIONS:
            raise EngineError(
                f"There is no baseline {name}.", f"The baselines are {' and '.join(DESCRIPTIONS)}."
            )
        self.name = name
        self._prepared: Prepared | None = None

    def warm_up(self, height: int, width: int, dtype: DTypeLike) -> None:
        """Allocate for one format."""
        prepared = prepare(self.name, height, width, dtype, scale_factor=SCALE_FACTOR)
        self._frame = np.zeros((height, width), dtype=np.float32)
        self._restored = np.zeros(prepared.restored_shape, dtype=np.float32)
        self._prepared = prepared

    def restore(
        self,
        window: Pixels,
        intensity: IntensityScale,  # noqa: ARG002 - a linear enlargement needs no scale
        out: Pixels | None = None,
    ) -> Pixels:
        """Enlarge the centre frame, or the mean of the five."""
        if self._prepared is None:
            raise RuntimeError("warm_up comes before restore")
        self._prepared.check_window(window)
        out = self._prepared.place(out)
        if self.name == "bilinear":
            np.copyto(self._frame, window[CENTRE])
        else:
            np.mean(window, axis=0, dtype=np.float32, out=self._frame)
        enlarge_bilinearly(self._frame, self._restored)
        np.rint(self._restored, out=self._restored)
        np.copyto(out, self._restored, casting="unsafe")
        return out

    def close(self) -> None:
        """Free the buffers."""
        self._prepared = None
        self._frame = self._restored = np.empty((0, 0), dtype=np.float32)


def enlarge_bilinearly(frame: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Enlarge a frame four times along each side.

    Pixel centres lie at half-integers and the edges are repeated: the convention of torch's
    ``interpolate(mode="bilinear", align_corners=False)``.

    Parameters
    ----------
    frame : ndarray of float32, shape (H, W)
    out : ndarray of float32, shape (4H, 4W)
    """
    # Along x first: its strided writes are then made on a quarter of the rows.
    padded = np.pad(frame, 1, mode="edge")
    wide = np.empty((padded.shape[0], out.shape[1]), dtype=np.float32)
    _interpolate(padded.T, wide.T)
    _interpolate(wide, out)


def _interpolate(padded: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Fill the rows of `out` from the rows of `padded`, which has one more at each end."""
    for phase in range(SCALE_FACTOR):
        # Where this phase lies between a pixel's centre and the next, from the pixel above on.
        position = (phase + 0.5) / SCALE_FACTOR + 0.5
        above = int(position)
        weight = np.float32(position - above)
        first = padded[above : above + len(padded) - 2]
        second = padded[above + 1 : above + len(padded) - 1]
        np.multiply(first, 1 - weight, out=out[phase::SCALE_FACTOR])
        out[phase::SCALE_FACTOR] += weight * second
