"""Memory that our process and the client's both see: pixels cross in it, not through a socket.

It has no name that could be left behind, but on Windows, where a name vanishes with its last user:
whichever process is killed, the system takes the memory back. ``multiprocessing.shared_memory``
would unlink it at the client's death on Python before 3.13.
"""

from __future__ import annotations

import importlib
import math
import mmap
import os
import secrets
import sys
import threading
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Holds 170 frames of 440 x 440 pixels of 16 bits, or seven of 2048 x 2048.
SIZE = 64 * 2**20
_ALIGNMENT = 64


class SharedMemory:
    """The owner's end: hands a key to the client, and copies frames out.

    Parameters
    ----------
    size : int
        Bytes.

    Attributes
    ----------
    key : str
        What the client opens it with.
    inherited : tuple of int
        File descriptors that the client's process has to inherit.
    """

    def __init__(self, size: int) -> None:
        self.inherited: tuple[int, ...] = ()
        if sys.platform == "win32":
            self.key = f"pssr-live-{secrets.token_hex()}"
            self._memory = mmap.mmap(-1, size, tagname=self.key)
        else:
            if sys.platform == "linux":
                self._descriptor = os.memfd_create("pssr-live")
            else:
                self._descriptor = nameless_memory()
            os.ftruncate(self._descriptor, size)
            self._memory = mmap.mmap(self._descriptor, size)
            self.inherited = (self._descriptor,)
            self.key = str(self._descriptor)

    def copy(self, offset: int, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Copy a frame of this shape and dtype out; `offset` is in bytes."""
        return _view(self._memory, offset, shape, dtype=dtype).copy()

    def close(self) -> None:
        """Let go of it."""
        self._memory.close()
        if sys.platform != "win32":
            os.close(self._descriptor)


def nameless_memory() -> int:
    """Get shared memory as POSIX has it, which no disk ever sees; for systems without memfd.

    Returns
    -------
    int
        A file descriptor. Its name is gone already.
    """
    # What the standard library's own shared memory is made of; ctypes can't call it everywhere.
    posix = importlib.import_module("_posixshmem")
    # macOS takes 31 characters.
    name = f"/pssr-{secrets.token_hex(8)}"
    descriptor: int = posix.shm_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    posix.shm_unlink(name)
    return descriptor


class FramesUnderWay:
    """The client's end: puts frames in, as long as there is room.

    Parameters
    ----------
    key : str
        Of the owner's end.
    size : int
        Bytes.
    most : int
        Frames that may be under way.
    """

    def __init__(self, key: str, size: int, most: int) -> None:
        if sys.platform == "win32":
            self._memory = mmap.mmap(-1, size, tagname=key)
        else:
            self._memory = mmap.mmap(int(key), size)
        self._most = most
        self._places: deque[tuple[int, int]] = deque()
        self._changed = threading.Condition()

    def put(self, pixels: NDArray[Any], timeout: float) -> int | None:
        """Put a frame in.

        Parameters
        ----------
        pixels : ndarray
            Of no more bytes than `fits` allows.
        timeout : float
            Seconds to wait for room.

        Returns
        -------
        int or None
            Its place; None if there was no room in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._room(pixels.nbytes) is not None, timeout):
                return None
            place = self._room(pixels.nbytes)
            assert place is not None  # noqa: S101 - just waited for
            self._places.append((place, place + pixels.nbytes))
        np.copyto(_view(self._memory, place, pixels.shape, dtype=pixels.dtype), pixels)
        return place

    def fits(self, pixels: NDArray[Any]) -> bool:
        """Whether there is room for a frame once all others are taken."""
        return pixels.nbytes <= len(self._memory)

    def taken(self, count: int) -> None:
        """Note that the owner has copied its oldest frames out."""
        with self._changed:
            for _ in range(min(count, len(self._places))):
                self._places.popleft()
            self._changed.notify()

    def wait_until_taken(self, timeout: float) -> bool:
        """Wait until no frame is under way; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._places, timeout)

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()

    def _room(self, size: int) -> int | None:
        """Find a free stretch behind the newest frame, or at the beginning."""
        if not self._places:
            # The same few pages again and again stay in the processor's cache.
            return 0 if size <= len(self._memory) else None
        if len(self._places) == self._most:
            return None
        oldest, newest = self._places[0][0], self._places[-1][1]
        start = math.ceil(newest / _ALIGNMENT) * _ALIGNMENT
        if oldest >= newest:
            return start if start + size <= oldest else None
        if start + size <= len(self._memory):
            return start
        return 0 if size <= oldest else None


def _view(
    memory: mmap.mmap, offset: int, shape: tuple[int, ...], *, dtype: DTypeLike
) -> NDArray[Any]:
    count = math.prod(shape)
    return np.frombuffer(memory, dtype, count, offset).reshape(shape)
