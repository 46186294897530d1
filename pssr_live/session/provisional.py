"""The newest frame shown at once, before the frames after it have come."""

from __future__ import annotations

from contextlib import suppress

from acquisition import WINDOW_LENGTH, FrameFormat, Overtaken
from pssr_live.session.display import SegmentDisplay
from pssr_live.session.segment_restorer import Restorer
from pssr_live.session.window_cursor import WindowCursor

# A look-ahead that is worth restoring a frame twice.
_LONGEST_LOOK_AHEAD_S = 0.5


def is_worth_while(frame_format: FrameFormat) -> bool:
    """Whether frames come so slowly that waiting for two more would hold up whoever looks."""
    look_ahead = WINDOW_LENGTH // 2 * (frame_format.interval_s or 0.0)
    return look_ahead > _LONGEST_LOOK_AHEAD_S


class ProvisionalPreview:
    """Restores the newest frame of each stream from what there is, while nothing else is to do.

    In place of frames that are still to come the newest is repeated, as at the end of a run. It is
    shown only: files get what is restored once its window is complete.

    Parameters
    ----------
    cursor : WindowCursor
        Knows the newest frames.
    windows : Restorer
        Restores and judges.
    display : SegmentDisplay
        Shows.
    """

    def __init__(self, cursor: WindowCursor, windows: Restorer, display: SegmentDisplay) -> None:
        self._cursor = cursor
        self._windows = windows
        self._display = display

    def show_newest(self) -> bool:
        """Show one of the newest frames that nobody has seen; returns False if there is none."""
        for place in self._cursor.newest_frames:
            with suppress(Overtaken):
                stream = self._cursor.stream_of(place)
                if place < 0 or not self._display.wants(place, stream, provisional=True):
                    continue
                window = self._cursor.ring.window(place, provisional=True)
                if window is not None:
                    item = self._windows.both(window)
                    self._cursor.ring.check(window.first)
                    self._display.show(item, provisional=True)
                    return True
        return False
