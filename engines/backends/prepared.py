"""The format that an engine was warmed up for, and what all engines do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engines.bundle import Bundle
from engines.engine import SCALE_FACTOR, WINDOW_LENGTH, Pixels
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.manifest import MODEL_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One format of frames that an engine stands ready for.

    Attributes
    ----------
    engine : str
        Its name, for the errors.
    height, width : int
        Size of an LR frame in pixels.
    dtype : numpy.dtype
        ``uint8`` or ``uint16``.
    scale_factor : int
        Restored pixels to one LR pixel along a side.
    """

    engine: str
    height: int
    width: int
    dtype: np.dtype[np.uint8 | np.uint16]
    scale_factor: int

    @property
    def restored_shape(self) -> tuple[int, int]:
        """Height and width of a restored frame."""
        return self.height * self.scale_factor, self.width * self.scale_factor

    def check_window(self, window: NDArray[np.generic]) -> None:
        """Refuse a window of another format.

        Raises
        ------
        EngineError
        """
        expected = (WINDOW_LENGTH, self.height, self.width)
        if window.shape != expected or window.dtype != self.dtype:
            raise EngineError(
                f"{self.engine} is ready for windows of {expected} {self.dtype}, "
                f"not {window.shape} {window.dtype}.",
                "Begin a new recording for frames of another format.",
            )

    def place(self, out: Pixels | None) -> Pixels:
        """Give the array to write the restored frame to: `out`, or a new one.

        Raises
        ------
        EngineError
            If the result can't be written to `out` as it lies.
        """
        if out is None:
            return np.empty(self.restored_shape, dtype=self.dtype)
        if out.shape != self.restored_shape or out.dtype != self.dtype:
            raise EngineError(
                f"{self.engine} restores to {self.restored_shape} {self.dtype}, "
                f"but the place given for it is {out.shape} {out.dtype}.",
                "Give an array of the restored frame's shape and of the window's dtype.",
            )
        if not (out.flags.c_contiguous and out.flags.writeable):
            raise EngineError(
                f"{self.engine} can't write to the place given: "
                "it is read-only, or not one block of memory.",
                "Give a writeable C-contiguous array.",
            )
        return out


def prepare(
    engine: str,
    height: int,
    width: int,
    *,
    dtype: DTypeLike,
    scale_factor: int,
    smallest_side: int = 1,
) -> Prepared:
    """Check that an engine can restore frames of this format.

    Raises
    ------
    EngineError
        If the frame is too small, or not of 8-bit or 16-bit unsigned integers.
    """
    pixel: np.dtype[Any] = np.dtype(dtype)
    if pixel not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise EngineError(
            f"{engine} restores frames of uint8 or uint16, not {pixel}.",
            "Store the counts as 8-bit or 16-bit unsigned integers in native byte order.",
        )
    if min(height, width) < smallest_side:
        raise EngineError(
            f"{engine} needs frames of at least {smallest_side} x {smallest_side} pixels, "
            f"not {height} x {width}.",
            "Scan a larger field, or use an engine for any size: --engine bilinear",
        )
    return Prepared(
        engine=engine, height=height, width=width, dtype=pixel, scale_factor=scale_factor
    )


class PreparedEngine(ABC):
    """Checks format, windows and places, and leaves the rest to each kind of engine.

    See `engines.engine.Engine`.

    Parameters
    ----------
    name, backend : str
    digest : str
        Of the model, if there is one.
    scale_factor : int
        Restored pixels to one LR pixel along a side.
    smallest_side : int
        Of the frames that it restores, in LR pixels.
    """

    def __init__(
        self,
        name: str,
        backend: str,
        *,
        digest: str = "",
        scale_factor: int = SCALE_FACTOR,
        smallest_side: int = 1,
    ) -> None:
        self.name = name
        self.backend = backend
        self.digest = digest
        self.scale_factor = scale_factor
        self.half_width: NDArray[np.float32] | None = None
        self._smallest_side = smallest_side
        self._prepared: Prepared | None = None

    def warm_up(self, height: int, width: int, dtype: DTypeLike) -> None:
        """Compile and allocate for one format, and run once where that is quick."""
        prepared = prepare(
            self.name,
            height,
            width,
            dtype=dtype,
            scale_factor=self.scale_factor,
            smallest_side=self._smallest_side,
        )
        self._prepared = None
        self._make_ready(prepared)
        self._prepared = prepared

    def restore(
        self, window: Pixels, intensity: IntensityScale, out: Pixels | None = None
    ) -> Pixels:
        """Restore the centre frame."""
        if self._prepared is None:
            raise RuntimeError("warm_up comes before restore")
        self._prepared.check_window(window)
        out = self._prepared.place(out)
        self._restore(window, intensity, out)
        return out

    def close(self) -> None:
        """Free what `warm_up` took. May be called more than once."""
        self._prepared = None
        self.half_width = None

    @abstractmethod
    def _make_ready(self, prepared: Prepared) -> None:
        """Compile and allocate for a format."""

    @abstractmethod
    def _restore(self, window: Pixels, intensity: IntensityScale, out: Pixels) -> None:
        """Restore a window of the format, into a place of its size."""


class BundleEngine(PreparedEngine):
    """An engine whose model is that of a bundle."""

    def __init__(self, bundle: Bundle, backend: str) -> None:
        manifest = bundle.manifest
        super().__init__(
            manifest.name,
            backend,
            digest=manifest.files[MODEL_FILE],
            scale_factor=manifest.scale_factor,
            smallest_side=manifest.smallest_side,
        )
        self._bundle = bundle
