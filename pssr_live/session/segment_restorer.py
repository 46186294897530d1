"""What restores the windows of a segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from acquisition import ONE_STREAM, Window
from engines import IntensityScale
from pssr_live.recording import RestoredItem
from pssr_live.restoring import FirstFrames, SharedEngine, StreamRestorers
from pssr_live.session.stream_cursor import StreamCursor
from pssr_live.session.window_cursor import WindowCursor

_POLL = 0.2


class Restorer(Protocol):
    """Restores windows and judges them; the two may be done by different threads."""

    def restore(self, window: Window) -> RestoredItem:
        """Restore a window, into memory that nobody else looks at."""
        ...

    def judge(self, item: RestoredItem) -> RestoredItem:
        """Find the verdict on a restored window."""
        ...

    def both(self, window: Window) -> RestoredItem:
        """Restore it, then judge it."""
        ...


def restorer_of_segment(
    engines: Sequence[SharedEngine | None],
    cursor: WindowCursor,
    first_frames: FirstFrames,
    *,
    before_each: Callable[[], object],
    on_scale: Callable[[int, SharedEngine, IntensityScale], object],
) -> Restorer | None:
    """Make what restores a segment, waiting for the first frames of one that has one stream.

    Parameters
    ----------
    engines : sequence of SharedEngine or None
        Of the channels.
    cursor : WindowCursor
        Of the segment's ring; one of several streams is told which are restored, and when.
    first_frames : FirstFrames
        Of the segment.
    before_each, on_scale : callable
        See `StreamRestorers`.

    Returns
    -------
    Restorer or None
        None if nothing is to be restored, or it was abandoned first.
    """
    restorers = StreamRestorers(
        engines,
        cursor.ring.format,
        first_frames=first_frames,
        before_each=before_each,
        on_scale=on_scale,
    )
    if isinstance(cursor, StreamCursor):
        cursor.has_engine, cursor.is_ready = restorers.has_engine, restorers.is_ready
        return restorers
    while restorers.has_engine(ONE_STREAM) and not cursor.abandoned:
        ended, seen = cursor.ring.ended, cursor.ring.written
        if restorers.is_ready(ONE_STREAM, ended):
            return restorers
        if ended:
            break
        cursor.ring.wait(seen, _POLL)
    return None
