"""What an experiment that we run has missed: how much, and what behind the last frames."""

from __future__ import annotations

from collections.abc import Mapping

from acquisition.channel import StreamKey
from acquisition.frame import Frame, Missing
from acquisition.micromanager.gaps import MISSED
from acquisition.micromanager.losses import Losses
from acquisition.plans import ExperimentPlan


class Missed(Losses):
    """What of an experiment was not taken, as it was told when it was missed.

    Parameters
    ----------
    plan : ExperimentPlan

    Attributes
    ----------
    time_points, frames : int
        Whole time points, and single frames of others.
    next_time_point : int
        The first of which nothing is known.
    """

    def __init__(self, plan: ExperimentPlan) -> None:
        super().__init__()
        self.time_points = self.frames = 0
        self.next_time_point = 0
        self._plan = plan
        self._after: dict[StreamKey, Missing] = {}

    @property
    def after(self) -> Mapping[StreamKey, Missing]:
        """What is missing of each stream behind the last frame of it that came."""
        return dict(self._after)

    @property
    def words(self) -> str:
        """How much was missed; empty where nothing was."""
        words = []
        if self.time_points:
            words.append(f"Time points missed: {self.time_points}.")
        if self.frames:
            words.append(f"Frames missed: {self.frames}.")
        return " ".join(words)

    def note_missed(self, first: int, last: int, stream: StreamKey | None = None) -> None:
        """Note time points that were not taken; of one stream, or of all."""
        if stream is None:
            self.time_points += last - first + 1
        else:
            self.frames += last - first + 1
        self.next_time_point = max(self.next_time_point, last + 1)
        for exposure in self._plan.exposures:
            if stream in (None, exposure.stream):
                # A stream counts the time points at which it is taken.
                from_number, to_number = -(-first // exposure.every), last // exposure.every
                if from_number <= to_number:
                    before = self._after.get(exposure.stream)
                    from_number = from_number if before is None else before.first
                    self._after[exposure.stream] = Missing(from_number, to_number, MISSED)

    def note_taken(self, stream: StreamKey, time_point: int) -> None:
        """Note a frame: what was missed before it stands there."""
        self.next_time_point = time_point + 1
        self._after.pop(stream, None)

    def note_overdue(self, now_s: float) -> None:
        """Note what nobody has told of and can't be taken any more, seconds after the start."""
        first = due = self.next_time_point
        while self._plan.due_s(due) is not None and self._plan.missed_s(due) < now_s:
            due += 1
        if due > first:
            self.note_missed(first, due - 1)

    def begin(self) -> None:
        """Count on: an experiment may have several segments."""

    def note(self, frame: Frame, *, first: int | None) -> None:
        """Count nothing by the frames that came."""
