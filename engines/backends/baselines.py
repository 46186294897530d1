"""What every engine is compared with: plain enlargement, of one frame or of the mean of five."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engines.backends.prepared import Prepared, PreparedEngine
from engines.engine import SCALE_FACTOR, WINDOW_LENGTH, Pixels
from engines.errors import EngineError
from engines.intensity import IntensityScale

CENTRE = WINDOW_LENGTH // 2
DESCRIPTIONS = {
    "bilinear": "The centre frame, enlarged bilinearly",
    "bicubic": "The centre frame, enlarged bicubically",
    "rolling-mean": "The mean of the five frames, enlarged bilinearly",
}

# Of them, those that look at more than the centre frame.
MANY_FRAMES = ("rolling-mean",)

# What runs them.
BACKEND = "NumPy"

_Weights = list[list[tuple[int, float]]]


class Baseline(PreparedEngine):
    """`bilinear`, `bicubic` or `rolling-mean` as an engine; see `engines.engine.Engine`.

    Parameters
    ----------
    name : str
        A key of `DESCRIPTIONS`.
    """

    def __init__(self, name: str) -> None:
        if name not in DESCRIPTIONS:
            raise EngineError(
                f"There is no baseline {name}.", f"The baselines are {', '.join(DESCRIPTIONS)}."
            )
        super().__init__(name, BACKEND)

    def _make_ready(self, prepared: Prepared) -> None:
        self._frame = np.zeros((prepared.height, prepared.width), dtype=np.float32)
        self._restored = np.zeros(prepared.restored_shape, dtype=np.float32)

    def _restore(
        self,
        window: Pixels,
        intensity: IntensityScale,  # noqa: ARG002 - a linear enlargement needs no scale
        out: Pixels,
    ) -> None:
        if self.name == "rolling-mean":
            np.mean(window, axis=0, dtype=np.float32, out=self._frame)
        else:
            np.copyto(self._frame, window[CENTRE])
        enlarge = enlarge_bicubically if self.name == "bicubic" else enlarge_bilinearly
        enlarge(self._frame, self._restored)
        np.rint(self._restored, out=self._restored)
        if self.name == "bicubic":
            # A cubic overshoots at edges.
            np.clip(self._restored, 0, np.iinfo(out.dtype).max, out=self._restored)
        np.copyto(out, self._restored, casting="unsafe")

    def close(self) -> None:
        """Free the buffers."""
        super().close()
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
    _enlarge(frame, out, _BILINEAR)


def enlarge_bicubically(frame: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Enlarge a frame (H, W) into `out` (4H, 4W); as `enlarge_bilinearly`, by cubics.

    Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on
    Acoustics, Speech, and Signal Processing 29 (1981), with a = -1/2.
    """
    _enlarge(frame, out, _BICUBIC)


def _linear(distance: float) -> float:
    return max(1 - abs(distance), 0.0)


def _cubic(distance: float) -> float:
    x = abs(distance)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def _weights(kernel: Callable[[float], float]) -> _Weights:
    """For each of the four places in a pixel, the weights of the pixels round it."""
    places = [(phase + 0.5) / SCALE_FACTOR - 0.5 for phase in range(SCALE_FACTOR)]
    return [
        [(shift, kernel(place - shift)) for shift in range(-2, 3) if kernel(place - shift) != 0]
        for place in places
    ]


_BILINEAR, _BICUBIC = _weights(_linear), _weights(_cubic)
_REACH = 2


def _enlarge(frame: NDArray[np.float32], out: NDArray[np.float32], weights: _Weights) -> None:
    # Along x first: its strided writes are then made on a quarter of the rows.
    padded = np.pad(frame, _REACH, mode="edge")
    wide = np.empty((padded.shape[0], out.shape[1]), dtype=np.float32)
    _interpolate(padded.T, wide.T, weights)
    _interpolate(wide, out, weights)


def _interpolate(padded: NDArray[np.float32], out: NDArray[np.float32], weights: _Weights) -> None:
    """Fill the rows of `out` from the rows of `padded`, which has two more at each end."""
    rows = len(padded) - 2 * _REACH
    for phase, ((shift, weight), *others) in enumerate(weights):
        place = out[phase::SCALE_FACTOR]
        np.multiply(padded[_REACH + shift :][:rows], np.float32(weight), out=place)
        for shift, weight in others:
            place += np.float32(weight) * padded[_REACH + shift :][:rows]
