"""What a segment shows: its restored frames, with their place in the session."""

from __future__ import annotations

import time
from dataclasses import dataclass

from numpy.typing import NDArray

from acquisition import PixelType, StreamKey, Window
from pssr_live.recording import RestoredItem, StageTimes
from pssr_live.session.newest import Newest, Origin
from pssr_live.session.statistics import Statistics
from pssr_live.trust import Trust


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
    position : int
        Which one its frames are of.
    """

    newest: Newest
    statistics: Statistics
    origins: dict[int, Origin]
    first_sequence: int
    position: int = 0

    def wants(self, place: int, stream: StreamKey, *, provisional: bool = False) -> bool:
        """Whether the frame of a stream at a place in the segment would be looked at."""
        sequence = self.first_sequence + place
        return self.newest.wants(sequence, self._here(stream), provisional=provisional)

    def show(self, item: RestoredItem, *, provisional: bool = False) -> None:
        """Show a frame, if it is newer than the last shown."""
        self.offer(item.window, item.pixels, trust=item.trust, provisional=provisional)
        if provisional:
            self.statistics.frame_shown_early()
        else:
            self.statistics.frame_shown(item.trust, self._here(item.window.stream))

    def show_and_count(self, item: RestoredItem) -> None:
        """Show a frame that goes into no file."""
        self.show(item)
        self.count(item.stages(time.perf_counter()), item.trust, item.window.stream)

    def show_and_time(self, item: RestoredItem) -> None:
        """Show a frame that is counted elsewhere, or never."""
        self.show(item)
        self.statistics.frame_timed(item.stages(time.perf_counter()))

    def count(self, stages: StageTimes, trust: Trust | None, stream: StreamKey) -> None:
        """Count a restored frame that is where it was going."""
        self.statistics.frame_restored(stages, trust, self._here(stream))

    def offer(
        self,
        window: Window,
        restored: NDArray[PixelType] | None,
        *,
        trust: Trust | None = None,
        provisional: bool = False,
    ) -> None:
        """Hand a frame to those who look, without counting it."""
        self.newest.offer(
            self.first_sequence + window.sequence,
            window,
            restored,
            origin=self.origins[window.stream.channel],
            trust=trust,
            stream=self._here(window.stream),
            provisional=provisional,
        )

    def _here(self, stream: StreamKey) -> StreamKey:
        """Name a stream as the session does, which knows of other positions."""
        return stream._replace(position=self.position)
