"""Memory for frames that comes back by itself when nobody looks at the frame any more."""

from __future__ import annotations

import weakref
from collections import deque
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from acquisition.memory import Number, new_memory

# More than a session holds at once; what a slow taker hoards beyond is given back to the system.
_KEPT = 24


class LentMemory(Generic[Number]):
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

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Number]) -> None:
        self.shape = shape
        self.dtype = dtype
        self._free: deque[NDArray[Number]] = deque(maxlen=_KEPT)

    def take(self) -> NDArray[Number]:
        """Lend an array; what it holds is left over from before.

        Returns
        -------
        ndarray of the dtype and shape
        """
        try:
            memory = self._free.pop()
        except IndexError:
            memory = new_memory(self.shape, self.dtype)
        # NumPy lets views of an array refer to what it stands on instead, but not through a buffer
        # that is not an array: every view of this one, however taken, keeps it alive.
        lent = np.frombuffer(memory.data, self.dtype)
        weakref.finalize(lent, self._free.append, memory).atexit = False
        return lent.reshape(self.shape)
