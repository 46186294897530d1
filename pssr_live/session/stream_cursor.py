"""A restorer's place among the windows of several streams, none of which waits for another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from acquisition import InterleavedRing, StreamKey, Window
from pssr_live.session.window_cursor import LOOK_AHEAD, WindowCursor


class StreamCursor(WindowCursor):
    """Goes through the windows of several streams: each in order, always the oldest that is ready.

    Parameters
    ----------
    ring : InterleavedRing
        Whose windows they are.

    Attributes
    ----------
    has_engine : callable
        Whether a stream is restored at all.
    is_ready : callable
        Whether all is settled that restoring a stream takes; told whether frames still come.
    """

    ring: InterleavedRing

    def __init__(self, ring: InterleavedRing) -> None:
        super().__init__(ring)
        self.has_engine: Callable[[StreamKey], bool] = lambda _: True
        self.is_ready: Callable[[StreamKey, bool], bool] = lambda _, __: True
        self._streams = ring.format.streams
        # By stream: the number in it of the frame that is next.
        self._numbers = [0] * len(self._streams)
        self._turn = 0

    @property
    def place(self) -> int:
        """The centre frame of the window whose turn it is."""
        return self.ring.order.place(self._turn, self._numbers[self._turn])

    @property
    def done(self) -> int:
        """Frames that need nothing more."""
        order = self.ring.order
        numbers = range(len(self._streams))
        raw_only = sum(order.count(n) for n in numbers if not self.has_engine(self._streams[n]))
        return self.position + raw_only

    @property
    def backlog(self) -> int:
        """Windows that are complete and not done with."""
        return sum(
            max(0, self._newest_number(number) - self._numbers[number])
            for number in self._restored_streams()
        )

    @property
    def newest_windows(self) -> Iterable[int]:
        """The newest frame of each stream whose window is complete."""
        for number in self._restored_streams():
            newest = self._newest_number(number)
            if newest >= 0 and self.is_ready(self._streams[number], False):
                yield self.ring.order.place(number, newest)

    @property
    def newest_frames(self) -> Iterable[int]:
        """The newest frame of each stream."""
        for number in self._restored_streams():
            count = self.ring.order.count(number)
            if count and self.is_ready(self._streams[number], False):
                yield self.ring.order.place(number, count - 1)

    def stream_of(self, place: int) -> StreamKey:
        """Of which stream a frame is."""
        return self.ring.stream_of(place)

    def move_on(self) -> None:
        """Be done with the window whose turn it is."""
        self._numbers[self._turn] += 1
        self.position += 1

    def _next(self, *, ended: bool) -> Window | None:
        ready = self._ready(ended=ended)
        if not ready:
            return None
        place, self._turn = min(ready)
        return self.ring.window(place)

    def _next_newest(self, on_skipped: Callable[[int], None], *, ended: bool) -> Window | None:
        ready = self._ready(ended=ended)
        if not ready:
            return None
        # The stream that was restored longest ago.
        place, self._turn = min(ready)
        number = self._numbers[self._turn]
        newest = self._newest_number(self._turn)
        if newest > number + LOOK_AHEAD:
            on_skipped(newest - number)
            self.position += newest - number
            self._numbers[self._turn] = newest
            place = self.place
        return self.ring.window(place)

    def _ready(self, *, ended: bool) -> list[tuple[int, int]]:
        """Places of the next windows of those streams that have one, and the streams' numbers."""
        order, ready = self.ring.order, []
        for number in self._restored_streams():
            if self._numbers[number] >= order.count(number):
                continue
            place = order.place(number, self._numbers[number])
            complete = order.window(place, ended=ended) is not None
            if complete and self.is_ready(self._streams[number], ended):
                ready.append((place, number))
        return ready

    def _left(self) -> int:
        order = self.ring.order
        return sum(order.count(n) - self._numbers[n] for n in self._restored_streams())

    def _is_at_end(self, seen: int) -> bool:
        del seen
        order = self.ring.order
        return all(self._numbers[n] >= order.count(n) for n in self._restored_streams())

    def _restored_streams(self) -> Iterable[int]:
        return (n for n, stream in enumerate(self._streams) if self.has_engine(stream))

    def _newest_number(self, number: int) -> int:
        look_ahead = 0 if self.ring.ended else LOOK_AHEAD
        return self.ring.order.count(number) - 1 - look_ahead
