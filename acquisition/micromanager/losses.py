"""Frames that are missing, counted by what has become of them, and said in words."""

from __future__ import annotations

from collections import Counter

from acquisition.channel import StreamKey
from acquisition.frame import Frame
from acquisition.micromanager.gaps import AWAY, CLEARED, EMPTIED, OVERFLOW, TAKEN

_WORDS = {
    OVERFLOW: (
        "Frames dropped by Micro-Manager: {count}; enlarge Tools > Options > Sequence buffer size "
        "there."
    ),
    TAKEN: "Frames taken out of the buffer by another program: {count}; end it, or let it follow.",
    CLEARED: (
        "Frames lost when Micro-Manager's buffer was cleared or resized, or the camera restarted: "
        "{count}."
    ),
    EMPTIED: (
        "Frames lost: {count}; Micro-Manager's buffer was cleared, or another program took them: "
        "end that, or let it follow."
    ),
    AWAY: "Frames lost while Micro-Manager did not answer: {count}.",
}


class Losses:
    """Counts the numbers that are missing in the streams of a segment."""

    def __init__(self) -> None:
        self._last: dict[StreamKey, int] = {}
        self._missing: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """Frames that another program took before us."""
        return self._missing[TAKEN]

    @property
    def words(self) -> str:
        """How many are missing, and why; empty where none is, or that is said elsewhere."""
        return " ".join(
            _WORDS[why].format(count=count) for why, count in self._missing.items() if why in _WORDS
        )

    def begin(self) -> None:
        """Begin with another segment."""
        self._last.clear()
        self._missing.clear()

    def note(self, frame: Frame, *, first: int | None) -> None:
        """Note a frame, and what is missing before it.

        Parameters
        ----------
        frame : Frame
        first : int or None
            Number of the first frame of each stream, if none before it is lost.
        """
        last = self._last.get(frame.stream)
        expected = first if last is None else last + 1
        if expected is not None and frame.index > expected:
            self._missing[frame.lost_to] += frame.index - expected
        self._last[frame.stream] = frame.index
