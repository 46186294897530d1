"""BM3D, the denoiser that learns nothing, before or after enlarging.

Dabov et al., "Image denoising by sparse 3-D transform-domain collaborative filtering", IEEE
Transactions on Image Processing 16 (2007). Its authors' package is for non-commercial use only, so
it does not come with pssr-live; whoever may use it installs it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engines import SCALE_FACTOR, WINDOW_LENGTH, IntensityScale, enlarge_bilinearly
from pssr_live.crappify import Counts
from pssr_live.errors import UserError

DENOISERS: Mapping[str, str] = MappingProxyType(
    {
        "bm3d-before": "The centre frame, denoised by BM3D, then enlarged bilinearly",
        "bm3d-after": "The centre frame, enlarged bilinearly, then denoised by BM3D",
    }
)
# Noise level told to BM3D, in parts of the recording's brightness: what a sweep tries.
SIGMAS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4)


class BM3D:
    """BM3D with bilinear enlargement, as a method to compare with; see `methods.Method`.

    Parameters
    ----------
    name : str
        A key of `DENOISERS`.

    Attributes
    ----------
    sigma : float
        Standard deviation of the noise, in network units; one of `SIGMAS`, to be chosen.

    Raises
    ------
    UserError
        If the package ``bm3d`` is not installed.
    """

    half_width = None

    def __init__(self, name: str) -> None:
        if importlib.util.find_spec("bm3d") is None:
            raise UserError(
                f"{name} needs the package bm3d, which is for non-commercial use only and so does "
                "not come with pssr-live.",
                "Where its licence lets you: python -m pip install bm3d",
            )
        self.name = name
        self.sigma = SIGMAS[0]
        self.about = ""
        self.promised: float | None = None

    def begin(self, lr: Counts) -> None:
        """Fix the recording's intensity scale."""
        self.about = f"sigma {self.sigma:g}"
        self._lr = lr
        self._intensity = IntensityScale.from_window(lr[:WINDOW_LENGTH])

    def restore(self, frame: int) -> NDArray[np.float32]:
        """Denoise and enlarge one frame."""
        units = self._intensity.to_network(self._lr[frame])
        if self.name == "bm3d-before":
            restored = _enlarged(self._denoised(units))
        else:
            restored = self._denoised(_enlarged(units))
        counts: NDArray[np.float32] = self._intensity.offset + self._intensity.gain * restored
        return counts

    def close(self) -> None:
        """Nothing is kept."""

    def _denoised(self, units: NDArray[np.float32]) -> NDArray[np.float32]:
        from bm3d import bm3d

        return np.asarray(bm3d(units, self.sigma), np.float32)


def _enlarged(units: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = units.shape
    out = np.empty((SCALE_FACTOR * height, SCALE_FACTOR * width), np.float32)
    enlarge_bilinearly(units, out)
    return out
