"""Which stream and time point each raw frame of a recording is of, as they are written."""

from __future__ import annotations

from array import array

from acquisition import Frame, FrameFormat, StreamKey, StreamOrder
from pssr_live.recording.plane import Plane


class WrittenStreams:
    """The raw frames that are on disk, of several streams.

    In its files a recording begins with time point 0, whenever in an experiment it was begun. The
    time points of a stream rise: where a source counts anew, they go on behind all that were.

    One thread appends, any number looks.

    Parameters
    ----------
    frame_format : FrameFormat
        Of one position.

    Attributes
    ----------
    order : StreamOrder
        Which frames are of which stream, numbered as `FrameFormat.stream_number` does.
    """

    def __init__(self, frame_format: FrameFormat) -> None:
        self._format = frame_format
        self._streams = frame_format.streams
        self.order = StreamOrder(len(self._streams))
        # By position in the raw file: as the source counts them, and as the files do.
        self._time_point = array("q")
        self._place = array("q")
        self._last_place: dict[StreamKey, int] = {}
        self._places = 0

    def plane_of(self, frame: Frame) -> Plane:
        """Say where the next frame belongs in the files."""
        _, channel, z = frame.stream
        offset = self._place[-1] - self._time_point[-1] if self._place else -frame.time_point
        place = frame.time_point + offset
        if place <= self._last_place.get(frame.stream, -1):
            place = self._places
        return Plane(channel, z, place)

    def append(self, stream: StreamKey, *, index: int, time_point: int, place: int) -> None:
        """Note that a frame is on disk.

        Parameters
        ----------
        stream : StreamKey
            Which one it is of.
        index, time_point : int
            As the source counts.
        place : int
            Its time point in the files.
        """
        self._time_point.append(time_point)
        self._place.append(place)
        self._last_place[stream] = place
        self._places = max(self._places, place + 1)
        # Last: whoever finds the frame finds all of it.
        self.order.append(self._format.stream_number(stream), index)

    def stream(self, position: int) -> StreamKey:
        """Of which stream the raw frame at a position is."""
        return self._streams[self.order.stream(position)]

    def time_point(self, position: int) -> int:
        """The time point of the raw frame at a position, as the source counts."""
        return self._time_point[position]

    def plane(self, position: int) -> Plane:
        """Where the raw frame at a position belongs in the raw file."""
        _, channel, z = self.stream(position)
        return Plane(channel, z, self._place[position])

    def count(self, channel: int) -> int:
        """Raw frames of a channel that are on disk."""
        return sum(
            self.order.count(number)
            for number, stream in enumerate(self._streams)
            if stream.channel == channel
        )

    def count_of(self, stream: StreamKey) -> int:
        """Frames of a stream that are on disk."""
        return self.order.count(self._format.stream_number(stream))

    def position(self, stream: StreamKey, number: int) -> int | None:
        """Where a stream's frame stands in the raw file; None for one that is not on disk yet."""
        place = self._format.stream_number(stream)
        if number >= self.order.count(place):
            return None
        return self.order.place(place, number)
