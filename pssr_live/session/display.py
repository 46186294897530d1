"""What a segment shows: its restored frames, with their place in the session."""

from __future__ import annotations

import time
from dataclasses import dataclass

from acquisition import StreamKey
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
    origins : dict of int to Origin
        Of the frames of each channel, noted as soon as its engine and scale are known.
    first_sequence : int
        Its first frame's place in the session.
    """

    newest: Newest
    statistics: Statistics
    origins: dict[int, Origin]
    first_sequence: int

    def wants(self, position: int, stream: StreamKey, *, provisional: bool = False) -> bool:
        """Whether the frame of a stream at a place in the segment would be looked at."""
        sequence = self.first_sequence + position
        return self.newest.wants(sequence, stream, provisional=provisional)

    def show(self, item: RestoredItem, *, provisional: bool = False) -> None:
        """Show a frame, if it is newer than the last shown."""
        window = item.window
        self.newest.offer(
            self.first_sequence + window.sequence,
            window,
            item.pixels,
            origin=self.origins[window.stream.channel],
            trust=item.trust,
            provisional=provisional,
        )
        if not provisional:
            self.statistics.frame_shown(item.trust, window.stream)

    def show_and_count(self, item: RestoredItem) -> None:
        """Show a frame that goes into no file."""
        self.show(item)
        stages = item.stages(time.perf_counter())
        self.statistics.frame_restored(stages, item.trust, item.window.stream)
