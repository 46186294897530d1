"""Windows of several streams, read from a raw file in which their frames lie in any order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, FrameFormat, FrameRow, PixelType, Window
from pssr_live.recording.images import Pages
from pssr_live.recording.written_streams import WrittenStreams

# Streams of whose windows the frames are kept for the next.
_STREAMS_HELD = 8


class PlacedWindows:
    """Reads windows, one after the other; each is valid until the next is read.

    Parameters
    ----------
    streams : WrittenStreams
        Which frames are of which stream.
    frame_format : FrameFormat
        Theirs.
    row : callable
        Told a position, returns that line of frames.csv.
    began : float
        When the recording began, on the clock of `Frame.received`.
    """

    def __init__(
        self,
        streams: WrittenStreams,
        frame_format: FrameFormat,
        *,
        row: Callable[[int], FrameRow],
        began: float = 0.0,
    ) -> None:
        self._streams = streams
        self._row = row
        self._began = began
        self._shape, self._dtype = frame_format.shape, frame_format.dtype
        self._pixels: NDArray[PixelType] = np.empty((WINDOW_LENGTH, *self._shape), self._dtype)
        self._held: dict[int, NDArray[PixelType]] = {}
        self._most_held = WINDOW_LENGTH * min(len(frame_format.streams), _STREAMS_HELD)

    def read(self, pages: Pages, centre: int) -> Window:
        """Read the window round the frame at a position.

        Parameters
        ----------
        pages : Pages
            The raw file.
        centre : int
            The position; frames two ahead in its stream are on disk, or never come.
        """
        positions = self._streams.order.window(centre, ended=True)
        if positions is None:
            raise RuntimeError(f"frame {centre} has no window")
        for place, position in enumerate(map(int, positions)):
            self._pixels[place] = self._frame(pages, position)
        while len(self._held) > self._most_held:
            del self._held[next(iter(self._held))]
        first, last, different = int(positions[0]), int(positions[-1]), np.unique(positions)
        row = self._row(centre)
        return Window(
            pixels=self._pixels,
            index=row.index,
            acquired=row.acquired_s,
            received=self._began + row.received_s,
            completed=self._began + self._row(last).received_s,
            sequence=centre,
            first=first,
            last=last,
            stream=self._streams.stream(centre),
            time_point=self._streams.time_point(centre),
            before=int(np.count_nonzero(different < centre)),
            after=int(np.count_nonzero(different > centre)),
        )

    def _frame(self, pages: Pages, position: int) -> NDArray[PixelType]:
        held = self._held.pop(position, None)
        if held is None:
            held = np.empty(self._shape, self._dtype)
            pages.read_into(position, held)
        # Those looked at last come last, the others are let go first.
        self._held[position] = held
        return held
