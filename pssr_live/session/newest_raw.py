"""The newest frame of each stream as it was scanned, before anything is restored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from acquisition import Frame, FrameFormat, LentMemory, PixelType, StreamKey
from pssr_live.session.live import LiveSession


class RawFrame(NamedTuple):
    """A frame as it was scanned.

    Attributes
    ----------
    sequence : int
        Its place in the session.
    frame : Frame
        Its pixels are a copy.
    format : FrameFormat
        Of the frames of its position.
    """

    sequence: int
    frame: Frame
    format: FrameFormat


class NewestRaw:
    """Copies newest frames out of a session's memory, for one who looks and when they look.

    So a frame costs the session nothing, and is there as soon as it has come.

    Parameters
    ----------
    session : LiveSession
    """

    def __init__(self, session: LiveSession) -> None:
        self.session = session
        self._seen: dict[StreamKey, int] = {}
        self._memory: LentMemory[PixelType] = LentMemory((0, 0), np.dtype(np.uint16))

    def take(self, wanted: Callable[[StreamKey], bool]) -> list[RawFrame]:
        """Copy the newest frame of each stream that is wanted and has a newer one than before.

        Parameters
        ----------
        wanted : callable
            Told a stream, says whether somebody looks at it.

        Returns
        -------
        list of RawFrame
            In the order in which they came.
        """

        def is_new(stream: StreamKey, sequence: int) -> bool:
            return sequence > self._seen.get(stream, -1) and wanted(stream)

        found = []
        for segment in self.session.newest_segments:
            for sequence, frame in segment.newest_raw(is_new, self._copy):
                self._seen[frame.stream] = sequence
                found.append(RawFrame(sequence, frame, segment.format))
        return sorted(found, key=lambda one: one.frame.received)

    def _copy(self, frame: Frame) -> Frame:
        shape, dtype = frame.pixels.shape, frame.pixels.dtype
        if (shape, dtype) != (self._memory.shape, self._memory.dtype):
            self._memory = LentMemory(shape, dtype)
        pixels = self._memory.take()
        np.copyto(pixels, frame.pixels)
        return replace(frame, pixels=pixels)
