"""One channel of a recording as napari takes an array: read from the disk plane by plane."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from pssr_live.recording import Frames, Hyperstack, ReadWhenIndexed


class ChannelStack(ReadWhenIndexed):
    """The frames of one channel, read as they are indexed.

    Its shape is the one that it had when it was opened, since napari asks for it only then.

    Parameters
    ----------
    frames : Frames or Hyperstack
        Of the recording, open as long as this is looked at.
    channel : int
    """

    def __init__(self, frames: Frames | Hyperstack, channel: int) -> None:
        self._frames = frames
        self._channel = channel
        self.dtype = frames.dtype
        shape: tuple[int, ...] = frames.shape
        if isinstance(frames, Hyperstack):
            times, _, slices, *sides = shape
            shape = (times, *((slices,) if slices > 1 else ()), *sides)
        self.shape = shape
        self.ndim = len(shape)
        self.size = math.prod(shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read the planes that the leading keys ask for, and cut out the rest."""
        keys = key if isinstance(key, tuple) else (key,)
        if Ellipsis in keys:
            place = keys.index(Ellipsis)
            whole = (slice(None),) * (self.ndim + 1 - len(keys))
            keys = (*keys[:place], *whole, *keys[place + 1 :])
        if isinstance(self._frames, Frames):
            return self._frames[keys]
        time, *rest = keys
        if self.ndim == 3:
            return self._frames[time, self._channel, 0, *rest]
        return self._frames[time, self._channel, *rest]
