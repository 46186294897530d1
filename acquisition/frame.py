"""One image as it came from the microscope, and what is the same for all of a segment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import Channel, StreamKey
from acquisition.names import readable

PixelType = np.uint8 | np.uint16
NO_TAGS: Mapping[str, str] = MappingProxyType({})
ONE_STREAM = StreamKey()
_AS_INDEX = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFormat:
    """What all frames of a segment share, and which streams they are of.

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
        From time point to time point, where there are several streams.
    camera : str
        The camera's label.
    channels : tuple of Channel
        At least one.
    slices : int
        Z slices of each channel.
    z_step_um : float or None
        From slice to slice in µm.
    frames_are_slices : bool
        Whether frames follow one another in depth, `z_step_um` apart, and not in time.
    positions : tuple of str
        Names of the positions; at least one.
    """

    height: int
    width: int
    dtype: np.dtype[PixelType]
    significant_bits: int
    pixel_size_um: float | None = None
    interval_s: float | None = None
    camera: str = ""
    channels: tuple[Channel, ...] = (Channel(),)
    slices: int = 1
    z_step_um: float | None = None
    frames_are_slices: bool = False
    positions: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        object.__setattr__(self, "camera", readable(self.camera))
        object.__setattr__(self, "positions", tuple(map(readable, self.positions)))
        # Down or up, a step is as long.
        step_um = abs(self.z_step_um or 0.0)
        sizes = {"pixel_size_um": self.pixel_size_um, "interval_s": self.interval_s}
        for name, value in (sizes | {"z_step_um": step_um}).items():
            object.__setattr__(self, name, _known(value))
        if self.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ValueError(f"frames are uint8 or uint16, not {self.dtype}")
        if self.height < 1 or self.width < 1:
            raise ValueError(f"a frame has at least one pixel, not {self.height} x {self.width}")
        if not 1 <= self.significant_bits <= 8 * self.dtype.itemsize:
            raise ValueError(f"{self.significant_bits} significant bits do not fit {self.dtype}")
        if not self.channels or self.slices < 1 or not self.positions:
            raise ValueError("there is at least one channel, one slice and one position")

    @property
    def streams(self) -> tuple[StreamKey, ...]:
        """All streams there are: position by position, channel by channel, slice by slice."""
        return tuple(
            StreamKey(position, channel, z)
            for position in range(len(self.positions))
            for channel in range(len(self.channels))
            for z in range(self.slices)
        )

    def stream_number(self, stream: StreamKey) -> int:
        """Where a stream stands in `streams`.

        Raises
        ------
        ValueError
            If there is none such.
        """
        sizes = len(self.positions), len(self.channels), self.slices
        if not all(0 <= place < size for place, size in zip(stream, sizes, strict=True)):
            raise ValueError(f"there is no {stream} in {self}")
        return (stream.position * sizes[1] + stream.channel) * sizes[2] + stream.z

    def stream_name(self, stream: StreamKey) -> str:
        """Name a stream in words, by what tells it from the others."""
        named = {
            "position": (self.positions[stream.position], stream.position, len(self.positions)),
            "channel": (self.channels[stream.channel].name, stream.channel, len(self.channels)),
            "slice": ("", stream.z, self.slices),
        }
        return ", ".join(
            name or f"{what} {number}" for what, (name, number, count) in named.items() if count > 1
        )

    def at_position(self, position: int) -> FrameFormat:
        """Return the format of the frames of one position."""
        return replace(self, positions=(self.positions[position],))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def __str__(self) -> str:
        pixel = f", {self.pixel_size_um:g} µm pixels" if self.pixel_size_um else ""
        counts = {
            "positions": len(self.positions),
            "channels": len(self.channels),
            "slices": self.slices,
        }
        several = "".join(f", {count} {what}" for what, count in counts.items() if count > 1)
        return f"{self.height} x {self.width} {self.dtype}{pixel}{several}"


def _known(value: float | None) -> float | None:
    """A size as it is; what can be none, as NaN from a driver or 0 from a file, is not known."""
    return value if value is not None and math.isfinite(value) and value > 0 else None


class Missing(NamedTuple):
    """Frames of a stream that are missing in a row.

    Attributes
    ----------
    first, last : int
        Their numbers, as the source counts.
    cause : str
        See `Frame.lost_to`.
    """

    first: int
    last: int
    cause: str


NOTHING_MISSING: Mapping[StreamKey, Missing] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One LR frame. Its pixels can't be written to.

    Attributes
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W)
        Detector counts.
    index : int
        The source's own number of the frame in its stream; a jump means that frames of it were
        lost.
    acquired : float
        Seconds on the source's clock since its first frame; NaN where that is not known.
    received : float
        ``time.perf_counter()`` when the frame reached this process.
    tags : mapping of str to str
        What else the microscope said of this frame.
    stream : StreamKey
        Which one it is of.
    time_point : int
        Of the experiment, from 0: frames of several streams that belong together have the same.
        Its `index`, where nothing else is said.
    lost_before : int
        Frames of its stream that are missing right before it, as far as who counts them has noted.
    lost_to : str
        What has become of them, in a word; empty where nobody knows.
    late_s : float
        Seconds from the deadline of its time point to the beginning of that; NaN where there is no
        deadline.
    """

    pixels: NDArray[PixelType]
    index: int
    acquired: float
    received: float
    tags: Mapping[str, str] = field(default_factory=lambda: NO_TAGS)
    stream: StreamKey = ONE_STREAM
    time_point: int = _AS_INDEX
    lost_before: int = 0
    lost_to: str = ""
    late_s: float = math.nan

    def __post_init__(self) -> None:
        if self.time_point == _AS_INDEX:
            object.__setattr__(self, "time_point", self.index)
        if self.pixels.ndim != 2:
            raise ValueError(f"a frame is (height, width), not {self.pixels.shape}")
        if self.pixels.flags.writeable:
            view = self.pixels.view()
            view.flags.writeable = False
            object.__setattr__(self, "pixels", view)
