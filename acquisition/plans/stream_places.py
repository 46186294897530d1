"""Which streams an experiment of somebody else has, by that program's own names for them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from acquisition.channel import Channel, StreamKey
from acquisition.frame import FrameFormat


class StreamPlaces:
    """Numbers channels, slices and positions from 0 in the order in which they are named first."""

    def __init__(self) -> None:
        self._channels: dict[Hashable, str] = {}
        self._slices: list[Hashable] = []
        self._positions: dict[Hashable, str] = {}

    @property
    def any(self) -> bool:
        """Whether there is a stream."""
        return bool(self._slices)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """By their numbers."""
        return tuple(map(Channel, self._channels.values()))

    @property
    def slices(self) -> int:
        """How many."""
        return len(self._slices)

    @property
    def positions(self) -> tuple[str, ...]:
        """Their names, by their numbers."""
        return tuple(self._positions.values())

    def place(
        self,
        channel: tuple[Hashable, str] = (0, ""),
        z: Hashable = 0,
        position: tuple[Hashable, str] = (0, ""),
    ) -> StreamKey:
        """Find a stream, or make it.

        Parameters
        ----------
        channel, position : tuple
            What the other program knows it by, and its name, which may be empty.
        z : hashable
            What it knows the slice by.
        """
        self._channels.setdefault(*channel)
        self._positions.setdefault(*position)
        if z not in self._slices:
            self._slices.append(z)
        return StreamKey(
            list(self._positions).index(position[0]),
            list(self._channels).index(channel[0]),
            self._slices.index(z),
        )

    def complete(self, frame_format: FrameFormat) -> FrameFormat:
        """Write all streams there are into a format."""
        return replace(
            frame_format,
            channels=self.channels,
            slices=self.slices,
            positions=self.positions,
        )
