"""One image as it came from the microscope, and what is the same for all of a segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

PixelType = np.uint8 | np.uint16
NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFormat:
    """What all frames of a segment share.

    Attributes
    ----------
    height, width : int
        Size of a frame in LR pixels.
    dtype : numpy.dtype
        ``uint8`` or ``uint16``.
    significant_bits : int
        Bits the detector uses: 12-bit counts often come in 16-bit pixels.
    pixel_size_um : float or None
        Side of an LR pixel in µm; None where the source does not know.
    interval_s : float or None
        Time from frame to frame in seconds; None where the source does not know.
    camera : str
        The camera's label.
    """

    height: int
    width: int
    dtype: np.dtype[PixelType]
    significant_bits: int
    pixel_size_um: float | None = None
    interval_s: float | None = None
    camera: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        if self.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ValueError(f"frames are uint8 or uint16, not {self.dtype}")
        if self.height < 1 or self.width < 1:
            raise ValueError(f"a frame has at least one pixel, not {self.height} x {self.width}")
        if not 1 <= self.significant_bits <= 8 * self.dtype.itemsize:
            raise ValueError(f"{self.significant_bits} significant bits do not fit {self.dtype}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def __str__(self) -> str:
        pixel = f", {self.pixel_size_um:g} µm pixels" if self.pixel_size_um else ""
        return f"{self.height} x {self.width} {self.dtype}{pixel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One LR frame. Its pixels can't be written to.

    Attributes
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W)
        Detector counts.
    index : int
        The source's own number of the frame; a jump means that the camera lost frames.
    acquired : float
        Seconds on the source's clock since its first frame; NaN where that is not known.
    received : float
        ``time.perf_counter()`` when the frame reached this process.
    tags : mapping of str to str
        What else the microscope said of this frame.
    """

    pixels: NDArray[PixelType]
    index: int
    acquired: float
    received: float
    tags: Mapping[str, str] = field(default_factory=lambda: NO_TAGS)

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2:
            raise ValueError(f"a frame is (height, width), not {self.pixels.shape}")
        if self.pixels.flags.writeable:
            view = self.pixels.view()
            view.flags.writeable = False
            object.__setattr__(self, "pixels", view)
