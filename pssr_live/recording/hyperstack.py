"""The frames of a file of several streams, as one array that is read as it is indexed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live.recording.file_array import FileArray
from pssr_live.recording.plane import Plane

Index = int | slice
_STACKED = 3


class Hyperstack(FileArray):
    """The frames of one file by time point, channel and slice, read from disk as they are indexed.

    A frame that is not there, lost or not restored, is zeros; `frames_there` tells. Works where an
    array is expected (numpy, napari, dask), also while the file is being written.

    Parameters
    ----------
    path : Path
        Of a recording: an OME-TIFF or an OME-Zarr.
    channels : tuple of str
        Names of its channels.
    slices : int
        Z slices of each.
    """

    axes = "TCZYX"
    ndim = len(axes)

    def __init__(self, path: Path, *, channels: tuple[str, ...], slices: int) -> None:
        super().__init__(path)
        self.channels = channels
        self._slices = slices
        self._known: list[Plane | None] = []
        self._places: dict[Plane, int] = {}

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Time points that the file reaches now, channels, slices, height, width."""
        times = 1 + max((plane.time_point for plane in self._look()), default=-1)
        return times, len(self.channels), self._slices, *self._pages.shape

    @property
    def frames_there(self) -> NDArray[np.bool_]:
        """Which frames are there now, shape (T, C, Z)."""
        there = np.zeros(self.shape[:_STACKED], bool)
        for plane in self._places:
            there[plane.time_point, plane.channel, plane.z] = True
        return there

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Index | tuple[Index, ...]) -> NDArray[PixelType]:
        """Read a part, ``stack[3, 0]`` or ``stack[:, 1, 0, 10:20]``, by time point, channel, …."""
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > self.ndim:
            raise IndexError(f"there are {self.ndim} axes, {self.axes}, not {len(keys)}")
        keys += (slice(None),) * (self.ndim - len(keys))
        wanted = [
            range(length)[one] if isinstance(one, slice) else [range(length)[one]]
            for one, length in zip(keys[:_STACKED], self.shape[:_STACKED], strict=True)
        ]
        within = keys[_STACKED:]
        page: NDArray[PixelType] = np.zeros(self._pages.shape, self.dtype)
        out: NDArray[PixelType] = np.zeros((*map(len, wanted), *page[within].shape), self.dtype)
        for place in np.ndindex(*out.shape[:_STACKED]):
            time_point, channel, z = (one[at] for one, at in zip(wanted, place, strict=True))
            position = self._places.get(Plane(channel, z, time_point))
            if position is not None:
                self._read_into(position, page)
                out[place] = page[within]
        return out[tuple(slice(None) if isinstance(one, slice) else 0 for one in keys[:_STACKED])]

    def _look(self) -> dict[Plane, int]:
        """Look again where frames belong, if there are more than before."""
        if len(self._pages) != len(self._known) or None in self._known:
            self._known = self._pages.planes()
            pairs = enumerate(self._known)
            self._places = {plane: position for position, plane in pairs if plane is not None}
        return self._places
