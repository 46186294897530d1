"""Memory for frames, straight from the system."""

from __future__ import annotations

import math
import mmap
import sys
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)


def new_memory(shape: tuple[int, ...], dtype: np.dtype[Number]) -> NDArray[Number]:
    """Take memory from the system, in pages of the usual size.

    On Linux NumPy asks for huge pages, which the system may first have to find and clear: in a
    virtual machine that took five times as long, within the engine's time.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype

    Returns
    -------
    ndarray of the dtype and shape
        Of any content. The system may still have to find each page when it is written to first.

    Raises
    ------
    MemoryError
        If the system has none left.
    """
    if sys.platform == "win32":
        memory = np.empty(shape, dtype)
    else:
        # Not shared: nothing may end up in a file.
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        size = max(1, math.prod(shape) * dtype.itemsize)
        try:
            pages = mmap.mmap(-1, size, flags=private)
        except OSError as error:
            # An OSError is what a disk throws, too.
            raise MemoryError(f"{size} bytes of memory can't be had") from error
        memory = np.frombuffer(pages, dtype, math.prod(shape)).reshape(shape)
    return memory
