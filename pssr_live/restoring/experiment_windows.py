"""Windows of an experiment that is on disk, each within its stream."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, Experiment, PixelType, StreamKey, StreamOrder, Window

# Frames are read again where those of all windows under way take more.
_MOST_BYTES = 512 << 20


class ExperimentWindows:
    """The five neighbours of each frame in its own stream.

    Parameters
    ----------
    experiment : Experiment
        Read from.
    frames : int, optional
        How many of its frames, in the order of recording, are taken to be there; all by default.
    """

    def __init__(self, experiment: Experiment, frames: int | None = None) -> None:
        self._experiment = experiment
        self._order = StreamOrder(len(experiment.streams))
        for place in range(experiment.frame_count if frames is None else frames):
            self._order.append(experiment.stream_number(place), experiment.index(place))
        self._read: OrderedDict[int, NDArray[PixelType]] = OrderedDict()
        frame_bytes = int(np.prod(experiment.format.shape)) * experiment.format.dtype.itemsize
        wanted = WINDOW_LENGTH * len(experiment.streams)
        self._most = max(WINDOW_LENGTH, min(wanted, _MOST_BYTES // frame_bytes))

    def __len__(self) -> int:
        return len(self._order)

    def places(self, place: int) -> tuple[int, ...]:
        """Places, in the order of recording, of the window round a frame; the edges repeated."""
        found = self._order.window(place, ended=True)
        assert found is not None  # noqa: S101 - nothing is waited for
        return tuple(map(int, found))

    def window(self, place: int) -> Window:
        """Read the window round a frame.

        Returns
        -------
        Window
            A copy.

        Raises
        ------
        SourceError
            If a frame can't be read, naming it.
        """
        experiment, places = self._experiment, self.places(place)
        return Window(
            pixels=np.stack([self._frame(one) for one in places]),
            index=experiment.index(place),
            acquired=experiment.time_s(place) or 0.0,
            received=0.0,
            completed=0.0,
            sequence=place,
            first=min(places),
            last=max(places),
            stream=experiment.stream(place),
            time_point=experiment.index(place),
            before=len({one for one in places if one < place}),
            after=len({one for one in places if one > place}),
        )

    def first_frames(self, stream: StreamKey) -> NDArray[PixelType] | None:
        """Read the first frames of a stream, shape (5 or fewer, H, W); None if it has none."""
        frames = [self._frame(place) for place in self._first(stream)]
        return np.stack(frames) if frames else None

    def _first(self, stream: StreamKey) -> Iterator[int]:
        number = self._experiment.format.stream_number(stream)
        for one in range(min(WINDOW_LENGTH, self._order.count(number))):
            yield self._order.place(number, one)

    def _frame(self, place: int) -> NDArray[PixelType]:
        if place in self._read:
            self._read.move_to_end(place)
            return self._read[place]
        pixels = self._experiment.frame(place)
        self._read[place] = pixels
        while len(self._read) > self._most:
            self._read.popitem(last=False)
        return pixels
