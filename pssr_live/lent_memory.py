"""Memory for frames that comes back by itself when nobody looks at the frame any more."""

from __future__ import annotations

import math
import mmap
import sys
import weakref
from collections import deque

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType

# More than a session holds at once; what a slow taker hoards beyond is given back to the system.
_KEPT = 24


class LentMemory:
    """Lends arrays of one shape.

    A frame of 2048 x 2048 takes longer to allocate than to copy: the system clears each page of new
    memory. So an array that nobody holds any more, and no view of it either, is lent again. Nobody
    has to give anything back, and nobody can be handed pixels that somebody else still shows.

    Its methods may be called from any thread.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[PixelType]) -> None:
        self.shape = shape
        self.dtype = dtype
        self._free: deque[NDArray[PixelType]] = deque(maxlen=_KEPT)

    def take(self) -> NDArray[PixelType]:
        """Lend an array; what it holds is left over from before.

        Returns
        -------
        ndarray of the dtype and shape
        """
        try:
            memory = self._free.pop()
        except IndexError:
            memory = _new_memory(self.shape, self.dtype)
        # NumPy lets views of an array refer to what it stands on instead, but not through a buffer
        # that is no array: every view of this one, however taken, keeps it alive.
        lent = np.frombuffer(memory.data, self.dtype)
        weakref.finalize(lent, self._free.append, memory).atexit = False
        return lent.reshape(self.shape)


def _new_memory(shape: tuple[int, ...], dtype: np.dtype[PixelType]) -> NDArray[PixelType]:
    """Take memory from the system, in pages of the usual size.

    On Linux NumPy asks for huge pages, which the system may first have to find and clear: in a
    virtual machine that took five times as long, within the engine's time.
    """
    if sys.platform == "win32":
        return np.empty(shape, dtype)
    # Not shared: nothing may end up in a file.
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    pages = mmap.mmap(-1, max(1, math.prod(shape) * dtype.itemsize), flags=private)
    return np.frombuffer(pages, dtype, math.prod(shape)).reshape(shape)
