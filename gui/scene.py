"""What is kept of each stream, and which frames of them belong together."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from acquisition import StreamKey
from gui.axes import ONE_OF_EACH, Axes
from gui.history import HISTORY_BYTES, History
from gui.kept_frames import KeptFrames
from gui.preview import Preview
from gui.projection import Projection


class Scene:
    """Keeps the previews of all streams of a session.

    Parameters
    ----------
    limit : int
        Bytes of pixels that are kept at most; each stream has as large a part of them, so that all
        reach back about as far.

    Attributes
    ----------
    axes : Axes
        Which streams there are.
    """

    def __init__(self, limit: int = HISTORY_BYTES) -> None:
        self.axes = ONE_OF_EACH
        self._limit = limit
        self._histories: dict[StreamKey, History] = {}
        self._recorded: Mapping[StreamKey, KeptFrames] = {}
        self._projections: dict[int, Projection] = {}

    def begin_session(
        self, axes: Axes, recorded: Mapping[StreamKey, KeptFrames] | None = None
    ) -> None:
        """Forget all frames; others of these streams follow, or are those of a recording."""
        self.axes = axes
        self._histories, self._recorded, self._projections = {}, recorded or {}, {}

    def put(self, preview: Preview) -> None:
        """Keep a preview, see `History.put`."""
        self._kept(preview.stream).put(preview)

    def history(self, stream: StreamKey) -> KeptFrames:
        """Return what is kept of a stream."""
        recorded = self._recorded.get(stream)
        return self._kept(stream) if recorded is None else recorded

    def _kept(self, stream: StreamKey) -> History:
        if stream not in self._histories:
            self._histories[stream] = History(self._limit // self.axes.streams)
        return self._histories[stream]

    def final_frames(self, stream: StreamKey) -> dict[int, Iterator[Preview]]:
        """Go through what is kept of a slice, by channel, but for what is provisional.

        Parameters
        ----------
        stream : StreamKey
            The slice of any channel.

        Returns
        -------
        dict of int to iterator of Preview
            Oldest first.
        """
        return {
            channel: (
                one for one in self.history(stream._replace(channel=channel)) if not one.provisional
            )
            for channel in range(len(self.axes.channels))
        }

    def copied(self, stream: StreamKey) -> dict[StreamKey, KeptFrames]:
        """Hold on to what is kept of a slice now, of each channel; not to what is provisional."""
        copies: dict[StreamKey, KeptFrames] = {}
        for channel, frames in self.final_frames(stream).items():
            copy = History(sys.maxsize)
            for one in frames:
                copy.put(one)
            if copy:
                copies[stream._replace(channel=channel)] = copy
        return copies

    def newest_slice(self, position: int, raw: Iterable[Preview] = ()) -> int | None:
        """Find the slice of the frame that came last at a position; None before the first.

        Parameters
        ----------
        position : int
        raw : iterable of Preview
            Frames that are not restored yet.
        """
        newest = [history[-1] for history in self._histories.values() if history]
        last = [one for one in (*newest, *raw) if one.stream.position == position]
        return max(last, key=lambda one: one.sequence).stream.z if last else None

    def frames(
        self, looked_at: StreamKey, held: Preview | None, *, projected: bool
    ) -> dict[int, Preview]:
        """Find the frames of all channels that are shown together.

        Parameters
        ----------
        looked_at : StreamKey
            Its slice is shown of every channel.
        held : Preview or None
            An older frame of it, to which those of the others belong; None for the newest of all.
        projected : bool
            Whether to show the maximum of all slices instead.

        Returns
        -------
        dict of int to Preview
            By channel; without those of which there is no frame.
        """
        found: dict[int, Preview] = {}
        for channel in range(len(self.axes.channels)):
            if projected:
                streams = (
                    looked_at._replace(channel=channel, z=z) for z in range(self.axes.slices)
                )
                slices = [one for one in (self.frame_of(s, held) for s in streams) if one]
                if slices:
                    projection = self._projections.setdefault(channel, Projection())
                    found[channel] = projection.of(slices)
                continue
            stream = looked_at._replace(channel=channel)
            frame = held if held and stream == looked_at else self.frame_of(stream, held)
            if frame is None and stream != looked_at:
                frame = self._of_nearest_slice(stream, held)
            if frame is not None:
                found[channel] = frame
        if not projected:
            self._projections = {}
        return found

    def _of_nearest_slice(self, stream: StreamKey, beside: Preview | None) -> Preview | None:
        """Find the frame to show of a channel that has fewer slices than the others.

        A slice that has not come though others have come twice, does not come.
        """
        enough = 1 if self._recorded else 2
        slices = sorted(range(self.axes.slices), key=lambda z: abs(z - stream.z))
        others = (stream._replace(z=z) for z in slices)
        kept = self._recorded or self._histories
        nearest = next((one for one in others if len(kept.get(one, ())) >= enough), None)
        return self.frame_of(nearest, beside) if nearest is not None else None

    def frame_of(self, stream: StreamKey, beside: Preview | None = None) -> Preview | None:
        """Find the frame of a stream that belongs to one of another.

        Parameters
        ----------
        stream : StreamKey
        beside : Preview, optional
            The other; without one the newest frame is returned.

        Returns
        -------
        Preview or None
            The last that is not of a later time point; None if none is kept.
        """
        history = self.history(stream)
        if beside is None:
            return history[-1] if len(history) else None
        return history.at_time(beside.time_point)
