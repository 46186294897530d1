"""What a segment shows: its restored frames, with their place in the session."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pssr_live.recording import RestoredItem
from pssr_live.session.newest import Newest, Origin
from pssr_live.session.statistics import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDisplay:
    """Hands the restored frames of one segment to all who look, and counts them.

    Attributes
    ----------
    newest : Newest
        Where viewer and publisher look.
    statistics : Statistics
        Counts.
    origin : Origin
        Of its frames.
    first_sequence : int
        Its first frame's place in the session.
    """

    newest: Newest
    statistics: Statistics
    origin: Origin
    first_sequence: int

    def wants(self, position: int) -> bool:
        """Whether the frame at a place in the segment would be looked at."""
        return self.newest.wants(self.first_sequence + position)

    def show(self, item: RestoredItem) -> None:
        """Show a frame, if it is newer than the last shown."""
        sequence = self.first_sequence + item.window.sequence
        self.newest.offer(sequence, item.window, item.pixels, self.origin, item.trust)
        self.statistics.frame_shown(item.trust)

    def show_and_count(self, item: RestoredItem) -> None:
        """Show a frame that goes into no file."""
        self.show(item)
        self.statistics.frame_restored(item.stages(time.perf_counter()), item.trust)
