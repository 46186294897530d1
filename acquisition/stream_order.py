"""In which order the frames of several streams came, and which of them are neighbours in time."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from acquisition.window import WINDOW_LENGTH, window_positions

_LOOK_AHEAD = WINDOW_LENGTH // 2


class StreamOrder:
    """The place of every frame of every stream among all frames as received.

    One thread appends, any number looks. It takes some 40 bytes a frame, for as long as it lives.

    Parameters
    ----------
    streams : int
        How many there are.
    """

    def __init__(self, streams: int) -> None:
        # By place among all frames.
        self._stream = array("i")
        self._number = array("q")
        self._index = array("q")
        # By stream, then by number in it.
        self._places = [array("q") for _ in range(streams)]
        self._run_starts = [array("q") for _ in range(streams)]
        self._last_index = [0] * streams

    def __len__(self) -> int:
        return len(self._stream)

    def append(self, stream: int, index: int) -> None:
        """Note the next frame received.

        Parameters
        ----------
        stream : int
            Its stream, from 0.
        index : int
            Its own number in the stream; a jump means that frames of the stream were lost.
        """
        places, starts = self._places[stream], self._run_starts[stream]
        number = len(places)
        goes_on = number > 0 and index == self._last_index[stream] + 1
        self._last_index[stream] = index
        # In this order: whoever finds a frame finds what belongs to it.
        starts.append(starts[-1] if goes_on else number)
        places.append(len(self._stream))
        self._number.append(number)
        self._index.append(index)
        self._stream.append(stream)

    def stream(self, place: int) -> int:
        """Of which stream the frame at a place is."""
        return self._stream[place]

    def index(self, place: int) -> int:
        """The source's own number, in its stream, of the frame at a place."""
        return self._index[place]

    def count(self, stream: int) -> int:
        """Frames of a stream so far."""
        return len(self._places[stream])

    def place(self, stream: int, number: int) -> int:
        """Where a stream's frame stands among all."""
        return self._places[stream][number]

    def window(self, place: int, *, ended: bool) -> NDArray[np.intp] | None:
        """Places of the five neighbours in its own stream of the frame at a place.

        At the ends of a run of consecutive numbers the edge frame is repeated.

        Parameters
        ----------
        place : int
            Of the centre frame.
        ended : bool
            Whether no frame follows, so that none is waited for. To be looked up before this call.

        Returns
        -------
        ndarray of intp, shape (5,), or None
            Ascending; None while frames it looks ahead to are still to come.
        """
        stream, number = self._stream[place], self._number[place]
        places, starts = self._places[stream], self._run_starts[stream]
        count, run_start, last = len(places), starts[number], number
        for ahead in range(number + 1, number + _LOOK_AHEAD + 1):
            if ahead >= count:
                if not ended:
                    return None
                break
            if starts[ahead] != run_start:
                break
            last = ahead
        numbers = window_positions(number, run_start, last + 1)
        return np.array([places[int(one)] for one in numbers], dtype=np.intp)
