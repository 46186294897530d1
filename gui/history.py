"""The previews of the last while, as many as fit into a fixed share of memory."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from operator import attrgetter

from gui.preview import Preview

HISTORY_BYTES = 512 * 2**20


class History:
    """Keeps the previews of one stream in order; the oldest make room for the newest.

    Parameters
    ----------
    limit : int
        Bytes of pixels that are kept at most; the newest preview is kept in any case.
    """

    def __init__(self, limit: int = HISTORY_BYTES) -> None:
        self.limit = limit
        self._previews: deque[Preview] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._previews)

    def __getitem__(self, place: int) -> Preview:
        return self._previews[place]

    def __iter__(self) -> Iterator[Preview]:
        return iter(self._previews)

    def __reversed__(self) -> Iterator[Preview]:
        return reversed(self._previews)

    @property
    def kept_bytes(self) -> int:
        """Bytes of pixels that are kept now."""
        return self._bytes

    def put(self, preview: Preview) -> int:
        """Keep a preview: in its place, or in that of the provisional one of the same frame.

        Parameters
        ----------
        preview : Preview
            Most often newer than all that are kept. A final one may be older than provisional ones;
            a provisional one of a frame that is kept already is not kept.

        Returns
        -------
        int
            How many of the oldest had to go.
        """
        place = self._place_after(preview.sequence)
        same = place > 0 and self._previews[place - 1].sequence == preview.sequence
        if same and preview.provisional:
            return 0
        if same:
            self._bytes -= self._previews[place - 1].nbytes
            self._previews[place - 1] = preview
        else:
            self._previews.insert(place, preview)
        self._bytes += preview.nbytes
        before = len(self._previews)
        while self._bytes > self.limit and len(self._previews) > 1:
            self._bytes -= self._previews.popleft().nbytes
        return before - len(self._previews)

    def find(self, sequence: int) -> int | None:
        """Find the place of the frame with this `Preview.sequence`; None if it isn't kept."""
        place = self._place_after(sequence) - 1
        found = place >= 0 and self._previews[place].sequence == sequence
        return place if found else None

    def at_time(self, time_point: int) -> Preview | None:
        """Return the last that is not of a later time point; None if none is kept."""
        earlier = (one for one in reversed(self._previews) if one.time_point <= time_point)
        return next(earlier, None)

    def clear(self) -> None:
        """Keep nothing."""
        self._previews.clear()
        self._bytes = 0

    def _place_after(self, sequence: int) -> int:
        """Count the previews that are not newer."""
        if self._previews and self._previews[-1].sequence < sequence:
            return len(self._previews)
        return bisect_right(self._previews, sequence, key=attrgetter("sequence"))
