"""The newest raw frames, restored or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acquisition import StreamKey
from gui.preview import Preview


class NewestRawFrames:
    """Keeps the newest raw frame of each stream."""

    def __init__(self) -> None:
        self._newest: dict[StreamKey, Preview] = {}

    def __iter__(self) -> Iterator[Preview]:
        return iter(self._newest.values())

    def put(self, frame: Preview) -> None:
        """Keep a frame, unless there is a newer one of its stream."""
        before = self._newest.get(frame.stream)
        if before is None or before.sequence < frame.sequence:
            self._newest[frame.stream] = frame

    def clear(self) -> None:
        """Keep none."""
        self._newest.clear()

    def newer_than(self, frames: Mapping[int, Preview], stream: StreamKey) -> dict[int, Preview]:
        """Find the frames that are newer than what is restored.

        Parameters
        ----------
        frames : mapping of int to Preview
            By channel, what is restored; none of a channel that has nothing yet.
        stream : StreamKey
            Whose position and slice are looked at.

        Returns
        -------
        dict of int to Preview
            By channel.
        """
        found = {}
        for one in self:
            beside = frames.get(one.stream.channel)
            here = one.stream == stream._replace(channel=one.stream.channel)
            if here and (beside is None or one.sequence > beside.sequence):
                found[one.stream.channel] = one
        return found
