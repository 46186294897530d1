"""What is kept of each stream, and which frames of them belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from acquisition import StreamKey
from gui.axes import ONE_OF_EACH, Axes
from gui.history import HISTORY_BYTES, History
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
        self._projections: dict[int, Projection] = {}

    def begin_session(self, axes: Axes) -> None:
        """Forget all frames; others of these streams follow."""
        self.axes = axes
        self._histories, self._projections = {}, {}

    def put(self, preview: Preview) -> None:
        """Keep a preview, see `History.put`."""
        self.history(preview.stream).put(preview)

    def history(self, stream: StreamKey) -> History:
        """Return what is kept of a stream."""
        if stream not in self._histories:
            self._histories[stream] = History(self._limit // self.axes.streams)
        return self._histories[stream]

    def final_frames(self, stream: StreamKey) -> Iterator[Preview]:
        """Go through what is kept of a stream, oldest first, but for what is provisional."""
        return (one for one in self.history(stream) if not one.provisional)

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
        slices = sorted(range(self.axes.slices), key=lambda z: abs(z - stream.z))
        others = (stream._replace(z=z) for z in slices)
        nearest = next((one for one in others if len(self._histories.get(one, ())) > 1), None)
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
            return history[-1] if history else None
        earlier = (one for one in reversed(history) if one.time_point <= beside.time_point)
        return next(earlier, None)
